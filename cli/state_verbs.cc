// varve STORE state get|list|history|init|set|cas|delete|lease ...
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/kv_arguments.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"
#include "primitives/state/lease.h"
#include "primitives/state/state.h"

namespace varve::cli {
namespace {

constexpr std::uint64_t kPageCells = 1000;

struct NameArguments {
  std::string name;
  std::string run;
};

void DeclareName(Arguments& arguments, NameArguments& to) {
  arguments.Text({.name = "name", .help = "The name, 1 to 1024 bytes", .required = true}, to.name);
  DeclareRun(arguments, to.run);
}

// Runs `body` in a durable transaction and closes the store. `body` answers whether its condition
// held, and adds to `fields`, which are printed with the receipt.
using WriteBody = std::function<absl::StatusOr<bool>(Transaction&, const RunId&, Json& fields)>;

absl::StatusOr<Answer> Write(Session& session, const NameArguments& arguments,
                             const WriteBody& body) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForWriting());
  Json fields;
  bool held = false;
  const absl::StatusOr<Receipt> receipt = opened.store->Update([&](Transaction& txn) {
    fields = {{"name", BytesToJson(arguments.name)}};
    absl::StatusOr<bool> answer = body(txn, run, fields);
    held = answer.value_or(false);
    return answer.status();
  });
  if (!receipt.ok()) return CloseAfter(opened, receipt.status());
  VARVE_ASSIGN_OR_RETURN(const Answer answer,
                         CloseAfter(opened, held ? Answer::kYes : Answer::kNo));
  fields["written"] = held;
  if (held) {
    fields["lsn"] = receipt->lsn.value();
    fields["commit_time_us"] = receipt->commit_time.micros();
  }
  session.output().Object(fields);
  return answer;
}

Json CellToJson(const Cell& cell) {
  return {{"name", BytesToJson(cell.name)},
          {"value", BytesToJson(cell.value)},
          {"version", cell.version},
          {"lsn", cell.lsn.value()},
          {"commit_time_us", cell.commit_time.micros()}};
}

absl::StatusOr<Answer> RunGet(const NameArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  VARVE_ASSIGN_OR_RETURN(const std::optional<Cell> cell, Cells(view, run).Get(arguments.name));
  if (!cell.has_value()) {
    session.output().Object({{"found", false}, {"name", BytesToJson(arguments.name)}});
    return Answer::kNo;
  }
  session.output().Raw(cell->value);
  session.output().Raw("\n");
  Json object = {{"found", true}};
  object.update(CellToJson(*cell));
  session.output().Object(object);
  return Answer::kYes;
}

struct ListArguments {
  std::string prefix;
  std::string run;
};

void DeclareList(Arguments& arguments, ListArguments& to) {
  arguments.Text({.name = "prefix", .help = "Only names that start with it"}, to.prefix);
  DeclareRun(arguments, to.run);
}

absl::StatusOr<Answer> RunList(const ListArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  std::string after;
  while (true) {
    VARVE_ASSIGN_OR_RETURN(
        const std::vector<Cell> page,
        Cells(view, run).List({.prefix = arguments.prefix, .after = after, .limit = kPageCells}));
    for (const Cell& cell : page) {
      session.output().Line(EscapeBytes(cell.name) + "  " + std::to_string(cell.version) + "  " +
                            EscapeBytes(cell.value));
      session.output().Object(CellToJson(cell));
    }
    if (page.size() < kPageCells) return Answer::kYes;
    after = page.back().name;
  }
}

struct HistoryArguments {
  NameArguments name;
  std::uint64_t limit = 100;
};

void DeclareHistory(Arguments& arguments, HistoryArguments& to) {
  DeclareName(arguments, to.name);
  arguments.Number({.name = "--limit", .help = "At most so many (default 100)", .value_name = "N"},
                   to.limit, {.min = 1});
}

absl::StatusOr<Answer> RunHistory(const HistoryArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.name.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  VARVE_ASSIGN_OR_RETURN(const std::vector<CellVersion> versions,
                         Cells(view, run).History(arguments.name.name, {.limit = arguments.limit}));
  for (const CellVersion& version : versions) {
    const std::string what =
        version.deleted ? "(deleted)"
                        : std::to_string(version.version) + "  " + EscapeBytes(version.value);
    session.output().Line(FormatTime(version.commit_time) + "  " + what);
    session.output().Object({{"lsn", version.lsn.value()},
                             {"commit_time_us", version.commit_time.micros()},
                             {"deleted", version.deleted},
                             {"version", version.version},
                             {"value", BytesToJson(version.value)}});
  }
  return versions.empty() ? Answer::kNo : Answer::kYes;
}

struct SetArguments {
  NameArguments name;
  ValueArguments value;
  std::optional<std::uint64_t> version;
  std::string lease;
  std::uint64_t token = 0;
};

void DeclareInit(Arguments& arguments, SetArguments& to) {
  arguments.Text({.name = "name", .help = "The name, 1 to 1024 bytes", .required = true},
                 to.name.name);
  DeclareValue(arguments, to.value);
  DeclareRun(arguments, to.name.run);
}

absl::StatusOr<Answer> RunInit(const SetArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const std::string value, ValueBytes(arguments.value, false));
  return Write(session, arguments.name, [&](Transaction& txn, const RunId& run, Json&) {
    return Cells(txn, run).Init(arguments.name.name, value);
  });
}

void DeclareSet(Arguments& arguments, SetArguments& to) {
  DeclareInit(arguments, to);
  arguments.Text({.name = "--lease",
                  .help = "Only while this lease is held under --token; else exit 1",
                  .value_name = "LEASE"},
                 to.lease);
  arguments.Number({.name = "--token", .help = "The token of --lease", .value_name = "N"},
                   to.token);
}

absl::StatusOr<Answer> RunSet(const SetArguments& arguments, Session& session) {
  if (arguments.lease.empty() != (arguments.token == 0)) {
    return InvalidArgument("--lease and --token belong together: give both or none");
  }
  VARVE_ASSIGN_OR_RETURN(const std::string value, ValueBytes(arguments.value, false));
  const std::string& name = arguments.name.name;
  return Write(session, arguments.name,
               [&](Transaction& txn, const RunId& run, Json& fields) -> absl::StatusOr<bool> {
                 Cells cells(txn, run);
                 if (!arguments.lease.empty()) {
                   return cells.SetWithLease(name, value, arguments.lease, arguments.token);
                 }
                 VARVE_ASSIGN_OR_RETURN(fields["version"], cells.Set(name, value));
                 return true;
               });
}

void DeclareCas(Arguments& arguments, SetArguments& to) {
  DeclareInit(arguments, to);
  arguments.Number({.name = "--version",
                    .help = "The version that the cell must have",
                    .value_name = "N",
                    .required = true},
                   to.version);
}

absl::StatusOr<Answer> RunCas(const SetArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const std::string value, ValueBytes(arguments.value, false));
  return Write(session, arguments.name, [&](Transaction& txn, const RunId& run, Json&) {
    return Cells(txn, run).CompareAndSet(arguments.name.name, arguments.version.value_or(0), value);
  });
}

struct DeleteArguments {
  NameArguments name;
  std::optional<std::uint64_t> version;
};

void DeclareDelete(Arguments& arguments, DeleteArguments& to) {
  DeclareName(arguments, to.name);
  arguments.Number({.name = "--version",
                    .help = "Only where the cell has this version; else exit 1",
                    .value_name = "N"},
                   to.version);
}

absl::StatusOr<Answer> RunDelete(const DeleteArguments& arguments, Session& session) {
  const std::string& name = arguments.name.name;
  return Write(session, arguments.name,
               [&](Transaction& txn, const RunId& run, Json&) -> absl::StatusOr<bool> {
                 Cells cells(txn, run);
                 if (arguments.version) return cells.CompareAndDelete(name, *arguments.version);
                 VARVE_ASSIGN_OR_RETURN(const std::optional<Cell> cell, cells.Get(name));
                 if (cell.has_value()) VARVE_RETURN_IF_ERROR(cells.Delete(name));
                 return cell.has_value();
               });
}

struct LeaseArguments {
  NameArguments name;
  std::string owner;
  std::uint64_t token = 0;
  double ttl_seconds = 0;
};

void DeclareTtl(Arguments& arguments, LeaseArguments& to) {
  arguments.Number(
      {.name = "--ttl", .help = "For how long", .value_name = "SECONDS", .required = true},
      to.ttl_seconds, {0.000001, 1e11});
}

void DeclareAcquire(Arguments& arguments, LeaseArguments& to) {
  DeclareName(arguments, to.name);
  arguments.Text({.name = "owner", .help = "Who takes it, 1 to 256 bytes", .required = true},
                 to.owner);
  DeclareTtl(arguments, to);
}

void DeclareRelease(Arguments& arguments, LeaseArguments& to) {
  DeclareName(arguments, to.name);
  arguments.Number({.name = "token", .help = "The token that it is held under", .required = true},
                   to.token);
}

void DeclareRenew(Arguments& arguments, LeaseArguments& to) {
  DeclareRelease(arguments, to);
  DeclareTtl(arguments, to);
}

std::chrono::microseconds TtlOf(const LeaseArguments& arguments) {
  return std::chrono::microseconds(static_cast<std::int64_t>(arguments.ttl_seconds * 1e6));
}

// Adds the lease to `fields`; false where there is none.
bool Report(const std::optional<Lease>& lease, Json& fields) {
  if (!lease.has_value()) return false;
  fields["owner"] = BytesToJson(lease->owner);
  fields["token"] = lease->token;
  fields["expires_us"] = lease->expires.micros();
  return true;
}

absl::StatusOr<Answer> RunAcquire(const LeaseArguments& arguments, Session& session) {
  std::string line;
  VARVE_ASSIGN_OR_RETURN(
      const Answer answer,
      Write(session, arguments.name,
            [&](Transaction& txn, const RunId& run, Json& fields) -> absl::StatusOr<bool> {
              VARVE_ASSIGN_OR_RETURN(
                  const std::optional<Lease> lease,
                  Leases(txn, run).Acquire(arguments.name.name, arguments.owner, TtlOf(arguments)));
              line = lease.has_value() ? std::to_string(lease->token) : "";
              return Report(lease, fields);
            }));
  if (!line.empty()) session.output().Line(line);
  return answer;
}

absl::StatusOr<Answer> RunRenew(const LeaseArguments& arguments, Session& session) {
  return Write(session, arguments.name,
               [&](Transaction& txn, const RunId& run, Json& fields) -> absl::StatusOr<bool> {
                 VARVE_ASSIGN_OR_RETURN(const std::optional<Lease> lease,
                                        Leases(txn, run).Renew(arguments.name.name, arguments.token,
                                                               TtlOf(arguments)));
                 return Report(lease, fields);
               });
}

absl::StatusOr<Answer> RunRelease(const LeaseArguments& arguments, Session& session) {
  return Write(session, arguments.name, [&](Transaction& txn, const RunId& run, Json&) {
    return Leases(txn, run).Release(arguments.name.name, arguments.token);
  });
}

absl::StatusOr<Answer> RunLeaseGet(const NameArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  VARVE_ASSIGN_OR_RETURN(const std::optional<Lease> lease, Leases(view, run).Get(arguments.name));
  Json fields = {{"held", lease.has_value()}, {"name", BytesToJson(arguments.name)}};
  const bool held = Report(lease, fields);
  if (held) {
    session.output().Line(EscapeBytes(lease->owner) + "  token " + std::to_string(lease->token) +
                          "  until " + FormatTime(lease->expires));
  }
  session.output().Object(fields);
  return held ? Answer::kYes : Answer::kNo;
}

void AddLeaseVerbs(Verbs& state) {
  Verbs lease = state.Group("lease", "Leases: one holder at a time, with a token");
  lease.Add<NameArguments>(
      {"get", "Who holds a lease. Exit 1 where nobody does.", {"state lease get leader"}},
      DeclareName, RunLeaseGet);
  lease.Add<LeaseArguments>({"acquire",
                             "Takes a lease and prints its token. Exit 1 where it is held.",
                             {"state lease acquire leader worker-7 --ttl 30"}},
                            DeclareAcquire, RunAcquire);
  lease.Add<LeaseArguments>({"renew",
                             "Holds a lease for longer. Exit 1 where it is not held under TOKEN.",
                             {"state lease renew leader 3 --ttl 30"}},
                            DeclareRenew, RunRenew);
  lease.Add<LeaseArguments>({"release",
                             "Gives a lease back. Exit 1 where it is not held under TOKEN.",
                             {"state lease release leader 3"}},
                            DeclareRelease, RunRelease);
}

}  // namespace

void AddStateVerbs(Verbs& root) {
  Verbs state = root.Group("state", "Cells with versions, and leases");
  state.Add<NameArguments>({"get", "Prints the value of a cell.", {"state get phase"}}, DeclareName,
                           RunGet);
  state.Add<ListArguments>({"list", "Lists cells by name.", {"state list agent/"}}, DeclareList,
                           RunList);
  state.Add<HistoryArguments>(
      {"history", "The versions of a cell that are kept.", {"state history phase"}}, DeclareHistory,
      RunHistory);
  state.Add<SetArguments>({"init",
                           "Makes a cell, at version 1. Exit 1 where there is one.",
                           {"state init phase planning"}},
                          DeclareInit, RunInit);
  state.Add<SetArguments>(
      {"set",
       "Sets the value of a cell, durably.",
       {"state set phase acting", "state set plan --file plan.json --lease leader --token 3"}},
      DeclareSet, RunSet);
  state.Add<SetArguments>({"cas",
                           "Sets the value where the cell has the version expected; else exit 1.",
                           {"state cas phase done --version 2"}},
                          DeclareCas, RunCas);
  state.Add<DeleteArguments>(
      {"delete", "Deletes a cell. Exit 1 where there is none.", {"state delete phase"}},
      DeclareDelete, RunDelete);
  AddStateWatchVerb(state);
  AddLeaseVerbs(state);
}

}  // namespace varve::cli
