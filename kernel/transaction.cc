#include "kernel/transaction.h"

#include <utility>

#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "kernel/internal/copy_run.h"
#include "kernel/internal/store_core.h"
#include "kernel/internal/transaction_state.h"

namespace varve {
namespace {

constexpr std::string_view kAbsent = "the transaction is not in the log";

}  // namespace

Transaction::Transaction(std::unique_ptr<internal::TransactionState> state)
    : state_(std::move(state)) {}
Transaction::Transaction(Transaction&&) noexcept = default;
Transaction& Transaction::operator=(Transaction&&) noexcept = default;
Transaction::~Transaction() = default;

absl::StatusOr<std::optional<Row>> Transaction::Get(TableId table, const RunId& run,
                                                    std::string_view key) {
  return CatchOutOfMemory([&] { return state_->Get(table, run, key); });
}

std::unique_ptr<RowScan> Transaction::Scan(TableId table, const RunId& run, const KeyRange& range,
                                           Order order) {
  try {
    return state_->Scan(table, run, range, order);
  } catch (const std::bad_alloc&) {
    return internal::FailedScan(
        OutOfMemory(absl::StatusCode::kResourceExhausted, "nothing was scanned"));
  }
}

absl::Status Transaction::History(TableId table, const RunId& run, std::string_view key,
                                  const std::function<bool(const Row& row, bool deleted)>& visit) {
  return CatchOutOfMemory([&] { return state_->History(table, run, key, visit); });
}

Lsn Transaction::lsn() const { return state_->begin_lsn(); }

Timestamp Transaction::now() const { return state_->now(); }

void Transaction::VisitOwnWrites(TableId table, const RunId& run,
                                 const std::function<void(const Row&, bool)>& visit) {
  state_->VisitOwnWrites(table, run, visit);
}

const PrimitiveRegistry& Transaction::registry() const { return state_->registry(); }

absl::Status Transaction::Write(const Entry& entry) {
  return CatchOutOfMemory([&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(state_->AdmitEntry(entry, *this));
    return state_->Write(entry);
  });
}

absl::Status Transaction::Repeat(const Entry& entry) {
  return CatchOutOfMemory([&] { return state_->Repeat(entry); });
}

absl::Status Transaction::EraseRun(const RunId& run) {
  return CatchOutOfMemory([&] { return state_->EraseRun(run); });
}

absl::Status Transaction::CopyRun(Reader& from, const RunId& source, const RunId& target) {
  return CatchOutOfMemory([&] { return internal::CopyRun(from, source, target, *state_); },
                          "part of the run may be in the transaction");
}

absl::StatusOr<Receipt> Transaction::Commit(Durability durability) {
  return CatchOutOfMemory([&] { return state_->Commit(durability); }, kAbsent);
}

absl::StatusOr<CommitTicket> Transaction::CommitAsync() {
  return CatchOutOfMemory([&] { return state_->CommitAsync(); }, kAbsent);
}

std::uint64_t Transaction::bytes() const { return state_->body().size(); }

absl::StatusOr<Receipt> CommitTicket::Wait() const {
  if (receipt_.lsn != Lsn()) VARVE_RETURN_IF_ERROR(store_->WaitDurable(receipt_.lsn));
  return receipt_;
}

void CommitTicket::Then(std::function<void(absl::StatusOr<Receipt>)> done) const {
  if (receipt_.lsn == Lsn()) {
    done(receipt_);
    return;
  }
  store_->log().NotifyDurable(
      receipt_.lsn, [receipt = receipt_, done = std::move(done)](const absl::Status& status) {
        done(status.ok() ? absl::StatusOr<Receipt>(receipt) : absl::StatusOr<Receipt>(status));
      });
}

}  // namespace varve
