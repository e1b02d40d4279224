// Changing a value in memory. JsonEditor uses it for what stands whole in one row, and follows the
// same rules where it changes rows.
#ifndef VARVE_PRIMITIVES_JSON_JSON_EDIT_H_
#define VARVE_PRIMITIVES_JSON_JSON_EDIT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "primitives/json/json_pointer.h"
#include "primitives/json/json_value.h"

namespace varve::json {

// What a set may do. An index of an array that is its length, and "-", append; one beyond is
// kOutOfRange, and a token that is none kFailedPrecondition, as is a path through a scalar.
enum class SetMode {
  kPut,      // creates what is missing on the way; replaces
  kAdd,      // RFC 6902 add: the parent must exist (kNotFound); inserts into arrays
  kReplace,  // the value itself must exist (kNotFound)
};

// `value` inside of the containers that `path` needs: arrays where a token is "-", else objects.
[[nodiscard]] JsonValue Wrap(std::span<const std::string> path, JsonValue value);

[[nodiscard]] absl::Status SetIn(JsonValue& root, std::span<const std::string> path,
                                 JsonValue value, SetMode mode);
// False: there was nothing there. `path` must not be empty.
[[nodiscard]] absl::StatusOr<bool> RemoveIn(JsonValue& root, std::span<const std::string> path);
// The value at `path`, or null.
[[nodiscard]] JsonValue* FindIn(JsonValue& root, std::span<const std::string> path);

// Where a token points in an array of `length`: an element, or behind the last. See SetMode.
[[nodiscard]] absl::StatusOr<std::uint32_t> ArrayPosition(const std::string& token,
                                                          std::uint32_t length);

// Exact within 64-bit integers, else as doubles. kOutOfRange: beyond either.
// kFailedPrecondition: `number` is none.
[[nodiscard]] absl::StatusOr<JsonValue> Add(const JsonValue& number, const JsonValue& amount);

[[nodiscard]] absl::Status NothingAt(std::span<const std::string> path);
[[nodiscard]] absl::Status NoContainerAt(std::span<const std::string> path);

}  // namespace varve::json

#endif  // VARVE_PRIMITIVES_JSON_JSON_EDIT_H_
