// LedgerPrimitive::CheckRows: mirrors, balances, and nothing overdrawn that may not be.
#include "acme/ledger_payload.h"
#include "acme/ledger_primitive.h"
#include "kernel/base/status.h"
#include "kernel/row_walk.h"

namespace acme {

namespace {

using varve::Broken;
using varve::Quoted;
using varve::Row;
using varve::RowWalk;
using varve::RunId;

absl::Status CheckAccount(RowWalk& walk, const RunId& run, const Row& row) {
  if (!ledger::IsAccountName(row.key)) return Broken("the key of an account is no name");
  VARVE_RETURN_IF_ERROR(ledger::DecodeAccount(row.value).status());
  VARVE_ASSIGN_OR_RETURN(const bool there, walk.Has(kLedgerBalances, run, row.key));
  if (there) return absl::OkStatus();
  return Broken("account ", Quoted(row.key), " has no balance");
}

// That the balance is of an account, and that its last posting is there.
absl::Status CheckBalance(RowWalk& walk, const RunId& run, const Row& row) {
  VARVE_ASSIGN_OR_RETURN(const ledger::BalanceRow balance, ledger::DecodeBalance(row.value));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> account,
                         walk.view().Get(kLedgerAccounts, run, row.key));
  if (!account.has_value()) return Broken("a balance of ", Quoted(row.key), ", which is not open");
  VARVE_ASSIGN_OR_RETURN(const bool may_overdraw, ledger::DecodeAccount(account->value));
  if (balance.balance < 0 && !may_overdraw) {
    return Broken("account ", Quoted(row.key), " is overdrawn and may not be");
  }
  if (balance.last_number == 0) {
    return balance.balance == 0 ? absl::OkStatus()
                                : Broken("account ", Quoted(row.key), " has a balance of nothing");
  }
  VARVE_ASSIGN_OR_RETURN(
      const bool there,
      walk.Has(kLedgerPostings, run,
               ledger::EncodePostingKey({.account = row.key, .number = balance.last_number})));
  if (there) return absl::OkStatus();
  return Broken("account ", Quoted(row.key), " has no posting ", balance.last_number,
                ", which its balance counts");
}

// That the index in memory, where it was built and is no newer than the view, has the balance too.
absl::Status CheckIndexed(const BalanceIndex& index, varve::Lsn lsn, const RunId& run,
                          const Row& row) {
  VARVE_ASSIGN_OR_RETURN(const ledger::BalanceRow balance, ledger::DecodeBalance(row.value));
  const RankedBalance found{.balance = balance.balance, .account = std::string(row.key)};
  if (index.Agrees(run, lsn, found)) return absl::OkStatus();
  return Broken("the index in memory has no balance ", std::to_string(balance.balance),
                " of account ", Quoted(row.key));
}

absl::Status CheckMirror(RowWalk& walk, const RunId& run, const ledger::PostingKey& key,
                         const ledger::PostingRow& posting) {
  VARVE_ASSIGN_OR_RETURN(
      const std::optional<Row> row,
      walk.view().Get(
          kLedgerPostings, run,
          ledger::EncodePostingKey({.account = posting.other, .number = posting.mirror_number})));
  if (row.has_value()) {
    VARVE_ASSIGN_OR_RETURN(const ledger::PostingRow mirror, ledger::DecodePosting(row->value));
    if (mirror.other == key.account && mirror.mirror_number == key.number &&
        mirror.memo == posting.memo &&
        static_cast<std::uint64_t>(mirror.amount) + static_cast<std::uint64_t>(posting.amount) ==
            0) {
      return absl::OkStatus();
    }
  }
  return Broken("posting ", key.number, " of account ", Quoted(key.account), " has no mirror in ",
                Quoted(posting.other));
}

// The postings of one account after the other, in the order of the walk.
class PostingSums final {
 public:
  explicit PostingSums(RowWalk& walk) : walk_(walk) {}

  absl::Status Add(const RunId& run, const Row& row) {
    const absl::StatusOr<ledger::PostingKey> key = ledger::DecodePostingKey(row.key);
    if (!key.ok()) return varve::InRun(key.status(), run);
    if (run != run_ || key->account != account_) {
      VARVE_RETURN_IF_ERROR(Finish());
      run_ = run;
      account_ = key->account;
      sum_ = {};
    }
    return varve::InRun(AddToSum(*key, row.value), run);
  }

  absl::Status Finish() { return varve::InRun(CompareWithBalance(), run_); }

 private:
  absl::Status AddToSum(const ledger::PostingKey& key, std::string_view value) {
    VARVE_ASSIGN_OR_RETURN(const ledger::PostingRow posting, ledger::DecodePosting(value));
    if (key.number != ++sum_.last_number) {
      return Broken("account ", Quoted(key.account), " has no posting ", sum_.last_number);
    }
    if (__builtin_add_overflow(sum_.balance, posting.amount, &sum_.balance)) {
      return Broken("the postings of account ", Quoted(key.account), " leave the range");
    }
    return CheckMirror(walk_, run_, key, posting);
  }

  // Compares what the postings of the last account give with its balance.
  absl::Status CompareWithBalance() {
    if (account_.empty()) return absl::OkStatus();
    VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row,
                           walk_.view().Get(kLedgerBalances, run_, account_));
    if (!row.has_value()) return Broken("postings of ", Quoted(account_), ", which is not open");
    VARVE_ASSIGN_OR_RETURN(const ledger::BalanceRow balance, ledger::DecodeBalance(row->value));
    if (balance.balance == sum_.balance && balance.last_number == sum_.last_number) {
      return absl::OkStatus();
    }
    return Broken("account ", Quoted(account_), " has a balance of ",
                  std::to_string(balance.balance), ", but its postings add up to ",
                  std::to_string(sum_.balance));
  }

  RowWalk& walk_;
  RunId run_;
  std::string account_;
  ledger::BalanceRow sum_;
};

}  // namespace

absl::Status LedgerPrimitive::CheckRows(varve::ReadView& view,
                                        const CheckProgress& progress) const {
  RowWalk walk(view, progress);
  VARVE_RETURN_IF_ERROR(walk.Check(kLedgerAccounts, [&](const RunId& run, const Row& row) {
    return CheckAccount(walk, run, row);
  }));
  std::uint64_t balances = 0;
  VARVE_RETURN_IF_ERROR(walk.Check(kLedgerBalances, [&](const RunId& run, const Row& row) {
    ++balances;
    const absl::Status sound = CheckBalance(walk, run, row);
    return sound.ok() ? CheckIndexed(index_, view.lsn(), run, row) : sound;
  }));
  if (index_.Count(view.lsn()).value_or(balances) != balances) {
    return Broken("the index in memory ranks more accounts than there are balances");
  }
  PostingSums sums(walk);
  VARVE_RETURN_IF_ERROR(walk.Visit(
      kLedgerPostings, [&](const RunId& run, const Row& row) { return sums.Add(run, row); }));
  return sums.Finish();
}

}  // namespace acme
