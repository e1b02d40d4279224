// JSON values in memory: nlohmann's, with a strict reader and exact comparison.
//
// Numbers are one of three, and stay what they are: signed 64-bit, unsigned 64-bit, double.
// Members of an object are ordered by the bytes of their keys; the order of the text is not kept.
#ifndef VARVE_PRIMITIVES_JSON_JSON_VALUE_H_
#define VARVE_PRIMITIVES_JSON_JSON_VALUE_H_

#include <compare>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace varve {

using JsonValue = nlohmann::json;

// RFC 8259 text, the whole of it. kInvalidArgument, with the place: not JSON, a key twice in one
// object, invalid UTF-8, deeper than kJsonDepthMax, a number that is infinite as a double, or an
// integer beyond 64 bits (as a double it would be another number: write 1e20 or a string).
[[nodiscard]] absl::StatusOr<JsonValue> ParseJson(std::string_view text);

// Text that ParseJson reads back to the same value; doubles in the fewest digits that do so.
// `indent` < 0: one line. kInvalidArgument: what CheckJson refuses.
[[nodiscard]] absl::StatusOr<std::string> FormatJson(const JsonValue& value, int indent = -1);

// OK where `value` can be stored. kInvalidArgument: NaN, an infinity, invalid UTF-8, nlohmann's
// binary or discarded values, deeper than kJsonDepthMax.
[[nodiscard]] absl::Status CheckJson(const JsonValue& value);

// Numbers by their exact mathematical value, so 1 and 1.0 are equal and 2^53 + 1 and 2^53 are not;
// everything else by structure.
[[nodiscard]] bool JsonEquals(const JsonValue& left, const JsonValue& right);

namespace json {

// Both must be numbers.
[[nodiscard]] std::partial_ordering CompareNumbers(const JsonValue& left, const JsonValue& right);
[[nodiscard]] bool IsUtf8(std::string_view bytes);

}  // namespace json
}  // namespace varve

#endif  // VARVE_PRIMITIVES_JSON_JSON_VALUE_H_
