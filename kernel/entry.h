// One entry of a transaction, and how entries stand in a record's body. Normative text:
// docs/format/wal.md (WAL-E*).
#ifndef VARVE_KERNEL_ENTRY_H_
#define VARVE_KERNEL_ENTRY_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/base/ids.h"

namespace varve {

// Which operation an entry is. Ranges of 16 belong to one primitive: docs/format/registry.md.
using EntryType = std::uint8_t;

struct EntryLayout {  // docs/format/wal.md, WAL-E1. Frozen at format version 1.
  static constexpr std::size_t kTypeOffset = 0;            // u8
  static constexpr std::size_t kPayloadVersionOffset = 1;  // u8
  static constexpr std::size_t kFlagsOffset = 2;           // u16
  static constexpr std::size_t kPayloadLengthOffset = 4;   // u32
  static constexpr std::size_t kBytes = 8;                 // then run id[16] if RUN, then payload
};

enum EntryFlags : std::uint16_t {
  kEntryHasRun = 1 << 0,      // a run id follows the header
  kEntrySafeIgnore = 1 << 1,  // a reader without the primitive may skip it
};

struct Entry {
  EntryType type = 0;
  std::uint8_t payload_version = 1;
  bool safe_ignore = false;
  RunId run{};                 // nil: the default run
  std::string_view payload{};  // 8-byte aligned in memory when decoded from an aligned body
};

// Framed size: a multiple of 8.
[[nodiscard]] std::size_t EncodedEntryBytes(const Entry& entry);
// `body` must end at a multiple of 8 (every whole entry does), the payload be shorter than 4 GiB.
void AppendEntry(std::string& body, const Entry& entry);

// Walks the entries of a body, which must outlive it and every entry taken from it.
class EntryReader final {
 public:
  explicit EntryReader(std::string_view body) : rest_(body) {}
  // False at the end of the body, or on a fault: ask status().
  bool Next(Entry& entry);
  // kDataLoss: a length beyond the body, non-zero padding, reserved flags, or a nil run spelt out.
  [[nodiscard]] const absl::Status& status() const { return status_; }

 private:
  absl::Status Read(Entry& entry);

  std::string_view rest_;
  absl::Status status_;
};

}  // namespace varve

#endif  // VARVE_KERNEL_ENTRY_H_
