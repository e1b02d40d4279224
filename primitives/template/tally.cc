#include "primitives/template/tally.h"

#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "primitives/template/tally_payload.h"
#include "primitives/template/tally_primitive.h"

namespace varve {

namespace {

// What can be refused is refused here, before anything is logged: say what was wrong, the limit,
// and what to do.
absl::Status CheckName(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax) {
    return InvalidArgument("the tally name has ", name.size(), " bytes: names have 1 to ",
                           kNameBytesMax);
  }
  return absl::OkStatus();
}

}  // namespace

Tally::Tally(Transaction& transaction, const RunId& run)
    : reader_(&transaction), transaction_(&transaction), run_(run) {}

Tally::Tally(Reader& reader, const RunId& run)
    : reader_(&reader), transaction_(nullptr), run_(run) {}

absl::Status Tally::Add(std::string_view name, std::int64_t amount, std::uint32_t count) {
  VARVE_RETURN_IF_ERROR(CheckName(name));
  if (count == 0) return InvalidArgument("a count of 0 additions: give 1 or more");
  const std::string payload = tally::EncodeAdd({.amount = amount, .count = count, .name = name});
  return Write(
      {.type = kTallyAdd, .payload_version = kTallyAddVersion, .run = run_, .payload = payload});
}

absl::Status Tally::Reset(std::string_view name) {
  VARVE_RETURN_IF_ERROR(CheckName(name));
  return Write({.type = kTallyReset, .run = run_, .payload = name});
}

// One entry, logged with the transaction and applied to its own view of the tables at once, so
// that the next read through any handle sees it.
absl::Status Tally::Write(const Entry& entry) {
  if (transaction_ == nullptr) {
    return FailedPrecondition("this Tally is on a read-only view: write through a Transaction");
  }
  return transaction_->Write(entry);
}

absl::StatusOr<TallyTotal> Tally::Get(std::string_view name) const {
  VARVE_RETURN_IF_ERROR(CheckName(name));
  TallyTotal result{.name = std::string(name)};
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, reader_->Get(kTallyTotals, run_, name));
  if (!row.has_value()) return result;
  VARVE_ASSIGN_OR_RETURN(const tally::Total total, tally::DecodeTotal(row->value));
  result.total = total.total;
  result.count = total.count;
  return result;
}

absl::StatusOr<std::vector<TallyTotal>> Tally::List(std::string_view after,
                                                    std::uint64_t limit) const {
  KeyRange range = KeyRange::All();
  if (!after.empty()) range.begin = std::string(after) + '\0';
  std::vector<TallyTotal> totals;
  const std::unique_ptr<RowScan> scan = reader_->Scan(kTallyTotals, run_, range);
  for (; scan->valid() && totals.size() < limit; scan->Next()) {
    const Row& row = scan->row();
    VARVE_ASSIGN_OR_RETURN(const tally::Total total, tally::DecodeTotal(row.value));
    totals.push_back({.name = std::string(row.key), .total = total.total, .count = total.count});
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  return totals;
}

}  // namespace varve
