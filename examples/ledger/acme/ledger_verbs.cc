#include "acme/ledger_verbs.h"

#include <functional>
#include <string>

#include "acme/ledger.h"
#include "kernel/base/status.h"

namespace acme {
namespace {

using varve::OpenedStore;
using varve::ReadView;
using varve::Receipt;
using varve::RunId;
using varve::Transaction;
using varve::cli::Answer;
using varve::cli::Arguments;
using varve::cli::BytesToJson;
using varve::cli::EscapeBytes;
using varve::cli::Session;
using varve::cli::Verbs;

// What every verb of the ledger may be given.
struct AccountArguments {
  std::string account;
  std::string run;  // empty: the default one
};

void DeclareRun(Arguments& arguments, AccountArguments& to) {
  arguments.Text({.name = "--run", .help = "The ledger of this run", .value_name = "RUN"}, to.run);
}

void DeclareAccount(Arguments& arguments, AccountArguments& to) {
  arguments.Text({.name = "account", .help = "Its name", .required = true}, to.account);
  DeclareRun(arguments, to);
}

absl::StatusOr<RunId> RunOf(const AccountArguments& arguments) {
  if (arguments.run.empty()) return RunId();
  const std::optional<varve::Uuid> id = varve::Uuid::Parse(arguments.run);
  if (id.has_value()) return *id;
  return varve::InvalidArgument("--run ", arguments.run, " is no run id: `run list` shows them");
}

// Runs `body` on the ledger of the run in one durable transaction, and prints the receipt.
absl::StatusOr<Answer> Write(Session& session, const AccountArguments& arguments,
                             const std::function<absl::Status(Ledger&)>& body) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, RunOf(arguments));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForWriting());
  const absl::StatusOr<Receipt> receipt =
      opened.store->Update([&](Transaction& transaction) -> absl::Status {
        Ledger ledger(transaction, run);
        return body(ledger);
      });
  if (!receipt.ok()) return varve::cli::CloseAfter(opened, receipt.status());
  session.output().Object({{"lsn", receipt->lsn.value()}});
  return varve::cli::CloseAfter(opened, Answer::kYes);
}

// Runs `body` on the ledger of the run as it is now.
absl::StatusOr<Answer> Read(Session& session, const AccountArguments& arguments,
                            const std::function<absl::StatusOr<Answer>(const Ledger&)>& body) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, RunOf(arguments));
  VARVE_ASSIGN_OR_RETURN(const OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  return body(Ledger(view, run));
}

struct OpenArguments {
  AccountArguments account;
  bool may_overdraw = false;
};

void DeclareOpen(Arguments& arguments, OpenArguments& to) {
  DeclareAccount(arguments, to.account);
  arguments.Flag({.name = "--may-overdraw", .help = "Its balance may be below zero"},
                 to.may_overdraw);
}

absl::StatusOr<Answer> RunOpen(const OpenArguments& arguments, Session& session) {
  return Write(session, arguments.account, [&](Ledger& ledger) {
    return ledger.Open(arguments.account.account, {.may_overdraw = arguments.may_overdraw});
  });
}

struct TransferArguments {
  AccountArguments from;
  std::string to;
  std::int64_t amount = 0;
  std::string memo;
};

void DeclareTransfer(Arguments& arguments, TransferArguments& to) {
  arguments.Text({.name = "from", .help = "Who gives", .required = true}, to.from.account);
  arguments.Text({.name = "to", .help = "Who is given", .required = true}, to.to);
  arguments.Number({.name = "amount", .help = "In the smallest unit", .required = true}, to.amount);
  arguments.Text({.name = "--memo", .help = "What for", .value_name = "TEXT"}, to.memo);
  DeclareRun(arguments, to.from);
}

absl::StatusOr<Answer> RunTransfer(const TransferArguments& arguments, Session& session) {
  return Write(session, arguments.from, [&](Ledger& ledger) {
    return ledger.Transfer(arguments.from.account, arguments.to, arguments.amount, arguments.memo);
  });
}

absl::StatusOr<Answer> RunBalance(const AccountArguments& arguments, Session& session) {
  return Read(session, arguments, [&](const Ledger& ledger) -> absl::StatusOr<Answer> {
    VARVE_ASSIGN_OR_RETURN(const std::optional<AccountBalance> balance,
                           ledger.Balance(arguments.account));
    if (!balance.has_value()) return Answer::kNo;
    session.output().Line(std::to_string(balance->balance));
    session.output().Object({{"balance", balance->balance}, {"postings", balance->postings}});
    return Answer::kYes;
  });
}

absl::StatusOr<Answer> RunStatement(const AccountArguments& arguments, Session& session) {
  return Read(session, arguments, [&](const Ledger& ledger) -> absl::StatusOr<Answer> {
    VARVE_ASSIGN_OR_RETURN(const std::vector<Posting> postings,
                           ledger.Statement(arguments.account));
    for (const Posting& posting : postings) {
      session.output().Line(std::to_string(posting.number) + "  " + std::to_string(posting.amount) +
                            "  " + EscapeBytes(posting.other) + "  " + EscapeBytes(posting.memo));
      session.output().Object({{"number", posting.number},
                               {"amount", posting.amount},
                               {"other", BytesToJson(posting.other)},
                               {"memo", BytesToJson(posting.memo)}});
    }
    return Answer::kYes;
  });
}

struct RichestArguments {
  AccountArguments run;
  std::uint64_t limit = 10;
};

void DeclareRichest(Arguments& arguments, RichestArguments& to) {
  arguments.Number(
      {.name = "--limit", .help = "At most so many (default 10)", .value_name = "COUNT"}, to.limit);
  DeclareRun(arguments, to.run);
}

absl::StatusOr<Answer> RunRichest(const RichestArguments& arguments, Session& session) {
  return Read(session, arguments.run, [&](const Ledger& ledger) -> absl::StatusOr<Answer> {
    VARVE_ASSIGN_OR_RETURN(const std::vector<RankedBalance> richest,
                           ledger.Richest(arguments.limit));
    for (const RankedBalance& ranked : richest) {
      session.output().Line(std::to_string(ranked.balance) + "  " + EscapeBytes(ranked.account));
      session.output().Object(
          {{"balance", ranked.balance}, {"account", BytesToJson(ranked.account)}});
    }
    return Answer::kYes;
  });
}

}  // namespace

void AddLedgerVerbs(Verbs& root) {
  Verbs ledger = root.Group("ledger", "Double-entry accounts");
  ledger.Add<OpenArguments>(
      {"open", "Opens an account.", {"ledger open bank --may-overdraw", "ledger open ada"}},
      DeclareOpen, RunOpen);
  ledger.Add<TransferArguments>({"transfer",
                                 "Takes from one account what it gives to another.",
                                 {"ledger transfer bank ada 100 --memo salary"}},
                                DeclareTransfer, RunTransfer);
  ledger.Add<AccountArguments>(
      {"balance", "Prints what an account holds; exit 1: it is not open.", {"ledger balance ada"}},
      DeclareAccount, RunBalance);
  ledger.Add<AccountArguments>(
      {"statement", "Prints the postings of an account.", {"ledger statement ada"}}, DeclareAccount,
      RunStatement);
  ledger.Add<RichestArguments>(
      {"richest", "Prints the accounts that hold most.", {"ledger richest --limit 3"}},
      DeclareRichest, RunRichest);
}

}  // namespace acme
