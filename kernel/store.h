// An open store. There is one way to get one: OpenStore, in recovery/open.h.
//
//   varve::Store& store = *opened.store;
//   absl::StatusOr<varve::Receipt> receipt = store.Update([](varve::Transaction& txn) {
//     varve::Kv kv(txn);
//     return kv.Put("greeting", "hello");
//   });
#ifndef VARVE_KERNEL_STORE_H_
#define VARVE_KERNEL_STORE_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "kernel/options.h"
#include "kernel/read_view.h"
#include "kernel/registry.h"
#include "kernel/stats.h"
#include "kernel/transaction.h"

namespace varve {

class ChangeFeed;
struct ChangeFilter;
struct StoreParts;
namespace internal {
class StoreCore;
}  // namespace internal

struct UpdateOptions {
  Durability durability = Durability::kDurable;
  int attempts_max = 64;  // how often the callback may run; conflicts beyond answer kAborted
};

// Where the data is. Bytes.
struct StoreFootprint {
  std::uint64_t log_bytes = 0;
  std::uint64_t snapshot_bytes = 0;
  table::MaterializedFootprint materialized;
  std::uint64_t memtable_bytes = 0;  // memory, not disk
};

// Thread-safe, all of it, Close beside anything too. Destroying it closes it; call Close to learn
// how that went. Every Transaction, ReadView, ChangeFeed and CommitTicket, and every call, must
// have ended before it is destroyed.
//
// After fork(), the child must not use it: every call there answers kFailedPrecondition, Close too,
// and destroying it there does nothing.
class Store final {
 public:
  // For recovery/: starts the log and the background threads on what was recovered.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Store>> Start(StoreParts parts);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // At the newest visible LSN. kFailedPrecondition: closed, read-only or poisoned.
  [[nodiscard]] absl::StatusOr<Transaction> Begin();
  // At the newest visible LSN. kFailedPrecondition: closed.
  [[nodiscard]] absl::StatusOr<ReadView> View();
  // As of an earlier LSN. kOutOfRange: later than visible_lsn(), or before the history that is
  // kept.
  [[nodiscard]] absl::StatusOr<ReadView> AsOf(Lsn lsn);

  // Runs `body` in a transaction and commits it; on a conflict runs it again on fresh data, so
  // `body` must have no other effects. An error of `body` is returned as it is and nothing is
  // committed.
  absl::StatusOr<Receipt> Update(const std::function<absl::Status(Transaction&)>& body,
                                 const UpdateOptions& options = {});
  // Runs `body` on a view.
  absl::Status Read(const std::function<absl::Status(ReadView&)>& body);

  // Makes every earlier commit durable. kUnknown, kFailedPrecondition: as Commit.
  [[nodiscard]] absl::Status Sync();

  // Blocks until something later than `after` is visible, then the newest visible LSN: what tails
  // and watches wait on. At the end of `patience` the newest visible LSN, whatever it is.
  // kFailedPrecondition: the store was closed meanwhile.
  [[nodiscard]] absl::StatusOr<Lsn> WaitVisible(Lsn after, std::chrono::nanoseconds patience);

  // The durable transactions later than `after`, one by one, as the log holds them: see ChangeFeed
  // (kernel/change_feed.h), whose position() is where to go on another time; Lsn() is the
  // beginning. kOutOfRange: the log was trimmed beyond `after`, or does not reach it.
  // kFailedPrecondition: a store in memory, which keeps no log, or a closed one.
  [[nodiscard]] absl::StatusOr<ChangeFeed> Changes(Lsn after);
  [[nodiscard]] absl::StatusOr<ChangeFeed> Changes(Lsn after, ChangeFilter filter);

  // Moves everything committed so far into the materialized store. Runs by itself in the
  // background; call it for a compact moment. kResourceExhausted: disk full; the store goes on.
  [[nodiscard]] absl::Status Checkpoint();

  // Finishes commits, makes everything durable, checkpoints, snapshots where the policy says, marks
  // the store cleanly closed. Later calls answer kFailedPrecondition. The first error, but
  // everything is attempted. A commit beside it is committed, or answers kFailedPrecondition and is
  // absent. Another Close beside it waits for it and answers OK. The directory can be opened again
  // once the store is destroyed.
  absl::Status Close();

  [[nodiscard]] Lsn visible_lsn() const;  // newest that a new view sees
  [[nodiscard]] Lsn durable_lsn() const;  // newest on stable storage
  [[nodiscard]] Lsn applied_lsn() const;  // newest in the materialized store
  // OK, or why the store refuses writes (the error that poisoned it).
  [[nodiscard]] absl::Status status() const;
  // The last error of background checkpoints and snapshots; OK once they succeed again.
  [[nodiscard]] absl::Status maintenance_status() const;

  [[nodiscard]] const PrimitiveRegistry& registry() const;
  // Those in effect: as given, with the defaults of StoreOptions for what was left alone; none is
  // adjusted to another (the log alone rounds the sizes of its segments up to whole pages).
  [[nodiscard]] const StoreOptions& options() const;
  [[nodiscard]] const Uuid& uuid() const;
  [[nodiscard]] const std::string& directory() const;  // empty for a store in memory
  [[nodiscard]] bool read_only() const;
  [[nodiscard]] absl::StatusOr<StoreFootprint> Footprint();
  // What the store has counted and measured since it was opened: docs/metrics.md. Holds nobody up,
  // but asks the file system for sizes: for a scrape every few seconds. Answers after Close too,
  // without the sizes.
  [[nodiscard]] StoreStats Stats();

  // The checkpointed state, pinned, and the log: what snapshots are made from and what they allow
  // to trim.
  [[nodiscard]] absl::StatusOr<std::unique_ptr<table::MaterializedReader>> OpenMaterialized();
  [[nodiscard]] wal::Log& log();

 private:
  Store();
  std::unique_ptr<internal::StoreCore> core_;
};

}  // namespace varve

#endif  // VARVE_KERNEL_STORE_H_
