// The bytes of State: entry payloads and row values. Normative text: docs/format/state-cells.md.
#ifndef VARVE_PRIMITIVES_STATE_STATE_PAYLOAD_H_
#define VARVE_PRIMITIVES_STATE_STATE_PAYLOAD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/base/ids.h"

namespace varve::state {

struct SetLayout {  // docs/format/state-cells.md, CELL-1: StateInit, StateSet. Frozen at
                    // version 1.
  static constexpr std::size_t kNameLengthOffset = 0;  // u16
  static constexpr std::size_t kNameOffset = 2;        // then the value, to the end
};

struct TransitionLayout {                        // CELL-2. Frozen at payload version 1.
  static constexpr std::size_t kFromOffset = 0;  // u64, then as SetLayout
};

struct CellLayout {  // CELL-4, a row of the cells table. Frozen at payload version 1.
  static constexpr std::size_t kVersionOffset = 0;  // u64
  static constexpr std::size_t kValueOffset = 8;    // to the end
};

struct AcquireLayout {                                  // CELL-5. Frozen at payload version 1.
  static constexpr std::size_t kTokenOffset = 0;        // u64
  static constexpr std::size_t kExpiresOffset = 8;      // u64
  static constexpr std::size_t kNameLengthOffset = 16;  // u16, the name, the owner to the end
};

struct RenewLayout {                                // CELL-6. Frozen at payload version 1.
  static constexpr std::size_t kTokenOffset = 0;    // u64
  static constexpr std::size_t kExpiresOffset = 8;  // u64; not in StateLeaseRelease
  static constexpr std::size_t kNameOffset = 16;    // to the end; in StateLeaseRelease at 8
};

struct LeaseLayout {  // CELL-7, a row of the leases table. Frozen at payload version 1.
  static constexpr std::size_t kTokenOffset = 0;    // u64
  static constexpr std::size_t kExpiresOffset = 8;  // u64; 0: released
  static constexpr std::size_t kOwnerOffset = 16;   // to the end; empty: released
};

// Versions and tokens stay below this, so that counting on never wraps.
inline constexpr std::uint64_t kCounterMax = std::uint64_t{1} << 63;

// Views below borrow from the bytes that they were decoded from.

struct SetPayload {
  std::uint64_t from = 0;  // the version that the transition came from; 0 in the other entries
  std::string_view name{};
  std::string_view value{};
};

struct CellImage {
  std::uint64_t version = 0;
  std::string_view value{};
};

struct LeasePayload {
  std::uint64_t token = 0;
  Timestamp expires{};  // not in StateLeaseRelease
  std::string_view name{};
  std::string_view owner{};  // only in StateLeaseAcquire
};

struct LeaseImage {
  std::uint64_t token = 0;
  Timestamp expires{};  // Timestamp() where it was released
  std::string_view owner{};

  [[nodiscard]] bool HeldAt(Timestamp now) const { return !owner.empty() && expires > now; }
};

// kInvalidArgument: empty. kResourceExhausted: past its limit. `what` names it in the message.
[[nodiscard]] absl::Status CheckName(std::string_view what, std::string_view name);
[[nodiscard]] absl::Status CheckOwner(std::string_view owner);

// Encoders are given what is within its limits (the caller's bug where not).
[[nodiscard]] std::string EncodeSet(std::string_view name, std::string_view value);
[[nodiscard]] std::string EncodeTransition(std::uint64_t from, std::string_view name,
                                           std::string_view value);
[[nodiscard]] std::string EncodeCell(std::uint64_t version, std::string_view value);
[[nodiscard]] std::string EncodeAcquire(std::uint64_t token, Timestamp expires,
                                        std::string_view name, std::string_view owner);
[[nodiscard]] std::string EncodeRenew(std::uint64_t token, Timestamp expires,
                                      std::string_view name);
[[nodiscard]] std::string EncodeRelease(std::uint64_t token, std::string_view name);
[[nodiscard]] std::string EncodeLease(const LeaseImage& lease);

// Decoders answer kDataLoss for whatever the encoders cannot have written.
[[nodiscard]] absl::StatusOr<SetPayload> DecodeSet(std::string_view payload);
[[nodiscard]] absl::StatusOr<SetPayload> DecodeTransition(std::string_view payload);
[[nodiscard]] absl::StatusOr<std::string_view> DecodeDelete(std::string_view payload);  // the name
[[nodiscard]] absl::StatusOr<CellImage> DecodeCell(std::string_view row);
[[nodiscard]] absl::StatusOr<LeasePayload> DecodeAcquire(std::string_view payload);
[[nodiscard]] absl::StatusOr<LeasePayload> DecodeRenew(std::string_view payload);
[[nodiscard]] absl::StatusOr<LeasePayload> DecodeRelease(std::string_view payload);
[[nodiscard]] absl::StatusOr<LeaseImage> DecodeLease(std::string_view row);

}  // namespace varve::state

#endif  // VARVE_PRIMITIVES_STATE_STATE_PAYLOAD_H_
