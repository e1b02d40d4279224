// The header page and the names of log segments. Normative text: docs/format/wal.md (WAL-S*).
#ifndef VARVE_KERNEL_WAL_SEGMENT_H_
#define VARVE_KERNEL_WAL_SEGMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/base/ids.h"

namespace varve::wal {

inline constexpr std::size_t kSegmentHeaderBytes = 4096;
inline constexpr std::uint32_t kSegmentFormatVersion = 1;
inline constexpr std::uint8_t kChecksumCrc32c = 1;
// 0x89: no text file starts so; CR LF, ^Z and LF show what a text-mode transfer did to it.
inline constexpr std::string_view kSegmentMagic = "\x89VWL\r\n\x1a\n";

struct SegmentLayout {  // docs/format/wal.md, WAL-S2. Frozen at format version 1.
  static constexpr std::size_t kMagicOffset = 0;                // 8 bytes
  static constexpr std::size_t kVersionOffset = 8;              // u32
  static constexpr std::size_t kCompatibleOffset = 12;          // u32
  static constexpr std::size_t kReadOnlyCompatibleOffset = 16;  // u32
  static constexpr std::size_t kIncompatibleOffset = 20;        // u32
  static constexpr std::size_t kHeaderLengthOffset = 24;        // u32
  static constexpr std::size_t kChecksumKindOffset = 28;        // u8, then 3 reserved
  static constexpr std::size_t kStoreOffset = 32;               // 16 bytes
  static constexpr std::size_t kNumberOffset = 48;              // u64
  static constexpr std::size_t kSaltOffset = 56;                // u64
  static constexpr std::size_t kFirstLsnOffset = 64;            // u64
  static constexpr std::size_t kPredecessorNumberOffset = 72;   // u64
  static constexpr std::size_t kPredecessorEndOffset = 80;      // u64
  static constexpr std::size_t kPredecessorLastLsnOffset = 88;  // u64
  static constexpr std::size_t kPredecessorLastCrcOffset = 96;  // u32, then 4 reserved
  static constexpr std::size_t kSegmentBytesOffset = 104;       // u64
  static constexpr std::size_t kCreatedOffset = 112;            // u64
  static constexpr std::size_t kHeaderCrcOffset = 120;          // u32
  static constexpr std::size_t kReservedOffset = 124;           // to the end of the page
};
static_assert(SegmentLayout::kHeaderCrcOffset + sizeof(std::uint32_t) ==
              SegmentLayout::kReservedOffset);

// Where one segment ends: what its successor's header says of it.
struct SegmentEnd {
  std::uint64_t number = 0;      // 0: there is no predecessor
  std::uint64_t end_offset = 0;  // first byte after the last record
  Lsn last_lsn;
  std::uint32_t last_record_crc = 0;  // header_crc of the last record (chain)
  friend bool operator==(const SegmentEnd&, const SegmentEnd&) = default;
};

struct SegmentHeader {
  std::uint32_t version = kSegmentFormatVersion;
  std::uint32_t compatible_flags = 0;
  std::uint32_t read_only_compatible_flags = 0;
  std::uint32_t incompatible_flags = 0;
  Uuid store;
  std::uint64_t number = 0;  // from 1; the file name says the same
  std::uint64_t salt = 0;
  Lsn first_lsn;  // of the first record, present or yet to come
  SegmentEnd predecessor;
  std::uint8_t checksum_kind = kChecksumCrc32c;
  std::uint64_t segment_bytes = 0;  // size the file was prepared with
  Timestamp created;
};

// The whole 4096-byte page.
[[nodiscard]] std::string EncodeSegmentHeader(const SegmentHeader& header);

// kDataLoss: wrong magic, checksum, reserved bytes, or fields that contradict each other.
// kUnimplemented: a newer version, an incompatible flag or a checksum kind this build lacks (looked
// at before the checksum).
[[nodiscard]] absl::StatusOr<SegmentHeader> DecodeSegmentHeader(std::string_view page);

// "0000000000000001.wal": the number in 16 hexadecimal digits.
[[nodiscard]] std::string SegmentFileName(std::uint64_t number);
// The number, where `name` is exactly such a name; else nullopt (the file is not ours).
[[nodiscard]] std::optional<std::uint64_t> ParseSegmentFileName(std::string_view name);

}  // namespace varve::wal

#endif  // VARVE_KERNEL_WAL_SEGMENT_H_
