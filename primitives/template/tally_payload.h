// Step 2: the bytes of Tally. Everything that goes to disk is laid out here and nowhere else.
//
// All integers little-endian. Laid out by hand, since it is little; a primitive with richer
// payloads may use any encoding that has one form for each content and is checked when decoded.
//
// A change of a layout takes a new payload version. The old one is read for ever, because it stands
// in logs for ever: it keeps its layout here, its branch in the decoder, and its bytes in a test.
#ifndef VARVE_PRIMITIVES_TEMPLATE_TALLY_PAYLOAD_H_
#define VARVE_PRIMITIVES_TEMPLATE_TALLY_PAYLOAD_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace varve::tally {

struct AddLayoutV1 {                               // read, and no longer written
  static constexpr std::size_t kAmountOffset = 0;  // i64, two's complement
  static constexpr std::size_t kNameOffset = 8;    // 1..kNameBytesMax bytes, to the end
};
struct AddLayoutV2 {
  static constexpr std::size_t kAmountOffset = 0;  // i64, two's complement
  static constexpr std::size_t kCountOffset = 8;   // u32, 1 or more
  static constexpr std::size_t kNameOffset = 12;   // 1..kNameBytesMax bytes, to the end
};
// TallyReset is the name alone.

struct TotalLayout {                              // the value of a row
  static constexpr std::size_t kTotalOffset = 0;  // i64, two's complement
  static constexpr std::size_t kCountOffset = 8;  // u64
  static constexpr std::size_t kBytes = 16;
};

struct AddPayload {
  std::int64_t amount = 0;
  std::uint32_t count = 1;  // what version 1 means, which does not say
  std::string_view name{};  // borrows from the payload
};

struct Total {
  std::int64_t total = 0;
  std::uint64_t count = 0;  // additions since the tally began
};

// Always the newest version.
[[nodiscard]] std::string EncodeAdd(const AddPayload& add);
[[nodiscard]] std::string EncodeTotal(const Total& total);

// kDataLoss for whatever the encoders cannot have written: bytes are checked, never trusted (P3).
[[nodiscard]] absl::StatusOr<AddPayload> DecodeAdd(std::uint8_t version, std::string_view payload);
[[nodiscard]] absl::StatusOr<std::string_view> DecodeReset(std::string_view payload);
[[nodiscard]] absl::StatusOr<Total> DecodeTotal(std::string_view value);

}  // namespace varve::tally

#endif  // VARVE_PRIMITIVES_TEMPLATE_TALLY_PAYLOAD_H_
