// Double-entry accounts: what is taken from one account is given to another, or nothing happens.
//
//   store.Update([](varve::Transaction& txn) -> absl::Status {
//     acme::Ledger ledger(txn);
//     VARVE_RETURN_IF_ERROR(ledger.Open("bank", {.may_overdraw = true}));
//     VARVE_RETURN_IF_ERROR(ledger.Open("ada"));
//     return ledger.Transfer("bank", "ada", 100, "salary");
//   });
#ifndef VARVE_EXAMPLES_LEDGER_ACME_LEDGER_H_
#define VARVE_EXAMPLES_LEDGER_ACME_LEDGER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "acme/balance_index.h"
#include "kernel/reader.h"
#include "kernel/transaction.h"

namespace acme {

struct AccountOptions {
  bool may_overdraw = false;  // where money comes from: a bank, a customer who pays later
};

struct AccountBalance {
  std::int64_t balance = 0;
  std::uint64_t postings = 0;
};

// One line of a statement.
struct Posting {
  std::uint64_t number = 0;  // 1, 2, 3, ... within the account
  std::int64_t amount = 0;   // above zero: came in; below: went out
  std::string other;         // the account on the other side
  std::string memo;
};

// The accounts of one run. Names: 1 to 256 bytes, none of them zero. Amounts: in the smallest unit
// of a currency. The transaction or reader must outlive the handle. One thread at a time.
class Ledger final {
 public:
  // Reads and writes.
  explicit Ledger(varve::Transaction& transaction, const varve::RunId& run = {});
  // Reads. Writes answer kFailedPrecondition.
  explicit Ledger(varve::Reader& reader, const varve::RunId& run = {});

  // kAlreadyExists: it is open. kInvalidArgument: no name.
  [[nodiscard]] absl::Status Open(std::string_view account, const AccountOptions& options = {});

  // `amount` above zero; `memo` at most 1024 bytes. Concurrent transfers never conflict: where two
  // meet, the second is computed again on the newest balances. So what holds below may also be the
  // answer of the commit, and nothing is logged then.
  //   kInvalidArgument     an amount, names or a memo that no ledger takes
  //   kNotFound            one of the accounts is not open
  //   kFailedPrecondition  `from` would be overdrawn and may not be; a balance would leave 64 bits
  [[nodiscard]] absl::Status Transfer(std::string_view from, std::string_view to,
                                      std::int64_t amount, std::string_view memo = {});

  // nullopt: not open.
  [[nodiscard]] absl::StatusOr<std::optional<AccountBalance>> Balance(
      std::string_view account) const;
  // The postings behind number `after`, oldest first, at most `limit`. Empty where there are none.
  [[nodiscard]] absl::StatusOr<std::vector<Posting>> Statement(std::string_view account,
                                                               std::uint64_t after = 0,
                                                               std::uint64_t limit = 1000) const;
  // The accounts that hold most, the richest first, at most `limit`. A view answers from an index
  // in memory, unless it is of the past; a transaction reads every balance, and conflicts with
  // whoever changes one.
  [[nodiscard]] absl::StatusOr<std::vector<RankedBalance>> Richest(std::uint64_t limit = 10) const;

 private:
  [[nodiscard]] absl::StatusOr<std::vector<RankedBalance>> RankByTable(std::uint64_t limit) const;
  [[nodiscard]] absl::Status Write(const varve::Entry& entry);

  varve::Reader* reader_;
  varve::Transaction* transaction_;  // null: read-only
  varve::RunId run_;
};

}  // namespace acme

#endif  // VARVE_EXAMPLES_LEDGER_ACME_LEDGER_H_
