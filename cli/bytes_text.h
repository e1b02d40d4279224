// Bytes as text and back: what a terminal can show and what JSON can hold.
#ifndef VARVE_CLI_BYTES_TEXT_H_
#define VARVE_CLI_BYTES_TEXT_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

// Compiled once, in bytes_text.cc: every verb uses it, and compiling it costs a third of each.
extern template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace varve::cli {

// Fields come out in the order in which they were put in.
using Json = nlohmann::ordered_json;

// Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
[[nodiscard]] bool IsUtf8(std::string_view bytes);

// RFC 4648 section 4, with padding.
[[nodiscard]] std::string EncodeBase64(std::string_view bytes);
// nullopt unless `text` is exactly what EncodeBase64 produces of some bytes.
[[nodiscard]] std::optional<std::string> DecodeBase64(std::string_view text);

// One printable line: UTF-8 as it is; backslash, control characters and bytes that are not UTF-8 as
// \\, \n, \t, \r or \xHH.
[[nodiscard]] std::string EscapeBytes(std::string_view bytes);

// A JSON string where the bytes are UTF-8, else {"base64": "..."}.
[[nodiscard]] Json BytesToJson(std::string_view bytes);

// The bytes that `value` stands for: a string stands for its UTF-8 bytes, {"base64": "..."} for the
// decoded ones, anything else for its own compact JSON text. kInvalidArgument: base64 that is none.
[[nodiscard]] absl::StatusOr<std::string> BytesFromJson(const Json& value);

}  // namespace varve::cli

#endif  // VARVE_CLI_BYTES_TEXT_H_
