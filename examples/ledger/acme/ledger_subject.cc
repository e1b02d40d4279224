#include "acme/ledger_subject.h"

#include <memory>
#include <string>

#include "acme/ledger.h"
#include "acme/ledger_primitive.h"

namespace acme {

namespace {

// Few accounts, so that transfers meet. An answer such as "not covered" is no failure: the ledger
// keeps its own rules, and a twin that never crashes gives the same one.
absl::Status Operate(varve::Transaction& transaction, const varve::RunId& run,
                     varve::crash::Decisions& random) {
  Ledger ledger(transaction, run);
  const std::string from = "account-" + std::to_string(random.Below(5));
  const std::string to = "account-" + std::to_string(random.Below(5));
  if (random.Below(3) == 0) return ledger.Open(from, {.may_overdraw = random.Below(2) == 0});
  return ledger.Transfer(from, to, static_cast<std::int64_t>(1 + random.Below(100)), "memo");
}

}  // namespace

varve::crash::Subject LedgerSubject() {
  return {
      .make = [] { return std::make_unique<LedgerPrimitive>(); },
      .operate = Operate,
      .refusals = {
          {"an amount of 0",
           [](varve::Transaction& transaction, const varve::RunId& run) {
             return Ledger(transaction, run).Transfer("ada", "bob", 0);
           }},
          {"a name past the limit",
           [](varve::Transaction& transaction, const varve::RunId& run) {
             return Ledger(transaction, run).Open(std::string(257, 'n'));
           }},
          {"a memo past the limit", [](varve::Transaction& transaction, const varve::RunId& run) {
             return Ledger(transaction, run).Transfer("ada", "bob", 1, std::string(1025, 'm'));
           }}}};
}

}  // namespace acme
