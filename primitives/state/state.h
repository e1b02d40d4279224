// State: cells, each a value with a version that counts its writes. For what is agreed upon: a
// phase, a plan, a counter, who leads.
//
//   store.Update([](varve::Transaction& txn) -> absl::Status {
//     varve::Cells cells(txn);
//     VARVE_RETURN_IF_ERROR(cells.Init("phase", "planning").status());
//     return cells.Transition("phase", [](std::string_view value) -> absl::StatusOr<std::string> {
//       return value == "planning" ? "acting" : std::string(value);
//     }).status();                                     // run again where another writer came first
//   });
//
//   std::optional<varve::Cell> phase = *varve::Cells(view).Get("phase");
//   cells.CompareAndSet("phase", phase->version, "done");
//
//   // Wait until the cell is another one than the one seen:
//   auto change = varve::Cells::Watch(store, "phase", seen_lsn,
//                                     {.patience = std::chrono::seconds(5)});
//
// Leases, for one writer at a time among many, are in primitives/state/lease.h.
//
// A name is 1 to 1024 bytes, a value up to 16 MiB, any bytes in both. Past a limit the answer is
// kResourceExhausted and nothing is written; an empty name is kInvalidArgument.
//
// A version is 1 at first and one more with each write. A cell that is deleted and made again
// starts at 1 again; Cell::lsn tells the two apart.
//
// Every read can also answer kDataLoss: a stored row failed its checksum.
#ifndef VARVE_PRIMITIVES_STATE_STATE_H_
#define VARVE_PRIMITIVES_STATE_STATE_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "kernel/reader.h"
#include "kernel/transaction.h"

namespace varve {

class Store;

// One cell as read. Borrows from the reader that it was read from (a view, a transaction): valid
// until that ends.
struct Cell {
  std::string_view name{};  // from Cells::Get: the argument itself
  std::string_view value{};
  std::uint64_t version = 0;
  Lsn lsn{};  // of the transaction that wrote it; Lsn() for this transaction's own write
  Timestamp commit_time{};
};

// A cell that outlives its reader.
struct CellCopy {
  std::string value{};
  std::uint64_t version = 0;
  Lsn lsn{};
  Timestamp commit_time{};
};

// One version of a cell, of those that the store still keeps. Borrows from the reader.
struct CellVersion {
  bool deleted = false;  // then `value` is empty and `version` 0
  std::string_view value{};
  std::uint64_t version = 0;
  Lsn lsn{};
  Timestamp commit_time{};
};

struct CellListOptions {
  std::string_view prefix{};
  std::string_view after{};    // only names behind this one: the last of the page before
  std::uint64_t limit = 1000;  // at least 1
};

struct CellHistoryOptions {
  std::uint64_t limit = 100;  // at least 1
  Lsn before = kLsnMax;       // only versions older than this: the last one of the page before
};

struct CellWatchOptions {
  std::chrono::nanoseconds patience = std::chrono::seconds(10);  // zero: do not wait
  RunId run{};
};

struct CellChange {
  bool changed = false;            // false: patience ended first
  std::optional<CellCopy> cell{};  // as it is now; nullopt: there is none
};

// The cells of one run. A thin, copyable handle; the transaction or reader must outlive it and
// everything it returns. One thread at a time, as its reader.
class Cells final {
 public:
  // Reads and writes. `run`: whose cells; nil is the default run.
  explicit Cells(Transaction& transaction, const RunId& run = {});
  // Reads. Every writing call answers kFailedPrecondition.
  explicit Cells(Reader& reader, const RunId& run = {});

  // nullopt: there is no such cell.
  [[nodiscard]] absl::StatusOr<std::optional<Cell>> Get(std::string_view name) const;
  // In the order of their names.
  [[nodiscard]] absl::StatusOr<std::vector<Cell>> List(const CellListOptions& options = {}) const;
  // The versions that are kept (StoreOptions::history), newest first.
  [[nodiscard]] absl::StatusOr<std::vector<CellVersion>> History(
      std::string_view name, const CellHistoryOptions& options = {}) const;

  // Makes the cell, at version 1. False, and nothing written, where there is one.
  [[nodiscard]] absl::StatusOr<bool> Init(std::string_view name, std::string_view value);
  // Sets the value whatever is there, making the cell where there is none; never conflicts. The
  // version that it has in this transaction: others may set it too before the commit, and this
  // write then comes behind theirs.
  [[nodiscard]] absl::StatusOr<std::uint64_t> Set(std::string_view name, std::string_view value);
  // OK also where there is no such cell; never conflicts.
  [[nodiscard]] absl::Status Delete(std::string_view name);

  // Only where the cell has the version `expected`; it then has the next. True where written.
  [[nodiscard]] absl::StatusOr<bool> CompareAndSet(std::string_view name, std::uint64_t expected,
                                                   std::string_view value);
  [[nodiscard]] absl::StatusOr<bool> CompareAndDelete(std::string_view name,
                                                      std::uint64_t expected);
  // Gives the cell the value that `next` makes of the one it has; the new version, or nullopt where
  // there is no such cell. `next` must have no other effects: Store::Update runs it again on a
  // conflict. An error of `next` is returned as it is, and nothing is written.
  [[nodiscard]] absl::StatusOr<std::optional<std::uint64_t>> Transition(
      std::string_view name,
      absl::FunctionRef<absl::StatusOr<std::string>(std::string_view value)> next);
  // Only while the lease (lease.h) of the same run is held under `token`: what a holder that was
  // too slow writes is refused. True where written.
  [[nodiscard]] absl::StatusOr<bool> SetWithLease(std::string_view name, std::string_view value,
                                                  std::string_view lease, std::uint64_t token);

  // Blocks until the cell is another one than that of `seen` (Cell::lsn; Lsn(): there was none), or
  // patience ends. Woken by commits. Changes that follow fast on one another show as one. Call it
  // without an open transaction or view of one's own.
  // kFailedPrecondition: the store was closed meanwhile.
  [[nodiscard]] static absl::StatusOr<CellChange> Watch(Store& store, std::string_view name,
                                                        Lsn seen,
                                                        const CellWatchOptions& options = {});

 private:
  [[nodiscard]] absl::Status CheckWrite(std::string_view name, std::string_view value) const;
  [[nodiscard]] absl::Status WriteTransition(std::uint64_t from, std::string_view name,
                                             std::string_view value);

  Reader* reader_;
  Transaction* transaction_;  // null: read-only
  RunId run_;
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_STATE_STATE_H_
