// Step 2: the bytes of Tally. Everything that goes to disk is laid out here and nowhere else.
//
// All integers little-endian. Laid out by hand, since it is little; a primitive with richer
// payloads may use any encoding that has one form for each content and is checked when decoded.
// A later change of a layout takes a new payload version, and Apply keeps reading the old one.
#ifndef VARVE_PRIMITIVES_TEMPLATE_TALLY_PAYLOAD_H_
#define VARVE_PRIMITIVES_TEMPLATE_TALLY_PAYLOAD_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace varve::tally {

struct AddLayout {
  static constexpr std::size_t kAmountOffset = 0;  // i64, two's complement
  static constexpr std::size_t kNameOffset = 8;    // 1..kNameBytesMax bytes, to the end
};
// TallyReset is the name alone.

struct TotalLayout {                              // the value of a row
  static constexpr std::size_t kTotalOffset = 0;  // i64, two's complement
  static constexpr std::size_t kCountOffset = 8;  // u64
  static constexpr std::size_t kBytes = 16;
};

struct AddPayload {
  std::int64_t amount = 0;
  std::string_view name{};  // borrows from the payload
};

struct Total {
  std::int64_t total = 0;
  std::uint64_t count = 0;  // additions since the tally began
};

[[nodiscard]] std::string EncodeAdd(std::string_view name, std::int64_t amount);
[[nodiscard]] std::string EncodeTotal(const Total& total);

// kDataLoss for whatever the encoders cannot have written: bytes are checked, never trusted (P3).
[[nodiscard]] absl::StatusOr<AddPayload> DecodeAdd(std::string_view payload);
[[nodiscard]] absl::StatusOr<std::string_view> DecodeReset(std::string_view payload);
[[nodiscard]] absl::StatusOr<Total> DecodeTotal(std::string_view value);

}  // namespace varve::tally

#endif  // VARVE_PRIMITIVES_TEMPLATE_TALLY_PAYLOAD_H_
