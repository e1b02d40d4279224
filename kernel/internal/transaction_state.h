// Everything a Transaction holds between Begin and Commit.
#ifndef VARVE_KERNEL_INTERNAL_TRANSACTION_STATE_H_
#define VARVE_KERNEL_INTERNAL_TRANSACTION_STATE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "kernel/internal/apply.h"
#include "kernel/internal/layered_reader.h"
#include "kernel/internal/layers.h"
#include "kernel/internal/read_set.h"
#include "kernel/internal/store_metrics.h"
#include "kernel/internal/write_buffer.h"
#include "kernel/transaction.h"

namespace varve::internal {

class StoreCore;

// Not thread-safe.
class TransactionState final {
 public:
  TransactionState(StoreCore& core, std::unique_ptr<LayeredReader> reader,
                   std::shared_ptr<MemtableNode> window);
  ~TransactionState();
  TransactionState(const TransactionState&) = delete;
  TransactionState& operator=(const TransactionState&) = delete;

  absl::StatusOr<std::optional<Row>> Get(TableId table, const RunId& run, std::string_view key);
  std::unique_ptr<RowScan> Scan(TableId table, const RunId& run, const KeyRange& range,
                                Order order);
  absl::Status History(TableId table, const RunId& run, std::string_view key,
                       const std::function<bool(const Row&, bool deleted)>& visit);
  void VisitOwnWrites(TableId table, const RunId& run,
                      const std::function<void(const Row&, bool deleted)>& visit);
  absl::Status Write(const Entry& entry);
  absl::Status Repeat(const Entry& entry) { return Add(entry); }
  absl::Status EraseRun(const RunId& run);
  // Asks every admitting primitive about the entry's run, once for each run between its own writes.
  absl::Status AdmitEntry(const Entry& entry, Transaction& facade);
  absl::StatusOr<Receipt> Commit(Durability durability);
  absl::StatusOr<CommitTicket> CommitAsync();

  // For the commit path.
  [[nodiscard]] Lsn begin_lsn() const { return begin_lsn_; }
  [[nodiscard]] Timestamp now() const { return reader_->now(); }
  [[nodiscard]] const PrimitiveRegistry& registry() const;
  [[nodiscard]] const std::string& body() const { return body_; }
  [[nodiscard]] std::uint32_t entry_count() const { return entry_count_; }
  [[nodiscard]] WriteBuffer& buffer() { return buffer_; }
  [[nodiscard]] const ReadSet& user_reads() const { return user_reads_; }
  [[nodiscard]] const ReadSet& apply_reads() const { return apply_reads_; }
  [[nodiscard]] const MemtableNode* window() const { return window_.get(); }
  // What stands against the commit, once that is known.
  void NoteConflict(CommitFailure conflict) { conflict_ = conflict; }
  [[nodiscard]] std::optional<CommitFailure> conflict() const { return conflict_; }
  // Apply depended on the LSN or the commit time, which were guesses.
  [[nodiscard]] bool asked_for_position() const { return target_.asked_for_position; }

 private:
  absl::Status CheckOpen() const;
  absl::Status Add(const Entry& entry);

  StoreCore& core_;
  std::unique_ptr<LayeredReader> reader_;
  std::shared_ptr<MemtableNode> window_;
  Lsn begin_lsn_;
  ReadSet user_reads_;
  ReadSet apply_reads_;
  WriteBuffer buffer_;
  ApplyTarget target_;       // of entries
  ApplyTarget user_target_;  // of scans, which keep a reference to it
  std::string row_key_;
  std::string body_;
  std::uint32_t entry_count_ = 0;
  std::vector<RunId> admitted_;  // runs that every admitting primitive has let through
  std::optional<CommitFailure> conflict_;
  bool done_ = false;
};

}  // namespace varve::internal

#endif  // VARVE_KERNEL_INTERNAL_TRANSACTION_STATE_H_
