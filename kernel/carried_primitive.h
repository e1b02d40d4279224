// Keeping what nobody understands: the placeholder for a primitive that is not registered, and the
// section content by which a snapshot carries what it holds (docs/format/snapshot.md, SNAP-C*).
//
// A placeholder stands in for a primitive under UnknownEntries::kCarry. Its rows are the raw
// section that a snapshot held for the primitive and the raw entries that came since, so that they
// pass through checkpoints and snapshots unchanged until the primitive is registered again.
#ifndef VARVE_KERNEL_CARRIED_PRIMITIVE_H_
#define VARVE_KERNEL_CARRIED_PRIMITIVE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/primitive.h"
#include "kernel/registry.h"
#include "kernel/section.h"

namespace varve {

// A primitive that accepts every entry of the range, in every payload version, and keeps it as it
// is. Entries of one transaction keep their order within a run; runs do not see each other, as no
// Apply sees another run than its entry's.
[[nodiscard]] std::unique_ptr<Primitive> MakeCarriedPrimitive(const RegisteredName& name);

struct CarriedLayout {  // docs/format/snapshot.md, SNAP-C1 and SNAP-C2. Frozen at version 1.
  static constexpr std::size_t kPresentOffset = 0;        // u8: 1 where a raw section follows
  static constexpr std::size_t kVersionOffset = 1;        // u8: its section version
  static constexpr std::size_t kReservedOffset = 2;       // 6 bytes, zero
  static constexpr std::size_t kContentLengthOffset = 8;  // u64
  static constexpr std::size_t kHeaderBytes = 16;

  static constexpr std::size_t kEntryLsnOffset = 0;         // u64
  static constexpr std::size_t kEntryCommitTimeOffset = 8;  // u64
  static constexpr std::size_t kEntryLengthOffset = 16;     // u32
  static constexpr std::size_t kEntryHeaderBytes = 20;      // then the framed entry
};

// What a carried section holds in front of its entries: the section that the primitive itself had
// written, if it ever did.
struct CarriedSection {
  bool present = false;
  std::uint8_t version = 0;  // of the section; 0 where there is none
  std::uint64_t content_bytes = 0;
  friend bool operator==(const CarriedSection&, const CarriedSection&) = default;
};

[[nodiscard]] std::string EncodeCarriedHeader(const CarriedSection& section);
// kDataLoss: malformed, or longer than what remains of `source`.
[[nodiscard]] absl::StatusOr<CarriedSection> ReadCarriedHeader(SectionSource& source);

struct CarriedEntryView {
  Lsn lsn;
  Timestamp commit_time;
  std::string_view bytes;  // one framed entry; valid until the next read of the source
};

void AppendCarriedEntryHeader(std::string& to, Lsn lsn, Timestamp commit_time,
                              std::size_t entry_bytes);
// Requires source.remaining() > 0. kDataLoss: malformed; the entry itself is not looked into.
[[nodiscard]] absl::StatusOr<CarriedEntryView> ReadCarriedEntry(SectionSource& source);

}  // namespace varve

#endif  // VARVE_KERNEL_CARRIED_PRIMITIVE_H_
