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

// kDataLoss: wrong magic, checksum or reserved bytes. kUnimplemented: a newer version, or an
// incompatible flag this build lacks (looked at before the checksum).
[[nodiscard]] absl::StatusOr<SegmentHeader> DecodeSegmentHeader(std::string_view page);

// "0000000000000001.wal": the number in 16 hexadecimal digits.
[[nodiscard]] std::string SegmentFileName(std::uint64_t number);
// The number, where `name` is exactly such a name; else nullopt (the file is not ours).
[[nodiscard]] std::optional<std::uint64_t> ParseSegmentFileName(std::string_view name);

}  // namespace varve::wal

#endif  // VARVE_KERNEL_WAL_SEGMENT_H_
