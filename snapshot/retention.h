// Which snapshots a store keeps, and what of the log they make dispensable.
#ifndef VARVE_SNAPSHOT_RETENTION_H_
#define VARVE_SNAPSHOT_RETENTION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "kernel/io/file_system.h"
#include "snapshot/manifest.h"

namespace varve::snapshot {

struct RetentionPlan {
  std::vector<RetainedSnapshot> retained;  // ascending by LSN
  // The log up to and including this LSN may go. Lsn() while there are fewer than `count`
  // snapshots: the start of the log stands in for the missing ones, so that there are always
  // `count` ways back to the present.
  Lsn trim_to;
  friend bool operator==(const RetentionPlan&, const RetentionPlan&) = default;
};

// The newest `count` of `known` and `added`, which replaces a known one of its LSN. `count` is at
// least 1.
[[nodiscard]] RetentionPlan PlanRetention(std::vector<RetainedSnapshot> known,
                                          const RetainedSnapshot& added, int count);

// Removes from `folder` every snapshot that is not retained, whole or half written. Files with
// other names than ours are left alone. The first error, but everything is attempted.
[[nodiscard]] absl::Status RemoveDroppedSnapshots(FileSystem& files, const std::string& folder,
                                                  const std::vector<RetainedSnapshot>& retained);

}  // namespace varve::snapshot

#endif  // VARVE_SNAPSHOT_RETENTION_H_
