// Reading the log without opening the store: which segments there are, their records, and whether
// each ends as it must. Writes nothing; works beside a writing process.
#ifndef VARVE_CLI_LOG_SCAN_H_
#define VARVE_CLI_LOG_SCAN_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/session.h"
#include "kernel/wal/reader.h"
#include "snapshot/manifest.h"

namespace varve::cli {

struct LogFiles {
  std::vector<wal::SegmentFile> segments;  // ascending; unused ones included
  Lsn proven_durable;                      // by the manifest; Lsn() where that cannot be read
};

// Where the manifest is damaged, the store's id comes from the first segment whose header is good,
// with a note. kFailedPrecondition: neither a manifest nor a segment, so no store.
[[nodiscard]] absl::StatusOr<LogFiles> FindLog(Session& session);

enum class SegmentEnding {
  kWhole,  // nothing but zeros behind the last record
  kTorn,   // the newest segment, and nothing proves that what is broken there was ever durable
  kSealed  // torn once; its successor states that it ends here
};

struct SegmentScan {
  wal::SegmentTail tail;
  SegmentEnding ending = SegmentEnding::kWhole;
  std::uint64_t records = 0;
};

using VisitRecord = std::function<absl::Status(const wal::Record&, std::uint64_t offset)>;

// Reads segment `index` of `log` through, checking every record and how it ends. An error of
// `visit` is returned as it is, at once. kDataLoss (Damage): the segment does not end as the next
// one, the manifest or a record in it says.
[[nodiscard]] absl::StatusOr<SegmentScan> ScanLogSegment(const LogFiles& log, std::size_t index,
                                                         const VisitRecord& visit);

// "whole", "torn tail", "sealed torn tail".
[[nodiscard]] std::string_view EndingName(SegmentEnding ending);

}  // namespace varve::cli

#endif  // VARVE_CLI_LOG_SCAN_H_
