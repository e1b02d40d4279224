// The bytes of KV: entry payloads and row values. Normative text: docs/format/kv.md.
//
// A KvPut carries its row value ready made (KV-2), so that Apply stores a slice of the payload
// without building anything.
#ifndef VARVE_PRIMITIVES_KV_KV_PAYLOAD_H_
#define VARVE_PRIMITIVES_KV_KV_PAYLOAD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/base/ids.h"

namespace varve::kv {

struct PutLayout {  // docs/format/kv.md, KV-1. Frozen at payload version 1.
  static constexpr std::size_t kKeyLengthOffset = 0;  // u16
  static constexpr std::size_t kKeyOffset = 2;        // then the row value, to the end
};

struct RowLayout {  // docs/format/kv.md, KV-2. Frozen at payload version 1.
  static constexpr std::size_t kFlagsOffset = 0;        // u8
  static constexpr std::size_t kExpiresOffset = 1;      // u64, where the flag says so
  static constexpr std::size_t kPlainValueOffset = 1;   // without an expiry
  static constexpr std::size_t kExpiryValueOffset = 9;  // with one
  static constexpr std::uint8_t kExpiresFlag = 1 << 0;  // all other bits are zero
};

struct ExpireLayout {  // docs/format/kv.md, KV-4. Frozen at payload version 1.
  static constexpr std::size_t kExpiresOffset = 0;  // u64
  static constexpr std::size_t kKeyOffset = 8;      // to the end
};

// What a row value says. `value` borrows from the bytes it was decoded from.
struct RowImage {
  std::optional<Timestamp> expires{};
  std::string_view value{};
};

struct PutPayload {
  std::string_view key{};
  std::string_view row{};  // the row value as it is stored
  RowImage image{};        // the same, decoded
};

struct ExpirePayload {
  Timestamp expires{};
  std::string_view key{};
};

// Encoders replace `to`. Key and value are within their limits (the caller's bug where not).
void EncodePut(std::string& to, std::string_view key, std::optional<Timestamp> expires,
               std::string_view value);
void EncodeExpire(std::string& to, Timestamp expires, std::string_view key);

// Decoders answer kDataLoss for whatever the encoders cannot have written. Results borrow from
// the argument.
[[nodiscard]] absl::StatusOr<PutPayload> DecodePut(std::string_view payload);
[[nodiscard]] absl::StatusOr<std::string_view> DecodeDelete(std::string_view payload);  // the key
[[nodiscard]] absl::StatusOr<ExpirePayload> DecodeExpire(std::string_view payload);
[[nodiscard]] absl::StatusOr<RowImage> DecodeRow(std::string_view row);

// Keys of the expiry table (KV-5): the expiry big-endian, then the key.
[[nodiscard]] std::string MakeExpiryKey(Timestamp expires, std::string_view key);
[[nodiscard]] absl::StatusOr<ExpirePayload> ParseExpiryKey(std::string_view table_key);

}  // namespace varve::kv

#endif  // VARVE_PRIMITIVES_KV_KV_PAYLOAD_H_
