// The compact encoding of a JSON value: what rows and payloads hold. Normative text:
// docs/format/json.md, JSON-1 to JSON-3.
//
// One value has one encoding, and its length adds up: a container has 5 bytes, its members their
// keys, and then what the children have. So the size of a document is kept by adding differences.
#ifndef VARVE_PRIMITIVES_JSON_JSON_ENCODING_H_
#define VARVE_PRIMITIVES_JSON_JSON_ENCODING_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "primitives/json/json_value.h"

namespace varve::json {

// The first byte of a value, JSON-1. Frozen at payload version 1.
enum class Tag : std::uint8_t {
  kNull = 0x00,
  kFalse = 0x01,
  kTrue = 0x02,
  kUnsigned = 0x03,  // varint
  kNegative = 0x04,  // varint of -1 - n
  kDouble = 0x05,    // 8 bytes
  kString = 0x06,    // varint length, bytes
  kArray = 0x07,     // u32 count, values
  kObject = 0x08,    // u32 count; varint length, key and value of each member, in key order
  // Only as a whole row: the children stand in rows of their own (JSON-6).
  kSplitArray = 0x10,
  kSplitObject = 0x11,
};

inline constexpr std::size_t kContainerHeaderBytes = 5;

// Appends `value`, which CheckJson accepts (the caller's bug where not).
void AppendEncoded(std::string& to, const JsonValue& value);
[[nodiscard]] std::string Encode(const JsonValue& value);

// The length of the encoding; stops counting once it is above `enough`.
[[nodiscard]] std::size_t EncodedBytes(const JsonValue& value,
                                       std::size_t enough = ~std::size_t{0});
// What the key of a member adds to the encoding of its object.
[[nodiscard]] std::size_t EncodedKeyBytes(std::string_view key);

// kDataLoss for whatever AppendEncoded cannot have written, bytes left over included.
[[nodiscard]] absl::StatusOr<JsonValue> Decode(std::string_view bytes);

// The encoding of the value at `path` within the value that `bytes` encodes, without decoding the
// rest; nullopt: there is none. A token names a member of an object, an element of an array.
[[nodiscard]] absl::StatusOr<std::optional<std::string_view>> FindEncoded(
    std::string_view bytes, std::span<const std::string> path);

// Of a row, split ones included. kDataLoss: empty, or a tag that is not defined.
[[nodiscard]] absl::StatusOr<Tag> TagOf(std::string_view row);

}  // namespace varve::json

#endif  // VARVE_PRIMITIVES_JSON_JSON_ENCODING_H_
