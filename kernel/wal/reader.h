// Reading the log back: which segments there are, their records in order, and how the log ends.
//
// The reader states facts (this is where the intact log ends, this is what stands there); what
// follows from them is decided in recovery/ (docs/format/wal.md, "Torn tail or damage").
#ifndef VARVE_KERNEL_WAL_READER_H_
#define VARVE_KERNEL_WAL_READER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/io/file_system.h"
#include "kernel/wal/record.h"
#include "kernel/wal/segment.h"

namespace varve::wal {

// One segment file as found in the folder.
struct SegmentFile {
  std::uint64_t number = 0;
  std::string path;
  std::uint64_t file_bytes = 0;
  SegmentHeader header;
  // The header page is all zeros, or torn while everything behind it is zero: prepared but never
  // used, or its header was being written when the crash came. Only the newest may be so.
  bool unused = false;
};

// The segments of `folder` in ascending order, headers decoded. Reads one page of each (all of
// the newest where its header is bad). Other files in the folder are ignored.
// kDataLoss (with Damage): a damaged header, a gap in the numbers, a segment of another store, a
// header that contradicts its predecessor's. kUnimplemented: a newer format.
[[nodiscard]] absl::StatusOr<std::vector<SegmentFile>> ListSegments(FileSystem& files,
                                                                    const std::string& folder,
                                                                    const Uuid& store);

// How the scan of one segment ended.
struct SegmentTail {
  SegmentEnd end;  // of the intact records from the start
  // Nothing but zeros, or the end of the file, stands behind the last intact record.
  bool clean = true;
  // Not clean: what the bytes at end.end_offset fail ("header checksum", "body checksum", ...).
  std::string fault;
  // The greatest durable_lsn carried by an intact record of this segment at or behind
  // end.end_offset (found by scanning every 8-byte boundary): proof against a torn tail.
  Lsn proven_durable;
  // Where that proof stands.
  std::uint64_t proof_offset = 0;
  // Bytes from end_offset to the last non-zero byte.
  std::uint64_t discarded_bytes = 0;
};

// Reads `segment` from its start, checks every record (checksums, chain, LSN order, commit-time
// order) and calls `visit` with each in order; stops with its status where that is not OK.
// `visit` borrows the record for the call. Memory: one read buffer, plus the largest record.
// kDataLoss (Damage::kUnreadable): the device failed a read. kUnimplemented: an intact record of
// a newer version or kind. Anything else about the bytes is stated in the tail, not an error.
[[nodiscard]] absl::StatusOr<SegmentTail> ScanSegment(
    FileSystem& files, const SegmentFile& segment,
    const std::function<absl::Status(const Record&, std::uint64_t offset)>& visit);

}  // namespace varve::wal

#endif  // VARVE_KERNEL_WAL_READER_H_
