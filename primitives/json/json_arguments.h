// What the calls of json.h are given, checked before anything is read or logged.
#ifndef VARVE_PRIMITIVES_JSON_JSON_ARGUMENTS_H_
#define VARVE_PRIMITIVES_JSON_JSON_ARGUMENTS_H_

#include <string_view>

#include "absl/status/status.h"
#include "primitives/json/json_value.h"

namespace varve::json {

// Of a document or an index. kInvalidArgument: empty. kResourceExhausted: too long.
[[nodiscard]] absl::Status CheckName(std::string_view name);
// A value or a patch. As CheckJson; kResourceExhausted: longer than kJsonDocumentBytesMax.
[[nodiscard]] absl::Status CheckOperand(const JsonValue& value);

}  // namespace varve::json

#endif  // VARVE_PRIMITIVES_JSON_JSON_ARGUMENTS_H_
