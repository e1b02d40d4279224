// Which accounts hold most, in memory: derived from the rows of the balances, and never stored.
//
//   an open       -> Rebuild: reads every balance once
//   a commit      -> Update:  what changed, in LSN order, before any reader can see it
//   Ledger::Richest -> Top:   an answer for a reader at one LSN, or none
//
// So everything up to a reader's LSN is in here before the reader begins. What may be in here too
// is later than the reader: then Top has no answer, and the handle asks the table.
#ifndef VARVE_EXAMPLES_LEDGER_ACME_BALANCE_INDEX_H_
#define VARVE_EXAMPLES_LEDGER_ACME_BALANCE_INDEX_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/primitive.h"
#include "kernel/read_view.h"

namespace acme {

struct RankedBalance {
  std::int64_t balance = 0;
  std::string account;

  // The order of a ranking: the largest balance first, equal ones by name.
  friend bool operator<(const RankedBalance& left, const RankedBalance& right) {
    if (left.balance != right.balance) return left.balance > right.balance;
    return left.account < right.account;
  }
  friend bool operator==(const RankedBalance&, const RankedBalance&) = default;
};

// Thread-safe. Holds no lock for longer than its answer takes, so that commits do not wait.
class BalanceIndex final {
 public:
  // Where a balance is damaged there is no index: a store with one bad row can still be opened, and
  // Ledger::Richest, which then reads the table, says what is wrong with it.
  void Rebuild(varve::ReadView& view);
  void Update(varve::Lsn lsn, std::span<const varve::Mutation> mutations);

  // The first `limit` accounts of `run` for a reader at `lsn`. nullopt: only the table knows, for
  // the index was never built, or holds changes of the run that are later.
  [[nodiscard]] std::optional<std::vector<RankedBalance>> Top(const varve::RunId& run,
                                                              varve::Lsn lsn,
                                                              std::uint64_t limit) const;
  // For CheckRows. Whether what a reader at `lsn` finds in the table is here too, and how many
  // there are; true and nullopt where only the table knows.
  [[nodiscard]] bool Agrees(const varve::RunId& run, varve::Lsn lsn,
                            const RankedBalance& found) const;
  [[nodiscard]] std::optional<std::uint64_t> Count(varve::Lsn lsn) const;

 private:
  struct Ranking {
    std::map<std::string, std::int64_t, std::less<>> balances;
    std::set<RankedBalance> order;  // the same, in the other order
    varve::Lsn changed;             // when it last was

    void Put(std::string_view account, std::int64_t balance);
    void Remove(std::string_view account);
  };

  mutable std::mutex mutex_;
  std::map<varve::RunId, Ranking> runs_;
  bool built_ = false;
};

}  // namespace acme

#endif  // VARVE_EXAMPLES_LEDGER_ACME_BALANCE_INDEX_H_
