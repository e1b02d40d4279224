// From the text of a JSONPath to a Query: the grammar of RFC 9535 and its rules of types.
#ifndef VARVE_PRIMITIVES_JSON_JSON_PATH_PARSER_H_
#define VARVE_PRIMITIVES_JSON_JSON_PATH_PARSER_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "primitives/json/json_path_query.h"

namespace varve::json {

// kInvalidArgument: not a query; the message says where and why.
[[nodiscard]] absl::StatusOr<Query> ParseQuery(std::string_view text);

}  // namespace varve::json

#endif  // VARVE_PRIMITIVES_JSON_JSON_PATH_PARSER_H_
