// The frozen envelope of one record. Normative text: docs/format/wal.md (rules WAL-R*).
#ifndef VARVE_KERNEL_WAL_RECORD_H_
#define VARVE_KERNEL_WAL_RECORD_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/base/ids.h"
#include "kernel/base/limits.h"

namespace varve::wal {

enum class RecordKind : std::uint8_t {
  kTransaction = 1,
  kWatermark = 2,  // no entries; takes an LSN and carries durable_lsn: written at a clean close
};

struct RecordLayout {  // docs/format/wal.md, WAL-R1. Frozen at format version 1.
  static constexpr std::size_t kHeaderCrcOffset = 0;     // u32
  static constexpr std::size_t kBodyLengthOffset = 4;    // u32
  static constexpr std::size_t kLsnOffset = 8;           // u64
  static constexpr std::size_t kDurableLsnOffset = 16;   // u64
  static constexpr std::size_t kCommitTimeOffset = 24;   // u64
  static constexpr std::size_t kKindOffset = 32;         // u8
  static constexpr std::size_t kVersionOffset = 33;      // u8
  static constexpr std::size_t kFlagsOffset = 34;        // u16
  static constexpr std::size_t kEntryCountOffset = 36;   // u32
  static constexpr std::size_t kPreviousCrcOffset = 40;  // u32
  static constexpr std::size_t kBodyCrcOffset = 44;      // u32
  static constexpr std::size_t kBytes = 48;
};
static_assert(RecordLayout::kBodyCrcOffset + sizeof(std::uint32_t) == RecordLayout::kBytes);

inline constexpr std::uint8_t kRecordVersion = 1;
inline constexpr std::size_t kRecordBodyBytesMax = kTransactionBytesMax;

struct RecordHeader {
  std::uint32_t header_crc = 0;  // filled by EncodeRecordHeader
  std::uint32_t body_length = 0;
  Lsn lsn;
  Lsn durable_lsn;
  Timestamp commit_time;
  RecordKind kind = RecordKind::kTransaction;
  std::uint8_t version = kRecordVersion;
  std::uint16_t flags = 0;
  std::uint32_t entry_count = 0;
  std::uint32_t previous_crc = 0;
  std::uint32_t body_crc = 0;
};

// One whole record that passed every check. `body` borrows the reader's buffer.
struct Record {
  RecordHeader header;
  std::string_view body;  // stands behind the header, as in the log

  // Header and body.
  [[nodiscard]] std::string_view whole() const {
    return {body.data() - RecordLayout::kBytes, RecordLayout::kBytes + body.size()};
  }
};

// The body checksum is taken in two steps (WAL-R9): the first, over the body, needs neither salt
// nor LSN and so runs outside the commit lock; the second binds it to both.
[[nodiscard]] std::uint32_t BindBodyCrc(std::uint32_t body_crc, std::uint64_t salt, Lsn lsn);

// Writes the 48 bytes at `to` and returns the header CRC (the next record's previous_crc).
std::uint32_t EncodeRecordHeader(const RecordHeader& header, std::uint64_t salt, char* to);

// Whether these RecordLayout::kBytes can be a header, in one look at kind, version and flags: for
// searches, before the checksum.
[[nodiscard]] bool MayBeRecordHeader(std::string_view bytes);

// Decodes the header at the start of `bytes` and checks its checksum, length, version and fixed
// fields, but neither LSN order nor the body. kDataLoss: not a header of this segment.
// kUnimplemented: intact, but of a newer version, or with a kind or flag this build lacks.
[[nodiscard]] absl::StatusOr<RecordHeader> DecodeRecordHeader(std::string_view bytes,
                                                              std::uint64_t salt);

// kDataLoss unless `body` is what `header` was written with.
[[nodiscard]] absl::Status CheckRecordBody(const RecordHeader& header, std::string_view body,
                                           std::uint64_t salt);

}  // namespace varve::wal

#endif  // VARVE_KERNEL_WAL_RECORD_H_
