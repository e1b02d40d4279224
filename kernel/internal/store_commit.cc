// How a commit happens: check, log, publish, make visible.
#include <chrono>
#include <limits>
#include <utility>

#include "kernel/base/crc32c.h"
#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "kernel/internal/apply.h"
#include "kernel/internal/store_core.h"
#include "kernel/io/stopwatch.h"

namespace varve::internal {
namespace {

// Beyond this many transactions since its beginning, a commit checks most of them before it takes
// the lock.
constexpr std::uint64_t kCheckAheadTransactions = 256;

std::vector<const table::Memtable*> WindowOf(const TransactionState& transaction) {
  std::vector<const table::Memtable*> memtables;
  for (const MemtableNode* node = transaction.window(); node != nullptr; node = node->next.get()) {
    memtables.push_back(node->memtable.get());
  }
  return memtables;
}

absl::Status Conflict(TransactionState& transaction,
                      const std::vector<const table::Memtable*>& memtables, Lsn after) {
  const bool row = transaction.user_reads().PointChangedSince(memtables, after);
  transaction.NoteConflict(row ? CommitFailure::kConflictRow : CommitFailure::kConflictRange);
  return absl::AbortedError(
      "conflict: something this transaction read was changed by a later commit; begin again "
      "(Store::Update does so by itself)");
}

CommitFailure FailureOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kAborted:
      return CommitFailure::kConflictApply;
    case absl::StatusCode::kInvalidArgument:
      return CommitFailure::kInvalid;
    case absl::StatusCode::kResourceExhausted:
      return CommitFailure::kNoRoom;
    case absl::StatusCode::kFailedPrecondition:
      return CommitFailure::kNotWritable;
    default:
      return CommitFailure::kOther;
  }
}

}  // namespace

absl::StatusOr<Receipt> StoreCore::Commit(TransactionState& transaction, CommitKind kind) {
  absl::StatusOr<Receipt> receipt = TryCommit(transaction, kind);
  if (!receipt.ok()) CountFailure(transaction, receipt.status());
  DeliverLogged();
  return receipt;
}

absl::StatusOr<Receipt> StoreCore::TryCommit(TransactionState& transaction, CommitKind kind) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  if (transaction.entry_count() == 0) return Receipt{Lsn(), Timestamp()};
  VARVE_RETURN_IF_ERROR(Throttle());
  VARVE_ASSIGN_OR_RETURN(const Lsn checked, CheckAhead(transaction));
  wal::RecordDraft draft;
  draft.body = transaction.body();
  draft.body_crc = Crc32c(draft.body);
  draft.entry_count = transaction.entry_count();
  const Timestamp now = parts_.environment.clock->Now();
  const bool visible_at_once = kind == CommitKind::kBuffered;

  Lsn lsn;
  {
    const std::lock_guard lock(commit_mutex_);
    draft.commit_time = std::max(now, last_commit_time_);
    VARVE_RETURN_IF_ERROR(Validate(transaction, checked, draft.commit_time));
    VARVE_ASSIGN_OR_RETURN(lsn, log_->Append(draft));
    VARVE_RETURN_IF_ERROR(TryToPublish(transaction, lsn, draft.commit_time));
    if (visible_at_once) acknowledged_.store(lsn.value());
    AdvanceVisible();
    metrics_.commits[static_cast<std::size_t>(kind)].Add();
  }
  if (visible_at_once) log_->FlushSoon();
  return Receipt{lsn, draft.commit_time};
}

// Validates what was committed up to now without the lock, so that under it only the rest is left.
// Returns the LSN up to which nothing conflicts.
absl::StatusOr<Lsn> StoreCore::CheckAhead(TransactionState& transaction) {
  const Lsn begin = transaction.begin_lsn();
  if (transaction.user_reads().empty()) return begin;
  if (published_.load(std::memory_order_relaxed) < begin.value() + kCheckAheadTransactions)
    return begin;
  std::vector<const table::Memtable*> memtables;
  Lsn checked;
  {
    const std::lock_guard lock(commit_mutex_);
    memtables = WindowOf(transaction);
    checked = last_lsn_;
  }
  if (transaction.user_reads().ChangedSince(memtables, begin)) {
    return Conflict(transaction, memtables, begin);
  }
  return checked;
}

absl::Status StoreCore::Validate(TransactionState& transaction, Lsn checked,
                                 Timestamp commit_time) {
  const ReadSet& user_reads = transaction.user_reads();
  const ReadSet& apply_reads = transaction.apply_reads();
  bool reapply = transaction.asked_for_position();
  if (!user_reads.empty() || !apply_reads.empty()) {
    const std::vector<const table::Memtable*> memtables = WindowOf(transaction);
    if (last_lsn_ > checked && user_reads.ChangedSince(memtables, checked)) {
      return Conflict(transaction, memtables, checked);
    }
    reapply = reapply || (last_lsn_ > transaction.begin_lsn() &&
                          apply_reads.ChangedSince(memtables, transaction.begin_lsn()));
  }
  return reapply ? Reapply(transaction, commit_time) : absl::OkStatus();
}

// What the user read still stands, but what Apply built on has moved (another writer appended to
// the same stream, say): the entries mean the same on the newest state, so they are applied to
// that, just as a replay will.
absl::Status StoreCore::Reapply(TransactionState& transaction, Timestamp commit_time) {
  metrics_.reapplied.Add();
  VARVE_ASSIGN_OR_RETURN(auto reader, OpenReader(generation_.load()));
  reader->Reset(last_lsn_, transaction.now());
  transaction.buffer().Clear();
  ApplyTarget target{.reader = reader.get(),
                     .buffer = &transaction.buffer(),
                     .lsn = last_lsn_.Next(),
                     .commit_time = commit_time};
  return ApplyBody(parts_.registry, transaction.body(), target);
}

// The record is in the log's buffer and cannot be taken back: a store that lacks it in memory must
// not go on.
absl::Status StoreCore::TryToPublish(TransactionState& transaction, Lsn lsn,
                                     Timestamp commit_time) {
  try {
    Publish(transaction, lsn, commit_time);
    return absl::OkStatus();
  } catch (const std::bad_alloc&) {
    absl::Status status = OutOfMemory(absl::StatusCode::kUnknown,
                                      "the transaction may or may not be there after a reopen");
    Poison(status);
    return status;
  }
}

void StoreCore::Publish(TransactionState& transaction, Lsn lsn, Timestamp commit_time) {
  for (const auto& [row_key, pending] : transaction.buffer().mutations()) {
    active_->Put(row_key, table::HashRowKey(row_key),
                 {lsn, commit_time, pending.deleted, pending.value});
  }
  last_lsn_ = lsn;
  last_commit_time_ = commit_time;
  active_bytes_.store(active_->bytes(), std::memory_order_relaxed);
  if (any_wants_committed_) NotifyPrimitives(transaction, lsn, commit_time);
  newest_time_.store(commit_time.micros(), std::memory_order_relaxed);
  published_.store(lsn.value());
}

void StoreCore::NotifyPrimitives(TransactionState& transaction, Lsn lsn, Timestamp commit_time) {
  std::vector<Mutation> mutations;
  Primitive* current = nullptr;
  const auto flush = [&] {
    if (current != nullptr && !mutations.empty()) {
      current->OnCommitted(lsn, commit_time, mutations);
    }
    mutations.clear();
  };
  for (const auto& [row_key, pending] : transaction.buffer().mutations()) {
    const std::optional<table::RowKeyParts> parts = table::ParseRowKey(row_key);
    Primitive* primitive = parts_.registry.FindById(parts->table.primitive);
    if (primitive != current) flush();
    current = primitive->spec().wants_committed ? primitive : nullptr;
    if (current == nullptr) continue;
    mutations.push_back({parts->table, parts->run, parts->key,
                         pending.deleted ? std::nullopt : std::optional(pending.value)});
  }
  flush();
}

// (I1): an LSN becomes visible when it is durable (or was acknowledged as buffered) and wholly in
// the memtable, whichever comes last. Each side stores its own number before it reads the other's,
// so one of them sees both.
void StoreCore::AdvanceVisible() {
  const std::uint64_t answered = std::max(durable_.load(), acknowledged_.load());
  const std::uint64_t target = std::min(answered, published_.load());
  std::uint64_t seen = visible_.load();
  while (seen < target) {
    if (visible_.compare_exchange_weak(seen, target)) return WakeVisibilityWaiters();
  }
}

// A waiter counts itself before it looks at visible_ and durable_, and here they were stored before
// the count is looked at: one of the two sees the other.
void StoreCore::WakeVisibilityWaiters() {
  if (visibility_waiters_.load() == 0) return;
  { const std::lock_guard lock(visibility_mutex_); }
  visibility_.notify_all();
}

void StoreCore::OnDurable(Lsn lsn) {
  durable_.store(lsn.value());
  AdvanceVisible();
  WakeVisibilityWaiters();  // what was visible as buffered may be settled now
}

void StoreCore::CountFailure(const TransactionState& transaction, const absl::Status& status) {
  const CommitFailure failure = transaction.conflict().value_or(FailureOf(status));
  metrics_.failures[static_cast<std::size_t>(failure)].Add();
}

// What tells of a commit that is logged must not make its answer another one.
void StoreCore::DeliverLogged() {
  const auto deliver = [&] {
    outbox_.Deliver();
    return absl::OkStatus();
  };
  CatchOutOfMemory(deliver).IgnoreError();
}

absl::Status StoreCore::WaitDurable(Lsn lsn) {
  absl::Status status;
  try {
    status = log_->WaitDurable(lsn);
  } catch (const std::bad_alloc&) {
    status =
        OutOfMemory(absl::StatusCode::kUnknown, "the transaction may or may not be in the log");
  }
  if (!status.ok()) {
    DeliverLogged();
    metrics_.failures[static_cast<std::size_t>(CommitFailure::kNotDurable)].Add();
  }
  return status;
}

// Of memory held by memtables, over what backpressure_ratio allows: 1.0 is as much again.
double StoreCore::MemoryExcess() const {
  const double limit =
      parts_.options.backpressure_ratio * static_cast<double>(parts_.options.memtable_bytes);
  const std::uint64_t held =
      active_bytes_.load(std::memory_order_relaxed) + frozen_bytes_.load(std::memory_order_relaxed);
  return static_cast<double>(held) / limit - 1.0;
}

// Smooth back-pressure: no delay up to the ratio, then a delay that grows to a millisecond a commit
// at twice the ratio, where writers wait for the checkpoint to give memory back.
absl::Status StoreCore::Throttle() {
  if (MemoryExcess() <= 0.0) return absl::OkStatus();
  if (checkpoint_worker_ == nullptr) return absl::OkStatus();  // checkpoints run inside commits
  checkpoint_worker_->Wake();
  NoteSlowed(true);
  const Stopwatch stopwatch(timing());
  absl::Status status = AwaitRoom();
  stopwatch.Record(metrics_.backpressure_nanos);
  return status;
}

absl::Status StoreCore::AwaitRoom() {
  std::unique_lock lock(room_mutex_);
  const auto delay =
      std::chrono::microseconds(static_cast<int>(std::min(MemoryExcess(), 1.0) * 1000));
  room_.wait_for(lock, delay, [this] { return MemoryExcess() <= 0.0; });
  while (MemoryExcess() >= 1.0) {
    VARVE_RETURN_IF_ERROR(CheckWritable());
    if (absl::Status status = checkpoint_status(); !status.ok()) {
      return AddContext(status, "writes wait for a checkpoint, and checkpoints fail");
    }
    room_.wait_for(lock, std::chrono::milliseconds(50), [this] { return MemoryExcess() < 1.0; });
  }
  return absl::OkStatus();
}

void StoreCore::AfterCommit() {
  if (!CheckpointIsDue() || closing_.load()) return;
  if (checkpoint_worker_ != nullptr) {
    checkpoint_worker_->Wake();
  } else {
    RunCheckpointTask();
  }
}

absl::Status StoreCore::Sync() {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  absl::Status status = log_->WaitDurable(log_->last_lsn());
  outbox_.Deliver();
  return status;
}

}  // namespace varve::internal
