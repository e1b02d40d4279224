#include "recovery/metrics.h"

#include <chrono>

namespace varve::recovery {

void RecoveryMetrics::Set(const RecoveryReport& report) {
  const auto nanos = [](std::chrono::microseconds time) {
    return static_cast<std::uint64_t>(std::chrono::nanoseconds(time).count());
  };
  figures_ = StoreStats();
  figures_.Add(metric::kRecoveryPlan, nanos(report.plan_time));
  figures_.Add(metric::kRecoveryLoadBase, nanos(report.load_base_time));
  figures_.Add(metric::kRecoveryReplay, nanos(report.replay_time));
  figures_.Add(metric::kRecoveryIndexes, nanos(report.rebuild_indexes_time));
  figures_.Add(metric::kRecoveryRecords, report.records_replayed);
  figures_.Add(metric::kRecoveryBytes, report.bytes_replayed);
  figures_.Add(metric::kRecoveryTornTail, report.torn_tail_bytes);
  figures_.Add(metric::kRecoveryCleanClose, report.clean_close ? 1 : 0);
  figures_.Add(metric::kRecoveryStateRebuilt, report.materialized_rebuilt ? 1 : 0);
  figures_.Add(metric::kRecoveryWarnings, report.warnings.size());
}

}  // namespace varve::recovery
