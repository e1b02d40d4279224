// JSON Pointer (RFC 6901): where in a document.
#ifndef VARVE_PRIMITIVES_JSON_JSON_POINTER_H_
#define VARVE_PRIMITIVES_JSON_JSON_POINTER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace varve::json {

// The tokens of a pointer, unescaped. "" is the whole document and has none.
using Path = std::vector<std::string>;

// kInvalidArgument: it does not begin with '/', a '~' is not followed by '0' or '1', invalid UTF-8.
// kResourceExhausted: more than kJsonPathSegmentsMax segments or kJsonPathTextBytesMax bytes.
[[nodiscard]] absl::StatusOr<Path> ParsePointer(std::string_view pointer);
[[nodiscard]] std::string FormatPointer(std::span<const std::string> path);
// Appends one token, escaped, with its '/'.
void AppendPointerToken(std::string& to, std::string_view token);

// The index that a token is in an array: decimal digits without leading zeros, below 2^32 - 1.
// "-" (behind the last) and everything else: nullopt.
[[nodiscard]] std::optional<std::uint32_t> ParseArrayIndex(std::string_view token);

}  // namespace varve::json

#endif  // VARVE_PRIMITIVES_JSON_JSON_POINTER_H_
