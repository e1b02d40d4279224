// The catalogue of what the snapshotter counts and measures. As kernel/metrics.h.
#ifndef VARVE_SNAPSHOT_METRICS_H_
#define VARVE_SNAPSHOT_METRICS_H_

#include "kernel/metrics.h"

namespace varve::metric {

inline constexpr MetricSpec kSnapshots{"varve_snapshots_total", kCounter, kCount,
                                       "Snapshots written, verified and entered in the manifest."};
inline constexpr MetricSpec kSnapshotFailures{"varve_snapshot_failures_total", kCounter, kCount,
                                              "Snapshots that failed (cancelled ones left out)."};
inline constexpr MetricSpec kSnapshotDuration{
    "varve_snapshot_duration_seconds", kHistogram, kNanoseconds,
    "How long a snapshot took: writing, reading back, the manifest, trimming the log."};
inline constexpr MetricSpec kSnapshotBytes{"varve_snapshot_bytes_total", kCounter, kBytes,
                                           "Bytes of the snapshot files written."};
inline constexpr MetricSpec kSnapshotsRetained{"varve_snapshots_retained", kGauge, kCount,
                                               "Snapshots that the manifest names."};
inline constexpr MetricSpec kSnapshotNewestLsn{
    "varve_snapshot_newest_lsn", kGauge, kLsn,
    "LSN of the newest retained snapshot; 0 where there is none."};

}  // namespace varve::metric

#endif  // VARVE_SNAPSHOT_METRICS_H_
