// Reading the whole log above a base, and deciding how it ends: cleanly, torn, or damaged.
// Normative text: docs/format/wal.md, "Torn tail or damage" (WAL-T*).
#ifndef VARVE_RECOVERY_LOG_SCAN_H_
#define VARVE_RECOVERY_LOG_SCAN_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/io/file_system.h"
#include "kernel/wal/reader.h"

namespace varve::recovery {

// Something outside the log that proves how far it was durable.
struct LogEvidence {
  Lsn durable;
  std::string source;  // "MANIFEST", "state.mdb"; for the message
};

struct LogEnd {
  wal::SegmentEnd end;             // of the intact log: where the next segment continues
  Timestamp last_commit_time;      // of the newest record scanned; Timestamp() where none was
  std::uint64_t record_count = 0;  // visited
  std::uint64_t record_bytes = 0;  // visited, framed
  std::uint64_t torn_bytes = 0;    // behind the end: written, never acknowledged
  // SegmentTail::unproven_offset of the newest segment; 0 where none was scanned.
  std::uint64_t unproven_offset = 0;
};

using RecordVisitor = std::function<absl::Status(const wal::Record&)>;

// kDataLoss (Damage::kMissing): a log that the manifest knows to have had segments, the newest of
// them `last_known`, has none. It cannot go on, whatever base there is.
[[nodiscard]] absl::Status CheckLogIsThere(const std::vector<wal::SegmentFile>& segments,
                                           const wal::SegmentEnd& last_known,
                                           const std::string& folder);

// The segments that a scan above `after` has to read: the suffix of `segments` from the one that
// holds `after` + 1. kDataLoss (Damage::kMissing): the log begins later than that.
[[nodiscard]] absl::StatusOr<std::vector<wal::SegmentFile>> SegmentsAbove(
    const std::vector<wal::SegmentFile>& segments, Lsn after);
// The same of a log that is known to reach back to it.
[[nodiscard]] std::vector<wal::SegmentFile> SegmentsFrom(
    const std::vector<wal::SegmentFile>& segments, Lsn after);

// Bytes of files that `segments` make a scan read.
[[nodiscard]] std::uint64_t ScanBytes(const std::vector<wal::SegmentFile>& segments);

// Visits every record with an LSN above `after`, in order, and rules on the end. Writes nothing.
// kDataLoss (Damage) where the log is damaged; whatever `visit` answers, with the LSN added.
[[nodiscard]] absl::StatusOr<LogEnd> ScanLog(FileSystem& files,
                                             const std::vector<wal::SegmentFile>& segments,
                                             Lsn after, const std::vector<LogEvidence>& evidence,
                                             const RecordVisitor& visit);

}  // namespace varve::recovery

#endif  // VARVE_RECOVERY_LOG_SCAN_H_
