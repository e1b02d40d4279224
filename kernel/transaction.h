// One atomic change of a store, through any number of primitives.
#ifndef VARVE_KERNEL_TRANSACTION_H_
#define VARVE_KERNEL_TRANSACTION_H_

#include <chrono>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "kernel/entry.h"
#include "kernel/options.h"
#include "kernel/reader.h"

namespace varve {

namespace internal {
class StoreCore;
class TransactionState;
}  // namespace internal

// The proof of a commit.
struct Receipt {
  Lsn lsn;                // Lsn() where the transaction wrote nothing
  Timestamp commit_time;  // as it stands in the log
};

// A commit on its way to the disk. Copyable; any thread. Must not outlive the store.
class CommitTicket final {
 public:
  CommitTicket(internal::StoreCore& store, Receipt receipt) : store_(&store), receipt_(receipt) {}
  [[nodiscard]] const Receipt& receipt() const {
    return receipt_;
  }  // what it will be, once durable
  // Blocks until the commit is durable; then as Transaction::Commit would have answered.
  [[nodiscard]] absl::StatusOr<Receipt> Wait() const;
  // Calls `done` once with that answer, from a thread of the store or from this call. It must not
  // block.
  void Then(std::function<void(absl::StatusOr<Receipt>)> done) const;

 private:
  internal::StoreCore* store_;
  Receipt receipt_;
};

// Reads the store as of its beginning plus its own writes, through every primitive. Serializable:
// Commit answers kAborted where anything it read (rows and ranges, also empty ones) was changed by
// a transaction that committed since. Writes that were not read before ("blind") never conflict.
//
// Move-only. One thread at a time. Destroying it without Commit abandons it, leaving no trace.
// After Commit or CommitAsync, whatever the answer, every call but the destructor answers
// kFailedPrecondition. Must end before its store does.
class Transaction final : public Reader {
 public:
  explicit Transaction(std::unique_ptr<internal::TransactionState> state);
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) noexcept;
  ~Transaction() override;

  // Reading records what was read, for the check at commit.
  [[nodiscard]] absl::StatusOr<std::optional<Row>> Get(TableId table, const RunId& run,
                                                       std::string_view key) override;
  [[nodiscard]] std::unique_ptr<RowScan> Scan(TableId table, const RunId& run,
                                              const KeyRange& range,
                                              Order order = Order::kForward) override;
  [[nodiscard]] absl::Status History(
      TableId table, const RunId& run, std::string_view key,
      const std::function<bool(const Row& row, bool deleted)>& visit) override;
  void VisitOwnWrites(TableId table, const RunId& run,
                      const std::function<void(const Row&, bool deleted)>& visit) override;
  [[nodiscard]] const PrimitiveRegistry& registry() const override;
  [[nodiscard]] Lsn lsn() const override;
  [[nodiscard]] Timestamp now() const override;

  // Adds one entry and applies it to this transaction's own view of the tables: what the typed
  // handles of primitives call. kUnimplemented: no registered primitive has this entry type (or
  // payload version). kResourceExhausted: the transaction would exceed kTransactionBytesMax. Any
  // error of Apply, or of a primitive's AdmitRun. After an error the transaction is as before.
  [[nodiscard]] absl::Status Write(const Entry& entry);

  // As Write, for an entry that another store committed and a ChangeFeed showed: takes the kernel's
  // own entries too, and, as on replay, asks no primitive whether it admits the run.
  [[nodiscard]] absl::Status Repeat(const Entry& entry);

  // Deletes every row of `run`, of every primitive, carried ones included. One small log entry.
  // kInvalidArgument: the default run, which cannot be erased whole.
  [[nodiscard]] absl::Status EraseRun(const RunId& run);

  // Writes the rows that `from` sees in `source` into `target`, of every primitive (tables that are
  // not TableSpec::copied left out). The log holds the rows themselves, so this needs no history on
  // replay; it costs what the run holds. `from` may be this transaction or a view of the past.
  // After an error part of the rows may be in the transaction: abandon it (Store::Update does).
  //   kInvalidArgument     source or target is the default run, or both are the same
  //   kResourceExhausted   the run holds more than a transaction may
  //   kFailedPrecondition  the store carries a primitive that is
  //                        not registered, or the target holds
  //                        rows already
  [[nodiscard]] absl::Status CopyRun(Reader& from, const RunId& source, const RunId& target);

  // Makes the transaction durable (or buffered) and visible, all of it or nothing.
  //   kAborted             conflict; absent. Begin again (Store::Update does).
  //   kResourceExhausted   no room on disk, or too large; absent.
  //   kFailedPrecondition  the store is closed, read-only or poisoned; absent.
  //   kUnknown             the disk failed while it was being made durable:
  //                        after a reopen it is there in whole or not at
  //                        all. The store is poisoned.
  [[nodiscard]] absl::StatusOr<Receipt> Commit(Durability durability = Durability::kDurable);

  // As Commit(kDurable), without waiting for the disk. Visible to readers once durable.
  [[nodiscard]] absl::StatusOr<CommitTicket> CommitAsync();

  // Bytes of log entries so far.
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  std::unique_ptr<internal::TransactionState> state_;
};

}  // namespace varve

#endif  // VARVE_KERNEL_TRANSACTION_H_
