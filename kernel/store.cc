#include "kernel/store.h"

#include <algorithm>
#include <utility>

#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "kernel/change_feed.h"
#include "kernel/internal/store_core.h"
#include "kernel/metrics.h"
#include "kernel/store_files.h"
#include "kernel/store_parts.h"
#include "kernel/wal/log_follower.h"

namespace varve {

Store::Store() = default;

Store::~Store() {
  // In the child of a fork the threads to wait for, the locks that they may hold and the files are
  // its parent's: there is nothing that could be closed, or destroyed.
  if (core_ != nullptr && core_->is_of_parent_process()) {
    static_cast<void>(core_.release());
    return;
  }
  // Losing the answer is right here: whoever wants it calls Close first, and nothing acknowledged
  // depends on it.
  // Without a core it never came to be: memory ran out.
  if (core_ != nullptr) Close().IgnoreError();
}

absl::StatusOr<std::unique_ptr<Store>> Store::Start(StoreParts parts) {
  std::unique_ptr<Store> store(new Store());
  store->core_ = std::make_unique<internal::StoreCore>(std::move(parts), *store);
  VARVE_RETURN_IF_ERROR(store->core_->Start());
  return store;
}

absl::StatusOr<Transaction> Store::Begin() {
  return CatchOutOfMemory([&]() -> absl::StatusOr<Transaction> {
    VARVE_ASSIGN_OR_RETURN(auto state, core_->Begin());
    return Transaction(std::move(state));
  });
}

absl::StatusOr<ReadView> Store::View() {
  return CatchOutOfMemory([&]() -> absl::StatusOr<ReadView> {
    VARVE_ASSIGN_OR_RETURN(auto reader, core_->AcquireReader());
    return ReadView(*core_, std::move(reader));
  });
}

absl::StatusOr<ReadView> Store::AsOf(Lsn lsn) {
  return CatchOutOfMemory([&]() -> absl::StatusOr<ReadView> {
    VARVE_ASSIGN_OR_RETURN(auto reader, core_->AcquireReaderAsOf(lsn));
    return ReadView(*core_, std::move(reader));
  });
}

absl::StatusOr<Receipt> Store::Update(const std::function<absl::Status(Transaction&)>& body,
                                      const UpdateOptions& options) {
  for (int attempt = 1;; ++attempt) {
    VARVE_ASSIGN_OR_RETURN(Transaction transaction, Begin());
    VARVE_RETURN_IF_ERROR(CatchOutOfMemory([&] { return body(transaction); }));
    absl::StatusOr<Receipt> receipt = transaction.Commit(options.durability);
    if (receipt.ok() || !absl::IsAborted(receipt.status())) return receipt;
    if (attempt >= options.attempts_max) {
      return AddContext(receipt.status(), "gave up after " + std::to_string(attempt) + " attempts");
    }
    // The conflicting commit may be logged but not yet durable, so not yet visible: waiting for it
    // is what makes the next attempt see it.
    VARVE_RETURN_IF_ERROR(Sync());
  }
}

absl::Status Store::Read(const std::function<absl::Status(ReadView&)>& body) {
  VARVE_ASSIGN_OR_RETURN(ReadView view, View());
  return CatchOutOfMemory([&] { return body(view); });
}

absl::Status Store::Sync() {
  return CatchOutOfMemory([&] { return core_->Sync(); });
}
absl::StatusOr<Lsn> Store::WaitVisible(Lsn after, std::chrono::nanoseconds patience) {
  return core_->WaitVisible(after, patience);
}

absl::StatusOr<ChangeFeed> Store::Changes(Lsn after) { return Changes(after, {}); }

absl::StatusOr<ChangeFeed> Store::Changes(Lsn after, ChangeFilter filter) {
  VARVE_RETURN_IF_ERROR(core_->CheckReadable());
  if (directory().empty()) {
    return FailedPrecondition("a store in memory keeps no log, so its changes cannot be followed");
  }
  if (after > visible_lsn()) {
    return MakeStatus(absl::StatusCode::kOutOfRange, "LSN ", after,
                      " is in the future: the newest visible one is ", visible_lsn(),
                      ". Is the token of another store?");
  }
  // What is visible as buffered may not be in the files yet: the feed passes over it later.
  const Lsn from = std::min(after, core_->settled_lsn());
  VARVE_ASSIGN_OR_RETURN(
      auto log, wal::LogFollower::Open(*core_->parts().environment.files,
                                       StoreFiles(directory()).log_folder(), uuid(), from));
  return ChangeFeed(*core_, std::move(log), after, std::move(filter));
}

absl::Status Store::Checkpoint() {
  return CatchOutOfMemory([&] { return core_->Checkpoint(); }, "the log has everything; try again");
}
absl::Status Store::Close() { return core_->Close(); }

Lsn Store::visible_lsn() const { return core_->visible_lsn(); }
Lsn Store::durable_lsn() const { return core_->durable_lsn(); }
Lsn Store::applied_lsn() const { return core_->applied_lsn(); }
absl::Status Store::status() const { return core_->status(); }
absl::Status Store::maintenance_status() const { return core_->maintenance_status(); }

const PrimitiveRegistry& Store::registry() const { return core_->registry(); }
const StoreOptions& Store::options() const { return core_->parts().options; }
const Uuid& Store::uuid() const { return core_->parts().uuid; }
const std::string& Store::directory() const { return core_->parts().directory; }
bool Store::read_only() const { return core_->parts().read_only; }

absl::StatusOr<StoreFootprint> Store::Footprint() {
  VARVE_RETURN_IF_ERROR(core_->CheckReadable());
  StoreFootprint footprint;
  footprint.memtable_bytes = core_->memtable_bytes();
  VARVE_ASSIGN_OR_RETURN(footprint.materialized, core_->materialized().Footprint());
  if (directory().empty()) return footprint;
  FileSystem& files = *core_->parts().environment.files;
  const StoreFiles names(directory());
  const auto folder_bytes = [&](const std::string& folder) -> absl::StatusOr<std::uint64_t> {
    VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> entries, files.List(folder));
    std::uint64_t bytes = 0;
    for (const std::string& file : entries) {
      const absl::StatusOr<FileInfo> info = files.Stat(JoinPath(folder, file));
      if (info.ok()) bytes += info->allocated_bytes;  // else: trimmed meanwhile
    }
    return bytes;
  };
  VARVE_ASSIGN_OR_RETURN(footprint.log_bytes, folder_bytes(names.log_folder()));
  VARVE_ASSIGN_OR_RETURN(footprint.snapshot_bytes, folder_bytes(names.snapshot_folder()));
  return footprint;
}

StoreStats Store::Stats() {
  StoreStats stats;
  if (core_->is_of_parent_process()) return stats;
  core_->CollectMetrics(stats);
  if (const absl::StatusOr<StoreFootprint> footprint = Footprint(); footprint.ok()) {
    stats.Add(metric::kFilesLog, footprint->log_bytes);
    stats.Add(metric::kFilesSnapshots, footprint->snapshot_bytes);
    stats.Add(metric::kFilesState, footprint->materialized.file_bytes);
    stats.Add(metric::kStateLive, footprint->materialized.live_bytes);
    stats.Add(metric::kStateFree, footprint->materialized.free_bytes);
    stats.Add(metric::kStateRows, footprint->materialized.rows);
  }
  core_->CollectOtherMetrics(stats);
  return stats;
}

absl::StatusOr<std::unique_ptr<table::MaterializedReader>> Store::OpenMaterialized() {
  return CatchOutOfMemory([&] { return core_->materialized().OpenReader(); });
}

wal::Log& Store::log() { return core_->log(); }

}  // namespace varve
