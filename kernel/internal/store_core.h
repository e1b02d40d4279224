// The working parts of a Store: how a commit happens, what readers see, when memtables move down.
//
// Invariants, cited by number where they are kept:
//   (I1) A version with LSN n is in the memtable before any reader may see n: visible <= published.
//   (I2) A reader's materialized state is never newer than what it reads at: applied <= visible.
//   (I3) A record is durable before a checkpoint contains it.
//   (I4) LSNs, commit times and memtable insertions all advance under the commit lock, in one
//   order. (I5) After the first failure of the log or of a checkpoint transaction no write is
//   accepted.
//
// Locks, outermost first: close_mutex_, maintenance_mutex_, checkpoint_mutex_, commit_mutex_,
// layers_mutex_, a reader shard's mutex.
#ifndef VARVE_KERNEL_INTERNAL_STORE_CORE_H_
#define VARVE_KERNEL_INTERNAL_STORE_CORE_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/internal/layered_reader.h"
#include "kernel/internal/log_outbox.h"
#include "kernel/internal/reader_pins.h"
#include "kernel/internal/store_metrics.h"
#include "kernel/internal/transaction_state.h"
#include "kernel/internal/worker.h"
#include "kernel/store.h"
#include "kernel/store_parts.h"

namespace varve::internal {

class StoreCore final {
 public:
  StoreCore(StoreParts parts, Store& facade);
  ~StoreCore();
  absl::Status Start();

  // Reading.
  absl::StatusOr<std::unique_ptr<LayeredReader>> AcquireReader();
  absl::StatusOr<std::unique_ptr<LayeredReader>> AcquireReaderAsOf(Lsn lsn);
  void ReleaseReader(std::unique_ptr<LayeredReader> reader);
  absl::StatusOr<std::unique_ptr<TransactionState>> Begin();
  absl::StatusOr<Lsn> WaitVisible(Lsn after, std::chrono::nanoseconds patience);
  // Likewise for what is both visible and durable: no crash takes that back.
  absl::StatusOr<Lsn> WaitSettled(Lsn after, std::chrono::nanoseconds patience);

  // Committing. Logged on return, not durable yet.
  absl::StatusOr<Receipt> Commit(TransactionState& transaction, CommitKind kind);
  // Of what was logged: never says that it is absent.
  absl::Status WaitDurable(Lsn lsn);
  // What a commit owes the store once it holds no lock: starting a checkpoint where one is due.
  void AfterCommit();
  absl::Status Sync();

  // Moving down.
  absl::Status Checkpoint();
  absl::Status Close();

  // What the store itself has counted; what its maintenance and recovery have to add.
  void CollectMetrics(StoreStats& to) const;
  void CollectOtherMetrics(StoreStats& to) const;
  // The clock that durations are measured with, or null.
  [[nodiscard]] Clock* timing() const {
    return parts_.options.timings ? parts_.environment.clock : nullptr;
  }
  [[nodiscard]] StoreMetrics& metrics() { return metrics_; }

  absl::Status CheckReadable() const;
  absl::Status CheckWritable() const;
  absl::Status status() const;
  absl::Status checkpoint_status() const;
  absl::Status maintenance_status() const;
  // This process is a fork of the one that opened the store.
  [[nodiscard]] bool is_of_parent_process() const;
  [[nodiscard]] Lsn visible_lsn() const { return Lsn(visible_.load(std::memory_order_acquire)); }
  [[nodiscard]] Lsn settled_lsn() const { return Lsn(std::min(visible_.load(), durable_.load())); }
  [[nodiscard]] Lsn applied_lsn() const { return Lsn(applied_.load(std::memory_order_acquire)); }
  [[nodiscard]] Lsn durable_lsn() const { return Lsn(durable_.load(std::memory_order_acquire)); }
  [[nodiscard]] const PrimitiveRegistry& registry() const { return parts_.registry; }
  [[nodiscard]] const StoreParts& parts() const { return parts_; }
  [[nodiscard]] table::MaterializedStore& materialized() { return *parts_.materialized; }
  [[nodiscard]] wal::Log& log() { return *log_; }
  [[nodiscard]] std::uint64_t memtable_bytes() const;

 private:
  struct Frozen {
    std::shared_ptr<table::Memtable> memtable;
    Lsn last_lsn;
    Timestamp commit_time;
  };
  struct alignas(64) ReaderShard {
    std::mutex mutex;
    std::vector<std::unique_ptr<LayeredReader>> idle;
  };

  // store_commit.cc
  absl::StatusOr<Receipt> TryCommit(TransactionState& transaction, CommitKind kind);
  void CountFailure(const TransactionState& transaction, const absl::Status& status);
  absl::Status Validate(TransactionState& transaction, Lsn checked, Timestamp commit_time);
  absl::Status Reapply(TransactionState& transaction, Timestamp commit_time);
  absl::StatusOr<Lsn> CheckAhead(TransactionState& transaction);
  absl::Status TryToPublish(TransactionState& transaction, Lsn lsn, Timestamp commit_time);
  void DeliverLogged();
  void Publish(TransactionState& transaction, Lsn lsn, Timestamp commit_time);
  void NotifyPrimitives(TransactionState& transaction, Lsn lsn, Timestamp commit_time);
  void AdvanceVisible();
  void WakeVisibilityWaiters();
  void OnDurable(Lsn lsn);
  double MemoryExcess() const;
  absl::Status Throttle();
  absl::Status AwaitRoom();

  // store_checkpoint.cc
  std::shared_ptr<const LayerSet> layers() const;
  bool CheckpointIsDue() const;
  void RunCheckpointTask();
  void RunMaintenanceTask();
  absl::Status TryCheckpoint();
  bool Freeze(bool also_when_empty);
  absl::Status MaterializeFrozen();
  absl::Status WriteFrozenDown();
  absl::StatusOr<bool> IsMaterialized(Lsn lsn);
  void ForgetOldestNode();
  absl::Status Finish();
  void StopWorkers();
  absl::Status MaintainAtClose();
  absl::Status FinishLog();
  void InstallLayers(std::shared_ptr<const LayerSet> layers);
  void DropIdleReaders();
  void NoteCheckpoint(const absl::Status& status);
  void NoteMaintenance(const absl::Status& status);
  void Poison(const absl::Status& status);

  // store_messages.cc
  std::function<void(LogMessage)> LogTeller();
  void TellTurn(std::string_view component, std::string_view what, const absl::Status& before,
                const absl::Status& now);
  void NoteSlowed(bool slowed);

  absl::StatusOr<Lsn> WaitFor(const std::function<Lsn()>& newest, Lsn after,
                              std::chrono::nanoseconds patience);
  absl::StatusOr<std::unique_ptr<LayeredReader>> OpenReader(std::uint64_t generation);
  ReaderShard& MyShard();

  StoreParts parts_;
  Store& facade_;
  const std::uint32_t fork_generation_;
  bool any_wants_committed_ = false;
  StoreMetrics metrics_;
  LogOutbox outbox_;
  std::atomic<bool> slowed_{false};  // writers wait for memory to be given back

  std::unique_ptr<wal::Log> log_;

  std::mutex commit_mutex_;
  Lsn last_lsn_;                               // under commit_mutex_
  Timestamp last_commit_time_;                 // under commit_mutex_
  table::Memtable* active_ = nullptr;          // under commit_mutex_; owned by layers_
  std::shared_ptr<MemtableNode> newest_node_;  // under commit_mutex_

  std::atomic<std::uint64_t> durable_{0};       // reported by the log
  std::atomic<std::uint64_t> acknowledged_{0};  // newest buffered commit
  std::atomic<std::uint64_t> published_{0};     // newest wholly in the memtable
  std::atomic<std::uint64_t> visible_{0};       // min(max(durable, acknowledged), published)
  std::atomic<std::uint64_t> applied_{0};
  std::atomic<std::uint32_t> visibility_waiters_{0};
  std::mutex visibility_mutex_;
  std::condition_variable visibility_;  // visible_ or durable_ has grown, or the store was closed
  std::atomic<std::uint64_t> newest_time_{0};  // commit time of the newest published transaction

  mutable std::mutex layers_mutex_;
  std::shared_ptr<const LayerSet> layers_;
  // Of the oldest memtable in layers_. Everything before it is materialized, so durable, so
  // visible: whatever a transaction that begins now does not see is in this one or behind it.
  std::shared_ptr<MemtableNode> oldest_node_;
  std::atomic<std::uint64_t> generation_{
      1};            // counts changes of layers_ and of the materialized state
  ReaderPins pins_;  // outlives every reader
  std::array<ReaderShard, 16> shards_;

  std::mutex checkpoint_mutex_;
  std::unique_ptr<Frozen>
      frozen_;  // under checkpoint_mutex_; kept for another try when a checkpoint failed
  std::atomic<std::uint64_t> frozen_bytes_{0};
  std::atomic<std::uint64_t> active_bytes_{0};
  std::mutex room_mutex_;
  std::condition_variable room_;  // memory was given back, or the store failed

  mutable std::mutex status_mutex_;
  absl::Status poison_;
  absl::Status checkpoint_status_;   // of the last checkpoint
  absl::Status maintenance_status_;  // of the last round of Maintenance
  std::atomic<bool> failed_{false};
  std::mutex close_mutex_;            // one Close at a time
  std::mutex maintenance_mutex_;      // one round of maintenance at a time
  std::atomic<bool> closing_{false};  // no checkpoint and no maintenance begins by itself any more
  std::atomic<bool> closed_{false};

  // Stopped by Close, but there as long as the store is: a commit beside Close may wake them.
  std::unique_ptr<Worker> checkpoint_worker_;
  std::unique_ptr<Worker> maintenance_worker_;
};

}  // namespace varve::internal

#endif  // VARVE_KERNEL_INTERNAL_STORE_CORE_H_
