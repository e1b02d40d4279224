// Store::Stats(): what was counted, in the order of the catalogue.
#include "kernel/internal/store_core.h"
#include "kernel/metrics.h"

namespace varve::internal {
namespace {

void AddCommits(const StoreMetrics& metrics, StoreStats& to) {
  const auto commits = [&](CommitKind kind) {
    return metrics.commits[static_cast<std::size_t>(kind)].value();
  };
  const auto failures = [&](CommitFailure failure) {
    return metrics.failures[static_cast<std::size_t>(failure)].value();
  };
  to.Add(metric::kCommitsDurable, commits(CommitKind::kDurable));
  to.Add(metric::kCommitsBuffered, commits(CommitKind::kBuffered));
  to.Add(metric::kCommitsAsync, commits(CommitKind::kAsync));
  to.Add(metric::kConflictsRow, failures(CommitFailure::kConflictRow));
  to.Add(metric::kConflictsRange, failures(CommitFailure::kConflictRange));
  to.Add(metric::kConflictsApply, failures(CommitFailure::kConflictApply));
  to.Add(metric::kRefusedInvalid, failures(CommitFailure::kInvalid));
  to.Add(metric::kRefusedNoRoom, failures(CommitFailure::kNoRoom));
  to.Add(metric::kRefusedNotWritable, failures(CommitFailure::kNotWritable));
  to.Add(metric::kRefusedNotDurable, failures(CommitFailure::kNotDurable));
  to.Add(metric::kRefusedOther, failures(CommitFailure::kOther));
  to.Add(metric::kReapplied, metrics.reapplied.value());
  to.Add(metric::kCommitDuration, metrics.commit_nanos.value());
  to.Add(metric::kBackpressureWait, metrics.backpressure_nanos.value());
}

void AddLog(const wal::LogStats& log, std::uint64_t unapplied, StoreStats& to) {
  to.Add(metric::kLogRecords, log.records);
  to.Add(metric::kLogBytes, log.record_bytes);
  to.Add(metric::kLogFlushes, log.flushes);
  to.Add(metric::kLogGroup, log.flush_records);
  to.Add(metric::kLogFlushBytes, log.flush_bytes);
  to.Add(metric::kLogSync, log.flush_nanos);
  to.Add(metric::kLogSegmentsStarted, log.segments_started);
  to.Add(metric::kLogSegmentsDeleted, log.segments_deleted);
  to.Add(metric::kLogUnapplied, unapplied);
}

void AddCheckpoints(const StoreMetrics& metrics, StoreStats& to) {
  to.Add(metric::kCheckpoints, metrics.checkpoints.value());
  to.Add(metric::kCheckpointFailures, metrics.checkpoint_failures.value());
  to.Add(metric::kCheckpointDuration, metrics.checkpoint_nanos.value());
  to.Add(metric::kCheckpointRows, metrics.checkpoint_rows.value());
  to.Add(metric::kCheckpointBytes, metrics.checkpoint_bytes.value());
}

}  // namespace

void StoreCore::CollectMetrics(StoreStats& to) const {
  AddCommits(metrics_, to);
  if (log_ != nullptr) AddLog(log_->stats(), log_->BytesSince(applied_lsn()), to);
  to.Add(metric::kVisibleLsn, visible_lsn().value());
  to.Add(metric::kDurableLsn, durable_lsn().value());
  to.Add(metric::kAppliedLsn, applied_lsn().value());
  to.Add(metric::kMemtableActive, active_bytes_.load(std::memory_order_relaxed));
  to.Add(metric::kMemtableFrozen, frozen_bytes_.load(std::memory_order_relaxed));
  AddCheckpoints(metrics_, to);

  const ReaderPins::InUse readers = pins_.Look();
  const Timestamp now = parts_.environment.clock->Now();
  const std::uint64_t age =
      readers.readers > 0 && now > readers.oldest ? now.micros() - readers.oldest.micros() : 0;
  to.Add(metric::kReadersOpen, readers.readers);
  to.Add(metric::kReaderOldestAge, age * 1000);
  to.Add(metric::kReadersMade, pins_.made());
  to.Add(metric::kPoisoned, status().ok() ? 0 : 1);
  to.Add(metric::kMaintenanceFailing, maintenance_status().ok() ? 0 : 1);
}

void StoreCore::CollectOtherMetrics(StoreStats& to) const {
  if (parts_.maintenance != nullptr) parts_.maintenance->CollectMetrics(to);
  if (parts_.more_metrics != nullptr) parts_.more_metrics->CollectMetrics(to);
}

}  // namespace varve::internal
