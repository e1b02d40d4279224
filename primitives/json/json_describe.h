// Entries and rows of JSON as people read them.
#ifndef VARVE_PRIMITIVES_JSON_JSON_DESCRIBE_H_
#define VARVE_PRIMITIVES_JSON_JSON_DESCRIBE_H_

#include <cstdint>
#include <string_view>

#include "kernel/primitive.h"

namespace varve::json {

[[nodiscard]] EntryDescription DescribeEntry(const Entry& entry);
[[nodiscard]] RowDescription DescribeRow(std::uint8_t table, std::string_view key,
                                         std::string_view value);

}  // namespace varve::json

#endif  // VARVE_PRIMITIVES_JSON_JSON_DESCRIBE_H_
