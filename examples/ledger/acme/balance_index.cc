#include "acme/balance_index.h"

#include <algorithm>
#include <utility>

#include "acme/ledger_payload.h"
#include "acme/ledger_primitive.h"

namespace acme {

void BalanceIndex::Ranking::Put(std::string_view account, std::int64_t balance) {
  Remove(account);
  balances.emplace(account, balance);
  order.insert({.balance = balance, .account = std::string(account)});
}

void BalanceIndex::Ranking::Remove(std::string_view account) {
  const auto place = balances.find(account);
  if (place == balances.end()) return;
  order.erase({.balance = place->second, .account = place->first});
  balances.erase(place);
}

void BalanceIndex::Rebuild(varve::ReadView& view) {
  std::map<varve::RunId, Ranking> runs;
  bool sound = true;
  const absl::Status visited =
      view.VisitTable(kLedgerBalances, [&](const varve::RunId& run, const varve::Row& row) {
        const absl::StatusOr<ledger::BalanceRow> balance = ledger::DecodeBalance(row.value);
        sound = balance.ok();
        if (!sound) return false;
        Ranking& ranking = runs[run];
        ranking.Put(row.key, balance->balance);
        ranking.changed = std::max(ranking.changed, row.lsn);
        return true;
      });
  const std::lock_guard guard(mutex_);
  built_ = sound && visited.ok();
  runs_ = built_ ? std::move(runs) : std::map<varve::RunId, Ranking>();
}

void BalanceIndex::Update(varve::Lsn lsn, std::span<const varve::Mutation> mutations) {
  const std::lock_guard guard(mutex_);
  for (const varve::Mutation& mutation : mutations) {
    if (mutation.table != kLedgerBalances) continue;
    Ranking& ranking = runs_[mutation.run];
    ranking.changed = lsn;
    // Apply wrote it, so it can be decoded.
    const auto balance = ledger::DecodeBalance(mutation.value.value_or(std::string_view()));
    if (balance.ok()) {
      ranking.Put(mutation.key, balance->balance);
    } else {
      ranking.Remove(mutation.key);
    }
  }
}

std::optional<std::vector<RankedBalance>> BalanceIndex::Top(const varve::RunId& run, varve::Lsn lsn,
                                                            std::uint64_t limit) const {
  const std::lock_guard guard(mutex_);
  if (!built_) return std::nullopt;
  std::vector<RankedBalance> top;
  const auto place = runs_.find(run);
  if (place == runs_.end()) return top;
  if (place->second.changed > lsn) return std::nullopt;
  for (const RankedBalance& ranked : place->second.order) {
    if (top.size() == limit) break;
    top.push_back(ranked);
  }
  return top;
}

bool BalanceIndex::Agrees(const varve::RunId& run, varve::Lsn lsn,
                          const RankedBalance& found) const {
  const std::lock_guard guard(mutex_);
  if (!built_) return true;
  const auto place = runs_.find(run);
  if (place == runs_.end()) return false;
  return place->second.changed > lsn || place->second.order.count(found) > 0;
}

std::optional<std::uint64_t> BalanceIndex::Count(varve::Lsn lsn) const {
  const std::lock_guard guard(mutex_);
  std::uint64_t count = 0;
  for (const auto& [run, ranking] : runs_) {
    if (ranking.changed > lsn) return std::nullopt;
    count += ranking.order.size();
  }
  return built_ ? std::optional<std::uint64_t>(count) : std::nullopt;
}

}  // namespace acme
