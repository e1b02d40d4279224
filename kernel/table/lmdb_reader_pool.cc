#include "kernel/table/lmdb_reader_pool.h"

#include <cerrno>
#include <optional>

#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "kernel/table/guard_lazy.h"
#include "kernel/table/lmdb_path.h"

namespace varve::table {

std::size_t LmdbReaderPool::SlotOfThread() {
  static std::atomic<std::size_t> next_thread{0};
  thread_local const std::size_t slot =
      next_thread.fetch_add(1, std::memory_order_relaxed) % kSlots;
  return slot;
}

LmdbReaderPool::~LmdbReaderPool() {
  for (Slot& slot : slots_) {
    if (PooledReader* reader = slot.reader.exchange(nullptr)) Drop(reader);
  }
  for (PooledReader* reader : idle_) Drop(reader);
}

void LmdbReaderPool::Drop(PooledReader* reader) {
  const std::unique_ptr<PooledReader> owned(reader);
  if (reader->view.transaction != nullptr) mdb_txn_abort(reader->view.transaction);
}

PooledReader* LmdbReaderPool::TakeIdle() {
  Slot& slot = slots_[SlotOfThread()];
  if (PooledReader* reader = slot.reader.exchange(nullptr, std::memory_order_acquire)) {
    return reader;
  }
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return nullptr;
  PooledReader* reader = idle_.back();
  idle_.pop_back();
  return reader;
}

absl::StatusOr<PooledReader*> LmdbReaderPool::Take() {
  // A map that may grow is guarded by the count of readers that are out. (In the common case the
  // map is as large as it will ever be, and nothing is counted.)
  std::unique_lock<std::mutex> counting;
  if (environment_.growable()) {
    counting = std::unique_lock(mutex_);
    ++out_;
    counting.unlock();
  }
  PooledReader* reader = TakeIdle();
  absl::Status status;
  try {
    if (reader == nullptr) reader = new PooledReader;
    status = Renew(*reader);
  } catch (const std::bad_alloc&) {
    status = OutOfMemory(absl::StatusCode::kResourceExhausted, "no reader was opened");
  }
  if (status.ok()) return reader;
  if (reader == nullptr) {
    CountReturn();
    return status;
  }
  reader->view.asserted = true;  // not to be used again
  Return(reader);
  return status;
}

int LmdbReaderPool::BeginTransaction(PooledReader& reader) {
  LmdbView& view = reader.view;
  int code = view.transaction == nullptr
                 ? mdb_txn_begin(environment_.get(), nullptr, MDB_RDONLY, &view.transaction)
                 : mdb_txn_renew(view.transaction);
  // Ends: id + 1 is committed, so the next one begins as that or a later one.
  while (code == 0) {
    const std::size_t id = mdb_txn_id(view.transaction);
    if (id != reader.id) FindRoot(view, id);
    if (!environment_.RootMayBeNewerThan(id)) break;
    mdb_txn_reset(view.transaction);
    code = mdb_txn_renew(view.transaction);
  }
  return code;
}

void LmdbReaderPool::FindRoot(LmdbView& view, std::size_t id) {
  view.pages = environment_.map_address();
  view.page_bytes = environment_.page_bytes();
  view.root = kLmdbNoPage;
  view.depth = 0;
  if (view.pages == nullptr) return;
  const LmdbMeta meta =
      ParseLmdbMeta({view.pages + id % kLmdbMetaPages * view.page_bytes, kLmdbMetaBytes});
  if (meta.transaction != id || meta.rows.depth >= kLmdbDepthMax) return;
  view.root = meta.rows.root;
  view.depth = meta.rows.root == kLmdbNoPage ? 0 : meta.rows.depth;
}

absl::Status LmdbReaderPool::Renew(PooledReader& reader) {
  LmdbView& view = reader.view;
  view.environment = &environment_;
  const int code = BeginTransaction(reader);
  if (code == MDB_READERS_FULL) {
    return ResourceExhausted(environment_.path(), ": ", kLmdbReadersMax,
                             " readers are open, the limit. Close some of them");
  }
  if (code == ENOMEM) return environment_.NoMemoryFor("beginning to read");
  if (code != 0) {
    return MakeStatus(absl::StatusCode::kUnknown, environment_.path(),
                      ": cannot start reading: ", DescribeLmdbCode(code), ". Reopen the store");
  }
  view.guard = guard_ == nullptr || guard_->trusted() ? nullptr : guard_;
  const std::size_t id = mdb_txn_id(view.transaction);
  if (id == reader.id) return absl::OkStatus();
  view.pages_bytes = environment_.used_bytes();
  VARVE_RETURN_IF_ERROR(ReadMark(reader));
  reader.id = id;
  return absl::OkStatus();
}

absl::Status LmdbReaderPool::ReadMark(PooledReader& reader) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<std::string_view> content,
                         ReadLmdbEntry(reader.view, kMarkKey));
  if (!content.has_value()) return environment_.Damaged("it has no mark");
  const std::optional<StoredMark> mark = ParseMark(*content);
  if (!mark.has_value()) return environment_.Damaged("its mark is of another layout");
  if (mark->loading) {
    return MakeStatus(absl::StatusCode::kDataLoss, environment_.path(),
                      ": a load was begun and not finished. Rebuild the file");
  }
  reader.mark = *mark;
  return absl::OkStatus();
}

void LmdbReaderPool::Return(PooledReader* reader) {
  const bool counted = environment_.growable();
  if (counted) reader->id = ~std::size_t{0};  // the map may lie elsewhere the next time
  reader->view.kept.clear();
  if (reader->view.asserted) {
    Drop(reader);
    reader = nullptr;
  } else {
    mdb_txn_reset(reader->view.transaction);
    PooledReader* empty = nullptr;
    Slot& slot = slots_[SlotOfThread()];
    if (slot.reader.compare_exchange_strong(empty, reader, std::memory_order_release,
                                            std::memory_order_relaxed)) {
      reader = nullptr;
    }
  }
  if (reader != nullptr) KeepIdle(reader);
  CountReturn();
}

// Called by destructors: without memory for the list the reader ends.
void LmdbReaderPool::KeepIdle(PooledReader* reader) {
  const std::lock_guard lock(mutex_);
  try {
    idle_.push_back(reader);
  } catch (const std::bad_alloc&) {
    Drop(reader);
  }
}

void LmdbReaderPool::CountReturn() {
  if (!environment_.growable()) return;
  const std::lock_guard lock(mutex_);
  --out_;
}

absl::StatusOr<bool> LmdbReaderPool::GrowIfIdle() {
  const std::lock_guard lock(mutex_);
  if (out_ > 0) return false;
  VARVE_RETURN_IF_ERROR(environment_.Grow());
  return true;
}

}  // namespace varve::table
