// The catalogue of what the kernel counts and measures. Names are a promise: dashboards rest on
// them. docs/metrics.md repeats this table, and a test compares the two.
#ifndef VARVE_KERNEL_METRICS_H_
#define VARVE_KERNEL_METRICS_H_

#include "kernel/stats.h"

namespace varve::metric {

using enum MetricKind;
using enum MetricUnit;

// Commits.
inline constexpr std::string_view kCommitsName = "varve_commits_total";
inline constexpr std::string_view kCommitsHelp =
    "Transactions logged, by what their commit waits for.";
inline constexpr MetricSpec kCommitsDurable{kCommitsName, kCounter,     kCount,
                                            kCommitsHelp, "durability", "durable"};
inline constexpr MetricSpec kCommitsBuffered{kCommitsName, kCounter,     kCount,
                                             kCommitsHelp, "durability", "buffered"};
inline constexpr MetricSpec kCommitsAsync{kCommitsName, kCounter,     kCount,
                                          kCommitsHelp, "durability", "async"};
inline constexpr std::string_view kConflictsName = "varve_commit_conflicts_total";
inline constexpr std::string_view kConflictsHelp =
    "Commits answered kAborted, by what had changed: a row or a range that the transaction read, "
    "or "
    "what its entries build on.";
inline constexpr MetricSpec kConflictsRow{kConflictsName, kCounter, kCount,
                                          kConflictsHelp, "read",   "row"};
inline constexpr MetricSpec kConflictsRange{kConflictsName, kCounter, kCount,
                                            kConflictsHelp, "read",   "range"};
inline constexpr MetricSpec kConflictsApply{kConflictsName, kCounter, kCount,
                                            kConflictsHelp, "read",   "apply"};
inline constexpr std::string_view kRefusedName = "varve_commits_refused_total";
inline constexpr std::string_view kRefusedHelp =
    "Commits that failed otherwise: invalid entries, no room on the disk, a store that takes no "
    "writes, or a log that could not be made durable (outcome unknown).";
inline constexpr MetricSpec kRefusedInvalid{kRefusedName, kCounter, kCount,
                                            kRefusedHelp, "reason", "invalid"};
inline constexpr MetricSpec kRefusedNoRoom{kRefusedName, kCounter, kCount,
                                           kRefusedHelp, "reason", "no_room"};
inline constexpr MetricSpec kRefusedNotWritable{kRefusedName, kCounter, kCount,
                                                kRefusedHelp, "reason", "not_writable"};
inline constexpr MetricSpec kRefusedNotDurable{kRefusedName, kCounter, kCount,
                                               kRefusedHelp, "reason", "not_durable"};
inline constexpr MetricSpec kRefusedOther{kRefusedName, kCounter, kCount,
                                          kRefusedHelp, "reason", "other"};
inline constexpr MetricSpec kReapplied{
    "varve_commit_reapplied_total", kCounter, kCount,
    "Commits whose entries were applied again on the newest state, because what they build on had "
    "moved or because they build on their own LSN."};
inline constexpr MetricSpec kCommitDuration{
    "varve_commit_duration_seconds", kHistogram, kNanoseconds,
    "Durable commits: from the call of Commit until the transaction is on stable storage."};
inline constexpr MetricSpec kBackpressureWait{
    "varve_backpressure_wait_seconds", kHistogram, kNanoseconds,
    "Commits that were slowed down until a checkpoint gave memory back: how long each waited."};

// The log.
inline constexpr MetricSpec kLogRecords{"varve_log_records_total", kCounter, kCount,
                                        "Records appended to the log."};
inline constexpr MetricSpec kLogBytes{"varve_log_bytes_total", kCounter, kBytes,
                                      "Bytes of the records appended to the log."};
inline constexpr MetricSpec kLogFlushes{"varve_log_flushes_total", kCounter, kCount,
                                        "Durable writes that carried records."};
inline constexpr MetricSpec kLogGroup{"varve_log_group_records", kHistogram, kCount,
                                      "Records that one flush made durable together."};
inline constexpr MetricSpec kLogFlushBytes{"varve_log_flush_bytes", kHistogram, kBytes,
                                           "Bytes that one flush made durable together."};
inline constexpr MetricSpec kLogSync{"varve_log_sync_seconds", kHistogram, kNanoseconds,
                                     "How long a flush took to write and sync."};
inline constexpr MetricSpec kLogSegmentsStarted{
    "varve_log_segments_started_total", kCounter, kCount,
    "Log segments begun, the one of the open included."};
inline constexpr MetricSpec kLogSegmentsDeleted{
    "varve_log_segments_deleted_total", kCounter, kCount,
    "Log segments deleted since a snapshot made them dispensable."};
inline constexpr MetricSpec kLogUnapplied{
    "varve_log_unapplied_bytes", kGauge, kBytes,
    "Log above the last checkpoint (about): what an open after a kill would replay."};

// Positions.
inline constexpr MetricSpec kVisibleLsn{"varve_visible_lsn", kGauge, kLsn,
                                        "Newest transaction that a new view sees."};
inline constexpr MetricSpec kDurableLsn{"varve_durable_lsn", kGauge, kLsn,
                                        "Newest transaction on stable storage."};
inline constexpr MetricSpec kAppliedLsn{"varve_applied_lsn", kGauge, kLsn,
                                        "Newest transaction in the materialized store."};

// Memory and checkpoints.
inline constexpr std::string_view kMemtableName = "varve_memtable_bytes";
inline constexpr std::string_view kMemtableHelp =
    "Memory of the memtable that takes writes, and of the one that a checkpoint is moving down.";
inline constexpr MetricSpec kMemtableActive{kMemtableName, kGauge,  kBytes,
                                            kMemtableHelp, "state", "active"};
inline constexpr MetricSpec kMemtableFrozen{kMemtableName, kGauge,  kBytes,
                                            kMemtableHelp, "state", "frozen"};
inline constexpr MetricSpec kCheckpoints{"varve_checkpoints_total", kCounter, kCount,
                                         "Checkpoints that moved a memtable down."};
inline constexpr MetricSpec kCheckpointFailures{"varve_checkpoint_failures_total", kCounter, kCount,
                                                "Checkpoints that failed."};
inline constexpr MetricSpec kCheckpointDuration{"varve_checkpoint_duration_seconds", kHistogram,
                                                kNanoseconds, "How long a checkpoint took."};
inline constexpr MetricSpec kCheckpointRows{"varve_checkpoint_rows_total", kCounter, kCount,
                                            "Rows that checkpoints wrote."};
inline constexpr MetricSpec kCheckpointBytes{"varve_checkpoint_bytes_total", kCounter, kBytes,
                                             "Memtable bytes that checkpoints moved down."};

// Readers.
inline constexpr MetricSpec kReadersOpen{"varve_readers_open", kGauge, kCount,
                                         "Views and transactions that are open."};
inline constexpr MetricSpec kReaderOldestAge{
    "varve_reader_oldest_age_seconds", kGauge, kNanoseconds,
    "Age of the oldest open view or transaction; what it reads stays in memory and on disk."};
inline constexpr MetricSpec kReadersMade{
    "varve_readers_made_total", kCounter, kCount,
    "Readers made anew since none of the pool was idle and of the present state."};

// State of the store.
inline constexpr MetricSpec kPoisoned{
    "varve_poisoned", kGauge, kFlag,
    "Whether an earlier failure makes the store refuse writes until it is opened again."};
inline constexpr MetricSpec kMaintenanceFailing{
    "varve_maintenance_failing", kGauge, kFlag,
    "Whether the last checkpoint or snapshot in the background failed."};

// Footprint; left out where the disk cannot be asked, as after Close.
inline constexpr std::string_view kFilesName = "varve_files_bytes";
inline constexpr std::string_view kFilesHelp = "Disk space by kind of file.";
inline constexpr MetricSpec kFilesLog{kFilesName, kGauge, kBytes, kFilesHelp, "kind", "log"};
inline constexpr MetricSpec kFilesSnapshots{kFilesName, kGauge, kBytes,
                                            kFilesHelp, "kind", "snapshots"};
inline constexpr MetricSpec kFilesState{kFilesName, kGauge, kBytes, kFilesHelp, "kind", "state"};
inline constexpr std::string_view kStateName = "varve_state_bytes";
inline constexpr std::string_view kStateHelp =
    "Pages of the materialized store: in use, and free for the next checkpoints.";
inline constexpr MetricSpec kStateLive{kStateName, kGauge, kBytes, kStateHelp, "pages", "live"};
inline constexpr MetricSpec kStateFree{kStateName, kGauge, kBytes, kStateHelp, "pages", "free"};
inline constexpr MetricSpec kStateRows{"varve_state_rows", kGauge, kCount,
                                       "Current rows in the materialized store."};

}  // namespace varve::metric

#endif  // VARVE_KERNEL_METRICS_H_
