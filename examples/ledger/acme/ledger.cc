#include "acme/ledger.h"

#include <algorithm>
#include <limits>

#include "acme/ledger_payload.h"
#include "acme/ledger_primitive.h"
#include "kernel/base/status.h"
#include "kernel/registry.h"

namespace acme {

namespace {

absl::Status CheckName(std::string_view name) {
  if (ledger::IsAccountName(name)) return absl::OkStatus();
  return varve::InvalidArgument("the account name has ", name.size(), " bytes: names have 1 to ",
                                ledger::kAccountNameBytesMax, ", none of them zero");
}

}  // namespace

Ledger::Ledger(varve::Transaction& transaction, const varve::RunId& run)
    : reader_(&transaction), transaction_(&transaction), run_(run) {}

Ledger::Ledger(varve::Reader& reader, const varve::RunId& run)
    : reader_(&reader), transaction_(nullptr), run_(run) {}

absl::Status Ledger::Open(std::string_view account, const AccountOptions& options) {
  VARVE_RETURN_IF_ERROR(CheckName(account));
  const std::string payload =
      ledger::EncodeOpen({.may_overdraw = options.may_overdraw, .name = account});
  return Write({.type = kLedgerOpen, .run = run_, .payload = payload});
}

absl::Status Ledger::Transfer(std::string_view from, std::string_view to, std::int64_t amount,
                              std::string_view memo) {
  VARVE_RETURN_IF_ERROR(CheckName(from));
  VARVE_RETURN_IF_ERROR(CheckName(to));
  if (from == to) return varve::InvalidArgument("a transfer needs two different accounts");
  if (amount <= 0) {
    return varve::InvalidArgument("the amount is ", std::to_string(amount),
                                  ": transfer more than 0, the other way round if need be");
  }
  if (memo.size() > ledger::kMemoBytesMax) {
    return varve::InvalidArgument("the memo has ", memo.size(), " bytes: memos have up to ",
                                  ledger::kMemoBytesMax);
  }
  const std::string payload =
      ledger::EncodeTransfer({.amount = amount, .from = from, .to = to, .memo = memo});
  return Write({.type = kLedgerTransfer,
                .payload_version = kTransferVersion,
                .run = run_,
                .payload = payload});
}

absl::Status Ledger::Write(const varve::Entry& entry) {
  if (transaction_ == nullptr) {
    return varve::FailedPrecondition(
        "this Ledger is on a read-only view: write through a Transaction");
  }
  return transaction_->Write(entry);
}

absl::StatusOr<std::optional<AccountBalance>> Ledger::Balance(std::string_view account) const {
  VARVE_RETURN_IF_ERROR(CheckName(account));
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::Row> row,
                         reader_->Get(kLedgerBalances, run_, account));
  if (!row.has_value()) return std::optional<AccountBalance>();
  VARVE_ASSIGN_OR_RETURN(const ledger::BalanceRow balance, ledger::DecodeBalance(row->value));
  return AccountBalance{.balance = balance.balance, .postings = balance.last_number};
}

absl::StatusOr<std::vector<Posting>> Ledger::Statement(std::string_view account,
                                                       std::uint64_t after,
                                                       std::uint64_t limit) const {
  VARVE_RETURN_IF_ERROR(CheckName(account));
  std::vector<Posting> postings;
  if (after == std::numeric_limits<std::uint64_t>::max()) return postings;
  const varve::KeyRange range{
      .begin = ledger::EncodePostingKey({.account = account, .number = after + 1}),
      .end = std::string(account) + '\1'};
  const std::unique_ptr<varve::RowScan> scan = reader_->Scan(kLedgerPostings, run_, range);
  for (; scan->valid() && postings.size() < limit; scan->Next()) {
    const varve::Row& row = scan->row();
    VARVE_ASSIGN_OR_RETURN(const ledger::PostingKey key, ledger::DecodePostingKey(row.key));
    VARVE_ASSIGN_OR_RETURN(const ledger::PostingRow posting, ledger::DecodePosting(row.value));
    postings.push_back({.number = key.number,
                        .amount = posting.amount,
                        .other = std::string(posting.other),
                        .memo = std::string(posting.memo)});
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  return postings;
}

absl::StatusOr<std::vector<RankedBalance>> Ledger::Richest(std::uint64_t limit) const {
  // The index knows what is committed, and whoever reads it leaves no trace for the check at
  // commit.
  if (dynamic_cast<varve::Transaction*>(reader_) == nullptr) {
    const auto* const primitive =
        dynamic_cast<const LedgerPrimitive*>(reader_->registry().FindById(kLedgerId));
    if (primitive != nullptr) {
      std::optional<std::vector<RankedBalance>> top =
          primitive->index().Top(run_, reader_->lsn(), limit);
      if (top.has_value()) return *std::move(top);
    }
  }
  return RankByTable(limit);
}

absl::StatusOr<std::vector<RankedBalance>> Ledger::RankByTable(std::uint64_t limit) const {
  std::vector<RankedBalance> ranked;
  const std::unique_ptr<varve::RowScan> scan =
      reader_->Scan(kLedgerBalances, run_, varve::KeyRange::All());
  for (; scan->valid(); scan->Next()) {
    VARVE_ASSIGN_OR_RETURN(const ledger::BalanceRow row, ledger::DecodeBalance(scan->row().value));
    ranked.push_back({.balance = row.balance, .account = std::string(scan->row().key)});
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  std::sort(ranked.begin(), ranked.end());
  if (ranked.size() > limit) ranked.resize(limit);
  return ranked;
}

}  // namespace acme
