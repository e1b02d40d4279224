// Views: which layers a reader gets, and the pool that makes getting them cheap.
#include <new>
#include <thread>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/internal/store_core.h"

namespace varve::internal {

StoreCore::ReaderShard& StoreCore::MyShard() {
  static std::atomic<std::size_t> next_thread{0};
  thread_local const std::size_t mine = next_thread.fetch_add(1, std::memory_order_relaxed);
  return shards_[mine % shards_.size()];
}

std::shared_ptr<const LayerSet> StoreCore::layers() const {
  const std::lock_guard lock(layers_mutex_);
  return layers_;
}

absl::StatusOr<std::unique_ptr<LayeredReader>> StoreCore::OpenReader(std::uint64_t generation) {
  std::shared_ptr<const LayerSet> current = layers();
  VARVE_ASSIGN_OR_RETURN(auto materialized, parts_.materialized->OpenReader());
  return std::make_unique<LayeredReader>(std::move(current), std::move(materialized), generation);
}

// A reader is right for any LSN that became visible before its generation ended: its memtables hold
// everything up to then that its materialized state lacks, and that state is not ahead (I2). So:
// take the reader, then the LSN, then see that the generation still stands.
absl::StatusOr<std::unique_ptr<LayeredReader>> StoreCore::AcquireReader() {
  VARVE_RETURN_IF_ERROR(CheckReadable());
  std::unique_ptr<LayeredReader> reader;
  {
    ReaderShard& shard = MyShard();
    const std::lock_guard lock(shard.mutex);
    if (!shard.idle.empty()) {
      reader = std::move(shard.idle.back());
      shard.idle.pop_back();
    }
  }
  const std::uint64_t clock_now = parts_.environment.clock->Now().micros();
  while (true) {
    const std::uint64_t generation = generation_.load();
    if (reader == nullptr || reader->generation() != generation) {
      VARVE_ASSIGN_OR_RETURN(reader, OpenReader(generation));
      reader->Enter(pins_);
    }
    const std::uint64_t newest_time = newest_time_.load(std::memory_order_relaxed);
    reader->Reset(visible_lsn(), Timestamp(std::max(clock_now, newest_time)));
    if (generation_.load() == generation) {
      reader->Use(clock_now);
      return reader;
    }
  }
}

absl::StatusOr<std::unique_ptr<LayeredReader>> StoreCore::AcquireReaderAsOf(Lsn lsn) {
  VARVE_ASSIGN_OR_RETURN(auto reader, AcquireReader());
  absl::Status status;
  if (lsn > reader->at()) {
    status = MakeStatus(absl::StatusCode::kOutOfRange, "LSN ", lsn,
                        " is in the future: the newest visible one is ", reader->at());
  } else if (lsn < reader->mark().applied && lsn < reader->mark().history_from) {
    status = MakeStatus(absl::StatusCode::kOutOfRange, "LSN ", lsn,
                        " is before the history that is kept, which begins at LSN ",
                        reader->mark().history_from,
                        ": keep more with StoreOptions::history, or restore a snapshot");
  }
  if (!status.ok()) {
    ReleaseReader(std::move(reader));
    return status;
  }
  reader->Reset(lsn, Timestamp());
  return reader;
}

void StoreCore::ReleaseReader(std::unique_ptr<LayeredReader> reader) {
  if (reader == nullptr) return;
  reader->Idle();
  ReaderShard& shard = MyShard();
  const std::lock_guard lock(shard.mutex);
  // Looked at under the shard's lock: DropIdleReaders takes it after it has ended the generation,
  // so no reader of an ended one stays in a pool.
  if (reader->generation() != generation_.load() || closed_.load()) return;
  // Called by destructors: without memory for the list the reader simply ends.
  if (shard.idle.size() == shard.idle.capacity()) {
    try {
      shard.idle.reserve(2 * shard.idle.size() + 1);
    } catch (const std::bad_alloc&) {
      return;
    }
  }
  shard.idle.push_back(std::move(reader));
}

void StoreCore::DropIdleReaders() {
  for (ReaderShard& shard : shards_) {
    std::vector<std::unique_ptr<LayeredReader>> dropped;
    const std::lock_guard lock(shard.mutex);
    dropped.swap(shard.idle);
  }
}

absl::StatusOr<std::unique_ptr<TransactionState>> StoreCore::Begin() {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  // The window first: a node taken before the LSN is not too new for it.
  std::shared_ptr<MemtableNode> window;
  {
    const std::lock_guard lock(layers_mutex_);
    window = oldest_node_;
  }
  VARVE_ASSIGN_OR_RETURN(auto reader, AcquireReader());
  return std::make_unique<TransactionState>(*this, std::move(reader), std::move(window));
}

absl::StatusOr<Lsn> StoreCore::WaitVisible(Lsn after, std::chrono::nanoseconds patience) {
  return WaitFor([this] { return Lsn(visible_.load()); }, after, patience);
}

absl::StatusOr<Lsn> StoreCore::WaitSettled(Lsn after, std::chrono::nanoseconds patience) {
  return WaitFor([this] { return settled_lsn(); }, after, patience);
}

absl::StatusOr<Lsn> StoreCore::WaitFor(const std::function<Lsn()>& newest, Lsn after,
                                       std::chrono::nanoseconds patience) {
  VARVE_RETURN_IF_ERROR(CheckReadable());
  if (const Lsn now = newest(); now > after) return now;
  visibility_waiters_.fetch_add(1);
  {
    std::unique_lock lock(visibility_mutex_);
    visibility_.wait_for(lock, patience, [&] { return newest() > after || closed_.load(); });
  }
  visibility_waiters_.fetch_sub(1);
  VARVE_RETURN_IF_ERROR(CheckReadable());
  return newest();
}

}  // namespace varve::internal
