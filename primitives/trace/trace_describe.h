// Entries and rows of Trace as people read them. Used by TracePrimitive only. None reads state, and
// none crashes on any bytes.
#ifndef VARVE_PRIMITIVES_TRACE_TRACE_DESCRIBE_H_
#define VARVE_PRIMITIVES_TRACE_TRACE_DESCRIBE_H_

#include <string_view>

#include "kernel/primitive.h"

namespace varve::trace {

[[nodiscard]] EntryDescription DescribeRecord(std::string_view payload);
[[nodiscard]] EntryDescription DescribeFinish(std::string_view payload);
[[nodiscard]] EntryDescription DescribeAnnotate(std::string_view payload);
[[nodiscard]] EntryDescription DescribeDelete(std::string_view payload);
[[nodiscard]] RowDescription DescribeSpanRow(std::string_view key, std::string_view value);

}  // namespace varve::trace

#endif  // VARVE_PRIMITIVES_TRACE_TRACE_DESCRIBE_H_
