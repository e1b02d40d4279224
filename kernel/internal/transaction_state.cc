#include "kernel/internal/transaction_state.h"

#include <algorithm>
#include <utility>

#include "kernel/base/limits.h"
#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "kernel/core_entry.h"
#include "kernel/internal/store_core.h"
#include "kernel/io/stopwatch.h"

namespace varve::internal {

TransactionState::TransactionState(StoreCore& core, std::unique_ptr<LayeredReader> reader,
                                   std::shared_ptr<MemtableNode> window)
    : core_(core),
      reader_(std::move(reader)),
      window_(std::move(window)),
      begin_lsn_(reader_->at()),
      target_{.reader = reader_.get(),
              .buffer = &buffer_,
              .reads = &apply_reads_,
              .lsn = begin_lsn_.Next(),
              .commit_time = reader_->now()},
      user_target_{.reader = reader_.get(), .buffer = &buffer_, .reads = &user_reads_} {}

TransactionState::~TransactionState() { core_.ReleaseReader(std::move(reader_)); }

absl::Status TransactionState::CheckOpen() const {
  if (!done_) return absl::OkStatus();
  return FailedPrecondition("this transaction has been committed: begin a new one");
}

absl::StatusOr<std::optional<Row>> TransactionState::Get(TableId table, const RunId& run,
                                                         std::string_view key) {
  VARVE_RETURN_IF_ERROR(CheckOpen());
  row_key_.clear();
  table::AppendRowKeyPrefix(row_key_, table, run);
  row_key_.append(key);
  if (const WriteBuffer::Pending* pending = buffer_.Find(row_key_)) {
    if (pending->deleted) return std::optional<Row>();
    return std::optional<Row>(Row{key, pending->value, Lsn(), Timestamp()});
  }
  user_reads_.AddPoint(row_key_);
  VARVE_ASSIGN_OR_RETURN(const std::optional<table::RowVersion> version, reader_->Get(row_key_));
  if (!version.has_value()) return std::optional<Row>();
  return std::optional<Row>(Row{key, version->value, version->lsn, version->commit_time});
}

std::unique_ptr<RowScan> TransactionState::Scan(TableId table, const RunId& run,
                                                const KeyRange& range, Order order) {
  if (absl::Status status = CheckOpen(); !status.ok()) return FailedScan(std::move(status));
  return ScanTarget(user_target_, table, run, range, order);
}

absl::Status TransactionState::History(TableId table, const RunId& run, std::string_view key,
                                       const std::function<bool(const Row&, bool deleted)>& visit) {
  VARVE_RETURN_IF_ERROR(CheckOpen());
  const std::string row_key = table::MakeRowKey(table, run, key);
  if (const WriteBuffer::Pending* pending = buffer_.Find(row_key)) {
    if (!visit(Row{key, pending->value, Lsn(), Timestamp()}, pending->deleted)) {
      return absl::OkStatus();
    }
  }
  user_reads_.AddPoint(row_key);
  return reader_->VisitVersions(row_key, [&](const table::RowVersion& version) {
    return visit(Row{key, version.value, version.lsn, version.commit_time}, version.deleted);
  });
}

const PrimitiveRegistry& TransactionState::registry() const { return core_.registry(); }

void TransactionState::VisitOwnWrites(TableId table, const RunId& run,
                                      const std::function<void(const Row&, bool)>& visit) {
  std::string prefix;
  table::AppendRowKeyPrefix(prefix, table, run);
  const auto& mutations = buffer_.mutations();
  for (auto at = mutations.lower_bound(prefix);
       at != mutations.end() && at->first.starts_with(prefix); ++at) {
    visit(Row{at->first.substr(prefix.size()), at->second.value, Lsn(), Timestamp()},
          at->second.deleted);
  }
}

// A transaction writes to few runs, mostly one: a list is enough.
absl::Status TransactionState::AdmitEntry(const Entry& entry, Transaction& facade) {
  const std::vector<Primitive*>& admitting = registry().admitting();
  if (admitting.empty()) return absl::OkStatus();
  if (entry.run.is_nil() || std::ranges::find(admitted_, entry.run) != admitted_.end()) {
    return absl::OkStatus();
  }
  for (const Primitive* primitive : admitting) {
    VARVE_RETURN_IF_ERROR(primitive->AdmitRun(entry.run, facade));
  }
  admitted_.push_back(entry.run);
  return absl::OkStatus();
}

absl::Status TransactionState::Write(const Entry& entry) {
  if (IsCoreEntry(entry.type)) {
    return InvalidArgument("entry type ", entry.type, " is the kernel's own: call EraseRun");
  }
  return Add(entry);
}

absl::Status TransactionState::EraseRun(const RunId& run) {
  if (run.is_nil()) {
    return InvalidArgument("the default run cannot be erased whole: delete what is in it");
  }
  return Add({.type = kCoreEraseRun, .run = run});
}

absl::Status TransactionState::Add(const Entry& entry) {
  VARVE_RETURN_IF_ERROR(CheckOpen());
  const std::size_t entry_bytes = EncodedEntryBytes(entry);
  if (body_.size() + entry_bytes > kTransactionBytesMax) {
    return ResourceExhausted("the transaction would reach ", body_.size() + entry_bytes,
                             " bytes of log; the limit is ", kTransactionBytesMax,
                             ": commit what it has and go on in another");
  }
  buffer_.BeginUndo();
  const std::size_t body_bytes = body_.size();
  try {
    if (absl::Status status = ApplyEntry(core_.registry(), entry, target_); !status.ok()) {
      buffer_.RollBack();
      return status;
    }
    AppendEntry(body_, entry);
  } catch (const std::bad_alloc&) {
    buffer_.RollBack();
    body_.resize(body_bytes);
    throw;
  }
  ++entry_count_;
  const Primitive* owner = registry().FindByEntryType(entry.type);
  if (owner != nullptr && owner->spec().admits_runs) admitted_.clear();
  return absl::OkStatus();
}

absl::StatusOr<Receipt> TransactionState::Commit(Durability durability) {
  VARVE_RETURN_IF_ERROR(CheckOpen());
  done_ = true;
  const bool durable = durability == Durability::kDurable;
  const Stopwatch stopwatch(durable ? core_.timing() : nullptr);
  VARVE_ASSIGN_OR_RETURN(
      const Receipt receipt,
      core_.Commit(*this, durable ? CommitKind::kDurable : CommitKind::kBuffered));
  if (durable && receipt.lsn != Lsn()) {
    VARVE_RETURN_IF_ERROR(core_.WaitDurable(receipt.lsn));
    stopwatch.Record(core_.metrics().commit_nanos);
  }
  core_.AfterCommit();
  return receipt;
}

absl::StatusOr<CommitTicket> TransactionState::CommitAsync() {
  VARVE_RETURN_IF_ERROR(CheckOpen());
  done_ = true;
  VARVE_ASSIGN_OR_RETURN(const Receipt receipt, core_.Commit(*this, CommitKind::kAsync));
  core_.AfterCommit();
  return CommitTicket(core_, receipt);
}

}  // namespace varve::internal
