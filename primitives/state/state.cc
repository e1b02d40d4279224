#include "primitives/state/state.h"

#include <utility>

#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "kernel/store.h"
#include "primitives/state/lease.h"
#include "primitives/state/state_payload.h"
#include "primitives/state/state_primitive.h"

namespace varve {

namespace {

absl::Status CheckLimit(std::uint64_t limit) {
  if (limit > 0) return absl::OkStatus();
  return InvalidArgument("a list with the limit 0 gives nothing: the least limit is 1");
}

absl::StatusOr<Cell> CellOf(const Row& row) {
  VARVE_ASSIGN_OR_RETURN(const state::CellImage image, state::DecodeCell(row.value));
  return Cell{.name = row.key,
              .value = image.value,
              .version = image.version,
              .lsn = row.lsn,
              .commit_time = row.commit_time};
}

absl::StatusOr<CellVersion> VersionOf(const Row& row, bool deleted) {
  CellVersion version{.deleted = deleted, .lsn = row.lsn, .commit_time = row.commit_time};
  if (deleted) return version;
  VARVE_ASSIGN_OR_RETURN(const state::CellImage image, state::DecodeCell(row.value));
  version.value = image.value;
  version.version = image.version;
  return version;
}

// The cell as it is where that is another one than that of `seen`.
CellChange ChangeSince(const std::optional<Cell>& cell, Lsn seen) {
  const Lsn now = cell.has_value() ? cell->lsn : Lsn();
  CellChange change{.changed = now != seen};
  if (cell.has_value()) {
    change.cell = CellCopy{.value = std::string(cell->value),
                           .version = cell->version,
                           .lsn = cell->lsn,
                           .commit_time = cell->commit_time};
  }
  return change;
}

}  // namespace

Cells::Cells(Transaction& transaction, const RunId& run)
    : reader_(&transaction), transaction_(&transaction), run_(run) {}

Cells::Cells(Reader& reader, const RunId& run)
    : reader_(&reader), transaction_(nullptr), run_(run) {}

absl::Status Cells::CheckWrite(std::string_view name, std::string_view value) const {
  if (transaction_ == nullptr) {
    return FailedPrecondition("this Cells is on a read-only view: write through one on a",
                              " Transaction");
  }
  VARVE_RETURN_IF_ERROR(state::CheckName("cell name", name));
  if (value.size() <= kValueBytesMax) return absl::OkStatus();
  return ResourceExhausted("the value has ", value.size(), " bytes: the limit is ", kValueBytesMax);
}

absl::StatusOr<std::optional<Cell>> Cells::Get(std::string_view name) const {
  VARVE_RETURN_IF_ERROR(state::CheckName("cell name", name));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, reader_->Get(kStateCells, run_, name));
  if (!row.has_value()) return std::nullopt;
  VARVE_ASSIGN_OR_RETURN(const Cell cell, CellOf(*row));
  return std::optional<Cell>(cell);
}

absl::StatusOr<std::vector<Cell>> Cells::List(const CellListOptions& options) const {
  VARVE_RETURN_IF_ERROR(CheckLimit(options.limit));
  KeyRange range = KeyRange::Prefix(options.prefix);
  if (!options.after.empty() && options.after >= range.begin) {
    range.begin = std::string(options.after) + '\0';
  }
  std::vector<Cell> cells;
  if (!range.end.empty() && range.begin >= range.end) return cells;
  const std::unique_ptr<RowScan> scan = reader_->Scan(kStateCells, run_, range);
  for (; scan->valid() && cells.size() < options.limit; scan->Next()) {
    VARVE_ASSIGN_OR_RETURN(const Cell cell, CellOf(scan->row()));
    cells.push_back(cell);
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  return cells;
}

absl::StatusOr<std::vector<CellVersion>> Cells::History(std::string_view name,
                                                        const CellHistoryOptions& options) const {
  VARVE_RETURN_IF_ERROR(CheckLimit(options.limit));
  VARVE_RETURN_IF_ERROR(state::CheckName("cell name", name));
  std::vector<CellVersion> versions;
  absl::Status fault;
  VARVE_RETURN_IF_ERROR(
      reader_->History(kStateCells, run_, name, [&](const Row& row, bool deleted) {
        if (row.lsn >= options.before) return true;
        absl::StatusOr<CellVersion> version = VersionOf(row, deleted);
        if (!version.ok()) {
          fault = version.status();
          return false;
        }
        versions.push_back(*version);
        return versions.size() < options.limit;
      }));
  VARVE_RETURN_IF_ERROR(fault);
  return versions;
}

absl::StatusOr<bool> Cells::Init(std::string_view name, std::string_view value) {
  VARVE_RETURN_IF_ERROR(CheckWrite(name, value));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Cell> cell, Get(name));
  if (cell.has_value()) return false;
  const std::string payload = state::EncodeSet(name, value);
  VARVE_RETURN_IF_ERROR(transaction_->Write({.type = kStateInit, .run = run_, .payload = payload}));
  return true;
}

absl::StatusOr<std::uint64_t> Cells::Set(std::string_view name, std::string_view value) {
  VARVE_RETURN_IF_ERROR(CheckWrite(name, value));
  const std::string payload = state::EncodeSet(name, value);
  VARVE_RETURN_IF_ERROR(transaction_->Write({.type = kStateSet, .run = run_, .payload = payload}));
  // A row that this transaction has just written: reading it is no read that can conflict.
  VARVE_ASSIGN_OR_RETURN(const std::optional<Cell> cell, Get(name));
  return cell.has_value() ? cell->version : 0;
}

absl::Status Cells::Delete(std::string_view name) {
  VARVE_RETURN_IF_ERROR(CheckWrite(name, {}));
  return transaction_->Write({.type = kStateDelete, .run = run_, .payload = name});
}

absl::Status Cells::WriteTransition(std::uint64_t from, std::string_view name,
                                    std::string_view value) {
  const std::string payload = state::EncodeTransition(from, name, value);
  return transaction_->Write({.type = kStateTransition, .run = run_, .payload = payload});
}

absl::StatusOr<bool> Cells::CompareAndSet(std::string_view name, std::uint64_t expected,
                                          std::string_view value) {
  VARVE_RETURN_IF_ERROR(CheckWrite(name, value));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Cell> cell, Get(name));
  if (!cell.has_value() || cell->version != expected) return false;
  VARVE_RETURN_IF_ERROR(WriteTransition(expected, name, value));
  return true;
}

absl::StatusOr<bool> Cells::CompareAndDelete(std::string_view name, std::uint64_t expected) {
  VARVE_RETURN_IF_ERROR(CheckWrite(name, {}));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Cell> cell, Get(name));
  if (!cell.has_value() || cell->version != expected) return false;
  VARVE_RETURN_IF_ERROR(Delete(name));
  return true;
}

absl::StatusOr<std::optional<std::uint64_t>> Cells::Transition(
    std::string_view name,
    absl::FunctionRef<absl::StatusOr<std::string>(std::string_view value)> next) {
  VARVE_RETURN_IF_ERROR(CheckWrite(name, {}));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Cell> cell, Get(name));
  if (!cell.has_value()) return std::nullopt;
  const std::uint64_t from = cell->version;
  VARVE_ASSIGN_OR_RETURN(const std::string value, next(cell->value));
  VARVE_RETURN_IF_ERROR(CheckWrite(name, value));
  VARVE_RETURN_IF_ERROR(WriteTransition(from, name, value));
  return std::optional<std::uint64_t>(from + 1);
}

absl::StatusOr<bool> Cells::SetWithLease(std::string_view name, std::string_view value,
                                         std::string_view lease, std::uint64_t token) {
  VARVE_RETURN_IF_ERROR(CheckWrite(name, value));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Lease> held, Leases(*reader_, run_).Get(lease));
  if (!held.has_value() || held->token != token) return false;
  VARVE_RETURN_IF_ERROR(Set(name, value).status());
  return true;
}

absl::StatusOr<CellChange> Cells::Watch(Store& store, std::string_view name, Lsn seen,
                                        const CellWatchOptions& options) {
  using Steady = std::chrono::steady_clock;
  const Steady::time_point begun = Steady::now();
  while (true) {
    Lsn looked;
    CellChange change;
    {
      // The view ends before the wait: it would hold back what checkpoints can free.
      VARVE_ASSIGN_OR_RETURN(ReadView view, store.View());
      looked = view.lsn();
      VARVE_ASSIGN_OR_RETURN(const std::optional<Cell> cell, Cells(view, options.run).Get(name));
      change = ChangeSince(cell, seen);
    }
    if (change.changed) return change;
    const std::chrono::nanoseconds waited = Steady::now() - begun;
    if (waited >= options.patience) return change;
    VARVE_RETURN_IF_ERROR(store.WaitVisible(looked, options.patience - waited).status());
  }
}

}  // namespace varve
