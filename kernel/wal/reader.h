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
  // Where the header of the segment after this one says that this one ends; nothing behind counts
  // any more. Absent for the newest one in use.
  std::optional<SegmentEnd> stated_end;
};

// The segments of `folder` in ascending order, headers decoded. Reads one page of each (all of
// the newest where its header is bad). Other files in the folder are ignored. Writes nothing.
// kDataLoss (with Damage): a damaged header, a gap in the numbers, a segment of another store, a
// header that contradicts its predecessor's, a file shorter than its successor says.
// kUnimplemented: a newer format.
[[nodiscard]] absl::StatusOr<std::vector<SegmentFile>> ListSegments(FileSystem& files,
                                                                    const std::string& folder,
                                                                    const Uuid& store);

// How the scan of one segment ended.
struct SegmentTail {
  SegmentEnd end;  // of the intact records from the start
  // Nothing but zeros, or the end of the file, stands behind the last intact record; where an end
  // is stated: the intact records end exactly there.
  bool clean = true;
  // Not clean: what the bytes at end.end_offset fail ("header checksum", "body checksum", ...), or
  // how the end differs from the stated one.
  std::string fault;
  // The greatest durable_lsn carried by an intact record of this segment at or behind
  // end.end_offset (found by scanning every 8-byte boundary): proof against a torn tail.
  Lsn proven_durable;
  // Where that proof stands.
  std::uint64_t proof_offset = 0;
  // Bytes from end_offset to the last non-zero byte. With a stated end: 0, nothing behind is read.
  std::uint64_t discarded_bytes = 0;
  // Of the last intact record; Timestamp() where there is none.
  Timestamp last_commit_time;
  // The last intact record is a watermark that proves all before it: the log was closed there.
  bool closed = false;
  // Every intact record before this offset was durable by the word of a later one; those from here
  // to end_offset may stand in the page cache only. For LogPosition::unproven_offset.
  std::uint64_t unproven_offset = kSegmentHeaderBytes;
};

// Reads `segment` (not an unused one) from its start, checks every record (checksums, chain, LSN
// order, commit-time order) and calls `visit` with each in order; stops with its status where that
// is not OK. `visit` borrows the record for the call; its body is 8-byte aligned in memory.
// Memory: one read buffer, plus the largest record. Writes nothing.
// kDataLoss (Damage::kUnreadable): the device failed a read. kUnimplemented: an intact record of
// a newer version or kind. Anything else about the bytes is stated in the tail, not an error.
[[nodiscard]] absl::StatusOr<SegmentTail> ScanSegment(
    FileSystem& files, const SegmentFile& segment,
    const std::function<absl::Status(const Record&, std::uint64_t offset)>& visit);

}  // namespace varve::wal

#endif  // VARVE_KERNEL_WAL_READER_H_
