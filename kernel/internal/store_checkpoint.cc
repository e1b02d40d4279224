// Moving memtables down, and the end of a store.
#include <utility>

#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "kernel/internal/store_core.h"
#include "kernel/io/fork.h"
#include "kernel/io/stopwatch.h"
#include "kernel/io/tracer.h"

namespace varve::internal {

StoreCore::StoreCore(StoreParts parts, Store& facade)
    : parts_(std::move(parts)),
      facade_(facade),
      fork_generation_(ForkGeneration()),
      outbox_(parts_.environment.log_sink),
      last_lsn_(parts_.last_lsn),
      last_commit_time_(parts_.last_commit_time) {
  parts_.registry.Seal();
  for (const auto& primitive : parts_.registry.primitives()) {
    any_wants_committed_ = any_wants_committed_ || primitive->spec().wants_committed;
  }
  auto layers = std::make_shared<LayerSet>();
  layers->memtables.push_back(parts_.memtable);
  active_ = parts_.memtable.get();
  active_bytes_ = active_->bytes();
  newest_node_ = std::make_shared<MemtableNode>(std::move(parts_.memtable));
  oldest_node_ = newest_node_;
  layers_ = std::move(layers);
  published_ = last_lsn_.value();
  durable_ = last_lsn_.value();
  visible_ = last_lsn_.value();
  newest_time_ = last_commit_time_.micros();
}

StoreCore::~StoreCore() { StopWorkers(); }

absl::Status StoreCore::Start() {
  VARVE_ASSIGN_OR_RETURN(auto reader, parts_.materialized->OpenReader());
  applied_ = reader->mark().applied.value();
  reader.reset();
  if (parts_.read_only) return absl::OkStatus();
  if (parts_.options.background_threads) outbox_.StartThread();
  VARVE_ASSIGN_OR_RETURN(log_, parts_.start_log({.on_durable = [this](Lsn lsn) { OnDurable(lsn); },
                                                 .timing = timing(),
                                                 .tell = LogTeller()}));
  if (!parts_.options.background_threads) return absl::OkStatus();
  checkpoint_worker_ =
      std::make_unique<Worker>([this] { RunCheckpointTask(); }, parts_.options.checkpoint_interval);
  if (parts_.maintenance != nullptr) {
    maintenance_worker_ =
        std::make_unique<Worker>([this] { RunMaintenanceTask(); }, std::chrono::milliseconds(0));
  }
  if (CheckpointIsDue()) checkpoint_worker_->Wake();
  return absl::OkStatus();
}

bool StoreCore::CheckpointIsDue() const {
  return active_bytes_.load(std::memory_order_relaxed) >= parts_.options.memtable_bytes;
}

std::uint64_t StoreCore::memtable_bytes() const {
  return active_bytes_.load() + frozen_bytes_.load();
}

void StoreCore::RunCheckpointTask() {
  const absl::Status status = CatchOutOfMemory([&] { return Checkpoint(); });
  if (absl::IsResourceExhausted(status)) {  // where memory ran out, nobody else has noted it
    const auto note = [&] {
      NoteCheckpoint(status);
      return absl::OkStatus();
    };
    CatchOutOfMemory(note).IgnoreError();  // a thread of our own: there is nobody to tell
  }
  if (!status.ok() || parts_.maintenance == nullptr) return;
  if (maintenance_worker_ != nullptr) {
    maintenance_worker_->Wake();
  } else {
    RunMaintenanceTask();
  }
}

void StoreCore::RunMaintenanceTask() {
  const std::unique_lock round(maintenance_mutex_, std::try_to_lock);
  if (!round.owns_lock() || closing_.load()) return;
  const absl::Status status =
      CatchOutOfMemory([&] { return parts_.maintenance->AfterCheckpoint(facade_); });
  const auto tell = [&] {
    NoteMaintenance(status);
    outbox_.Deliver();
    return absl::OkStatus();
  };
  CatchOutOfMemory(tell).IgnoreError();  // a thread of our own: there is nobody to tell
}

absl::Status StoreCore::Checkpoint() {
  absl::Status status = TryCheckpoint();
  outbox_.Deliver();
  return status;
}

absl::Status StoreCore::TryCheckpoint() {
  const std::lock_guard serial(checkpoint_mutex_);
  VARVE_RETURN_IF_ERROR(CheckWritable());
  absl::Status status = frozen_ != nullptr ? MaterializeFrozen() : absl::OkStatus();
  if (status.ok() && Freeze(/*also_when_empty=*/false)) status = MaterializeFrozen();
  NoteCheckpoint(status);
  return status;
}

// Sets a new memtable on top. False, with nothing changed, where the active one is empty.
bool StoreCore::Freeze(bool also_when_empty) {
  auto fresh = std::make_shared<table::Memtable>(parts_.options.memtable_bytes);
  auto node = std::make_shared<MemtableNode>(fresh);
  const std::lock_guard lock(commit_mutex_);
  if (active_->empty() && !also_when_empty) return false;
  auto next = std::make_shared<LayerSet>(*layers());
  next->memtables.insert(next->memtables.begin(), fresh);
  // The last of what may run out of memory: what follows happens as a whole.
  frozen_ = std::make_unique<Frozen>(Frozen{next->memtables[1], last_lsn_, last_commit_time_});
  active_ = fresh.get();
  frozen_bytes_ = frozen_->memtable->bytes();
  active_bytes_ = active_->bytes();
  newest_node_->next = std::move(node);
  newest_node_ = newest_node_->next;
  InstallLayers(std::move(next));
  return true;
}

void StoreCore::InstallLayers(std::shared_ptr<const LayerSet> layers) {
  {
    const std::lock_guard lock(layers_mutex_);
    layers_ = std::move(layers);
  }
  generation_.fetch_add(1);
  DropIdleReaders();
}

absl::Status StoreCore::MaterializeFrozen() {
  TracedSpan span(parts_.environment.tracer, "varve.checkpoint");
  span.Set("lsn", frozen_->last_lsn.value());
  span.Set("bytes", frozen_->memtable->bytes());
  absl::Status status = WriteFrozenDown();
  span.Note(status);
  return status;
}

absl::Status StoreCore::WriteFrozenDown() {
  if (log_->durable_lsn() < frozen_->last_lsn) {  // (I3), and through OnDurable (I2)
    VARVE_RETURN_IF_ERROR(log_->WaitDurable(frozen_->last_lsn));
  }
  // Taken before anything is written, and used once that has succeeded.
  auto next = std::make_shared<LayerSet>(*layers());
  next->memtables.pop_back();
  const auto rows = frozen_->memtable->NewVersionStream();
  const table::AppliedMark mark{parts_.uuid, frozen_->last_lsn, frozen_->commit_time, Lsn()};
  VARVE_ASSIGN_OR_RETURN(const bool written, IsMaterialized(mark.applied));
  const Stopwatch stopwatch(timing());
  absl::Status status = written ? absl::OkStatus() : parts_.materialized->Checkpoint(*rows, mark);
  if (!status.ok()) {
    metrics_.checkpoint_failures.Add();
    if (!absl::IsResourceExhausted(status)) Poison(status);
    return AddContext(status, "checkpoint");
  }
  stopwatch.Record(metrics_.checkpoint_nanos);
  metrics_.checkpoints.Add();
  metrics_.checkpoint_rows.Add(rows->key_count());
  metrics_.checkpoint_bytes.Add(frozen_->memtable->bytes());
  ForgetOldestNode();
  applied_ = frozen_->last_lsn.value();
  InstallLayers(std::move(next));
  frozen_.reset();
  frozen_bytes_ = 0;
  if (MemoryExcess() <= 0.0) NoteSlowed(false);
  const std::lock_guard lock(room_mutex_);
  room_.notify_all();
  return absl::OkStatus();
}

// An earlier attempt may have written all of it and run out of memory only then.
absl::StatusOr<bool> StoreCore::IsMaterialized(Lsn lsn) {
  if (lsn <= applied_lsn()) return false;  // what was carried is replayed at the base's own LSN
  VARVE_ASSIGN_OR_RETURN(const auto reader, parts_.materialized->OpenReader());
  return reader->mark().applied >= lsn;
}

void StoreCore::ForgetOldestNode() {
  const std::lock_guard commit_lock(commit_mutex_);  // `next` is set under it
  const std::lock_guard layers_lock(layers_mutex_);
  oldest_node_ = oldest_node_->next;
}

absl::Status StoreCore::Close() {
  if (is_of_parent_process()) return CheckReadable();  // nor is the lock to be had there
  const std::lock_guard one_at_a_time(close_mutex_);
  if (closed_.load()) return absl::OkStatus();
  absl::Status status;
  {
    TracedSpan span(parts_.environment.tracer, "varve.close");
    status = Finish();
    span.Note(status);
  }
  outbox_.DeliverAll();
  return status;
}

absl::Status StoreCore::Finish() {
  closing_ = true;
  StopWorkers();
  absl::Status status;
  if (log_ != nullptr) {  // else read-only, or its start failed: there is nothing to finish
    status = CatchOutOfMemory(
        [&]() -> absl::Status {
          VARVE_RETURN_IF_ERROR(FinishLog());
          return MaintainAtClose();
        },
        "the log has everything; the next open finishes what this close did not");
  }
  closed_ = true;
  WakeVisibilityWaiters();
  DropIdleReaders();
  return status;
}

// The one that checkpoints first: it wakes the other.
void StoreCore::StopWorkers() {
  if (checkpoint_worker_ != nullptr) checkpoint_worker_->Stop();
  if (maintenance_worker_ != nullptr) maintenance_worker_->Stop();
}

absl::Status StoreCore::MaintainAtClose() {
  if (parts_.maintenance == nullptr) return absl::OkStatus();
  const std::lock_guard round(maintenance_mutex_);
  return parts_.maintenance->AtClose(facade_);
}

// The log is closed before the last checkpoint, so that the mark in the materialized store and the
// end of the log say the same, which is what lets the next open read no log.
absl::Status StoreCore::FinishLog() {
  const std::lock_guard serial(checkpoint_mutex_);
  absl::Status status = this->status();
  if (status.ok() && frozen_ != nullptr) status = MaterializeFrozen();
  const absl::Status closed = log_->Close();
  VARVE_RETURN_IF_ERROR(status);
  VARVE_RETURN_IF_ERROR(closed);
  {
    const std::lock_guard lock(commit_mutex_);
    last_lsn_ = log_->last_lsn();
    published_ = last_lsn_.value();
    OnDurable(last_lsn_);
  }
  if (log_->last_lsn() == applied_lsn()) return absl::OkStatus();
  // The next open replays so little faster than this close could check the file to be written.
  constexpr std::uint64_t kLeftInLogBytesMax = std::uint64_t{1} << 20;
  if (active_bytes_ <= kLeftInLogBytesMax && parts_.materialized->write_is_dear()) {
    return absl::OkStatus();
  }
  Freeze(/*also_when_empty=*/true);
  return MaterializeFrozen();
}

bool StoreCore::is_of_parent_process() const { return fork_generation_ != ForkGeneration(); }

absl::Status StoreCore::CheckReadable() const {
  if (closed_.load(std::memory_order_relaxed)) return FailedPrecondition("the store is closed");
  if (is_of_parent_process()) {
    return FailedPrecondition("the store was opened before fork(): open it in the child instead");
  }
  return absl::OkStatus();
}

absl::Status StoreCore::CheckWritable() const {
  VARVE_RETURN_IF_ERROR(CheckReadable());
  if (parts_.read_only) return FailedPrecondition("the store is open read-only");
  if (failed_.load(std::memory_order_relaxed) || !log_->status().ok()) {
    return FailedPrecondition("the store refuses writes since an earlier failure: ",
                              FromAbsl(status().message()), ": close it and open it again");
  }
  return absl::OkStatus();
}

absl::Status StoreCore::status() const {
  if (log_ != nullptr) VARVE_RETURN_IF_ERROR(log_->status());
  const std::lock_guard lock(status_mutex_);
  return poison_;
}

absl::Status StoreCore::checkpoint_status() const {
  const std::lock_guard lock(status_mutex_);
  return checkpoint_status_;
}

absl::Status StoreCore::maintenance_status() const {
  const std::lock_guard lock(status_mutex_);
  return checkpoint_status_.ok() ? maintenance_status_ : checkpoint_status_;
}

void StoreCore::NoteCheckpoint(const absl::Status& status) {
  absl::Status before = status;
  {
    const std::lock_guard lock(status_mutex_);
    std::swap(before, checkpoint_status_);
  }
  TellTurn("checkpoint", "checkpoints", before, status);
}

void StoreCore::NoteMaintenance(const absl::Status& status) {
  absl::Status before = status;
  {
    const std::lock_guard lock(status_mutex_);
    std::swap(before, maintenance_status_);
  }
  TellTurn("snapshot", "snapshots in the background", before, status);
}

void StoreCore::Poison(const absl::Status& status) {
  bool first = false;
  {
    const std::lock_guard lock(status_mutex_);
    first = poison_.ok();
    if (first) poison_ = status;
  }
  failed_ = true;
  if (!first) return;
  const auto tell = [&] {
    outbox_.Post({LogLevel::kError,
                  "store",
                  "the store refuses writes until it is opened again",
                  {{"error", std::string(FromAbsl(status.message()))}}});
    return absl::OkStatus();
  };
  CatchOutOfMemory(tell).IgnoreError();  // poisoned it is without memory for the words, too
}

}  // namespace varve::internal
