// varve STORE kv put|cas|delete|increment|sweep
#include <functional>
#include <optional>
#include <string>

#include "cli/kv_arguments.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"

namespace varve::cli {
namespace {

// Runs `body` in a durable transaction on a Kv of `run`, prints the receipt (with `fields` beside
// it) and closes the store. `body` answers whether its condition held.
using KvBody = std::function<absl::StatusOr<bool>(Kv& kv, Json& fields)>;

absl::StatusOr<Answer> RunInTransaction(Session& session, const RunId& run, Json fields,
                                        const KvBody& body) {
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForWriting());
  bool held = false;
  const absl::StatusOr<Receipt> receipt = opened.store->Update([&](Transaction& txn) {
    Kv kv(txn, run);
    absl::StatusOr<bool> answer = body(kv, fields);
    held = answer.value_or(false);
    return answer.status();
  });
  // The error of the write is worth more than one of the close.
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

struct PutArguments {
  KeyArguments key;
  ValueArguments value;
  double ttl_seconds = 0;
  bool if_absent = false;
};

void DeclarePut(Arguments& arguments, PutArguments& to) {
  DeclareKey(arguments, to.key);
  DeclareValue(arguments, to.value);
  arguments.Number(
      {.name = "--ttl", .help = "Reads as absent after so many seconds", .value_name = "SECONDS"},
      to.ttl_seconds, {0.000001, 1e11});
  arguments.Flag({.name = "--if-absent", .help = "Only where there is no such key; else exit 1"},
                 to.if_absent);
}

absl::StatusOr<Answer> RunPut(const PutArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const std::string key, KeyBytes(arguments.key));
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.key.run));
  VARVE_ASSIGN_OR_RETURN(const std::string value,
                         ValueBytes(arguments.value, arguments.key.base64));
  KvPutOptions options;
  if (arguments.ttl_seconds > 0) {
    options.ttl = std::chrono::microseconds(static_cast<std::int64_t>(arguments.ttl_seconds * 1e6));
  }
  return RunInTransaction(session, run, {{"key", BytesToJson(key)}},
                          [&](Kv& kv, Json&) -> absl::StatusOr<bool> {
                            if (arguments.if_absent) return kv.PutIfAbsent(key, value, options);
                            VARVE_RETURN_IF_ERROR(kv.Put(key, value, options));
                            return true;
                          });
}

struct CasArguments {
  KeyArguments key;
  ValueArguments value;
  std::optional<std::uint64_t> version;
  std::optional<std::string> old_value;
};

void DeclareCas(Arguments& arguments, CasArguments& to) {
  DeclareKey(arguments, to.key);
  DeclareValue(arguments, to.value);
  arguments.Number({.name = "--if-lsn",
                    .help = "Only where the row was written at this LSN",
                    .value_name = "LSN"},
                   to.version);
  arguments.Text(
      {.name = "--if-value", .help = "Only where this is the value", .value_name = "VALUE"},
      to.old_value);
}

absl::StatusOr<Answer> RunCas(const CasArguments& arguments, Session& session) {
  if (arguments.version.has_value() == arguments.old_value.has_value()) {
    return InvalidArgument("give either --if-lsn or --if-value");
  }
  VARVE_ASSIGN_OR_RETURN(const std::string key, KeyBytes(arguments.key));
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.key.run));
  const bool base64 = arguments.key.base64;
  VARVE_ASSIGN_OR_RETURN(const std::string value, ValueBytes(arguments.value, base64));
  VARVE_ASSIGN_OR_RETURN(const std::string old_value,
                         DecodeArgument(arguments.old_value.value_or(""), base64, "old value"));
  return RunInTransaction(session, run, {{"key", BytesToJson(key)}}, [&](Kv& kv, Json&) {
    return arguments.version ? kv.CompareAndSet(key, Lsn(*arguments.version), value)
                             : kv.CompareAndSet(key, std::string_view(old_value), value);
  });
}

absl::StatusOr<Answer> RunDelete(const KeyArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const std::string key, KeyBytes(arguments));
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  return RunInTransaction(session, run, {{"key", BytesToJson(key)}},
                          [&](Kv& kv, Json&) -> absl::StatusOr<bool> {
                            VARVE_ASSIGN_OR_RETURN(const bool exists, kv.Exists(key));
                            if (exists) VARVE_RETURN_IF_ERROR(kv.Delete(key));
                            return exists;
                          });
}

struct IncrementArguments {
  KeyArguments key;
  std::int64_t amount = 1;
};

void DeclareIncrement(Arguments& arguments, IncrementArguments& to) {
  DeclareKey(arguments, to.key);
  arguments.Number({.name = "amount", .help = "How much to add; may be negative (default 1)"},
                   to.amount);
}

absl::StatusOr<Answer> RunIncrement(const IncrementArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const std::string key, KeyBytes(arguments.key));
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.key.run));
  std::int64_t sum = 0;
  VARVE_ASSIGN_OR_RETURN(const Answer answer,
                         RunInTransaction(session, run, {{"key", BytesToJson(key)}},
                                          [&](Kv& kv, Json& fields) -> absl::StatusOr<bool> {
                                            VARVE_ASSIGN_OR_RETURN(
                                                sum, kv.Increment(key, arguments.amount));
                                            fields["value"] = sum;
                                            return true;
                                          }));
  session.output().Line(std::to_string(sum));
  return answer;
}

struct SweepArguments {
  std::string run;
};

void DeclareSweep(Arguments& arguments, SweepArguments& to) { DeclareRun(arguments, to.run); }

absl::StatusOr<std::uint64_t> SweepAll(Store& store, const RunId& run) {
  std::uint64_t deleted = 0;
  bool more = true;
  while (more) {
    KvSweep sweep;
    VARVE_RETURN_IF_ERROR(store
                              .Update([&](Transaction& txn) -> absl::Status {
                                VARVE_ASSIGN_OR_RETURN(sweep, Kv(txn, run).SweepExpired());
                                return absl::OkStatus();
                              })
                              .status());
    deleted += sweep.deleted;
    more = sweep.more;
  }
  return deleted;
}

absl::StatusOr<Answer> RunSweep(const SweepArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForWriting());
  const absl::StatusOr<std::uint64_t> deleted = SweepAll(*opened.store, run);
  if (!deleted.ok()) return CloseAfter(opened, deleted.status());
  VARVE_RETURN_IF_ERROR(CloseAfter(opened, Answer::kYes).status());
  session.output().Line("deleted " + FormatCount(*deleted) + " expired keys");
  session.output().Object({{"deleted", *deleted}});
  return Answer::kYes;
}

}  // namespace

void AddKvWriteVerbs(Verbs& kv) {
  kv.Add<PutArguments>(
      {"put",
       "Sets the value of a key, durably.",
       {"kv put greeting hello", "kv put photo --file photo.jpg", "kv put token abc --ttl 3600",
        "kv put lock me --if-absent", "kv put -- -dashes- value"}},
      DeclarePut, RunPut);
  kv.Add<CasArguments>({"cas",
                        "Sets the value where the row is still the one expected; else exit 1.",
                        {"kv cas greeting hi --if-value hello", "kv cas greeting hi --if-lsn 42"}},
                       DeclareCas, RunCas);
  kv.Add<KeyArguments>(
      {"delete", "Deletes a key. Exit 1 where there is none.", {"kv delete greeting"}}, DeclareKey,
      RunDelete);
  kv.Add<IncrementArguments>({"increment",
                              "Adds to a decimal number and prints the sum; absent counts as 0.",
                              {"kv increment visits", "kv increment balance -5"}},
                             DeclareIncrement, RunIncrement);
  kv.Add<SweepArguments>(
      {"sweep", "Deletes keys whose --ttl has run out, to give their space back.", {"kv sweep"}},
      DeclareSweep, RunSweep);
}

void AddKvVerbs(Verbs& root) {
  Verbs kv = root.Group("kv", "Keys and values: get, put, scan, history, ...");
  AddKvReadVerbs(kv);
  AddKvWriteVerbs(kv);
}

}  // namespace varve::cli
