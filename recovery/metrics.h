// The catalogue of what the last open found and did: the figures of RecoveryReport, which stay as
// they are while the store is open. As kernel/metrics.h.
#ifndef VARVE_RECOVERY_METRICS_H_
#define VARVE_RECOVERY_METRICS_H_

#include "kernel/metrics.h"
#include "recovery/open.h"

namespace varve::metric {

inline constexpr std::string_view kRecoveryName = "varve_recovery_seconds";
inline constexpr std::string_view kRecoveryHelp = "What each stage of the last open took.";
inline constexpr MetricSpec kRecoveryPlan{kRecoveryName, kGauge,  kNanoseconds,
                                          kRecoveryHelp, "stage", "plan"};
inline constexpr MetricSpec kRecoveryLoadBase{kRecoveryName, kGauge,  kNanoseconds,
                                              kRecoveryHelp, "stage", "load_base"};
inline constexpr MetricSpec kRecoveryReplay{kRecoveryName, kGauge,  kNanoseconds,
                                            kRecoveryHelp, "stage", "replay"};
inline constexpr MetricSpec kRecoveryIndexes{kRecoveryName, kGauge,  kNanoseconds,
                                             kRecoveryHelp, "stage", "rebuild_indexes"};
inline constexpr MetricSpec kRecoveryRecords{"varve_recovery_replayed_records", kGauge, kCount,
                                             "Transactions that the last open replayed."};
inline constexpr MetricSpec kRecoveryBytes{"varve_recovery_replayed_bytes", kGauge, kBytes,
                                           "Log that the last open replayed."};
inline constexpr MetricSpec kRecoveryTornTail{
    "varve_recovery_torn_tail_bytes", kGauge, kBytes,
    "Bytes behind the last intact record that the last open dropped; none was acknowledged."};
inline constexpr MetricSpec kRecoveryCleanClose{"varve_recovery_clean_close", kGauge, kFlag,
                                                "Whether the session before had closed cleanly."};
inline constexpr MetricSpec kRecoveryStateRebuilt{
    "varve_recovery_state_rebuilt", kGauge, kFlag,
    "Whether state.mdb was missing, damaged or foreign and was built anew."};
inline constexpr MetricSpec kRecoveryWarnings{"varve_recovery_warnings", kGauge, kCount,
                                              "Warnings in the report of the last open."};

}  // namespace varve::metric

namespace varve::recovery {

// Keeps a report for Store::Stats().
class RecoveryMetrics final : public MetricSource {
 public:
  // Once, before the store is handed out.
  void Set(const RecoveryReport& report);
  void CollectMetrics(StoreStats& to) const override { to.Append(figures_); }

 private:
  StoreStats figures_;
};

}  // namespace varve::recovery

#endif  // VARVE_RECOVERY_METRICS_H_
