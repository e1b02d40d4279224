// varve STORE kv get|exists|scan|count|history
#include <optional>
#include <string>
#include <vector>

#include "cli/kv_arguments.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"

namespace varve::cli {
namespace {

struct GetArguments {
  KeyArguments key;
  std::optional<std::uint64_t> at;
};

void DeclareAt(Arguments& arguments, std::optional<std::uint64_t>& at) {
  arguments.Number({.name = "--at",
                    .help = "As of this LSN, where history is kept that far",
                    .value_name = "LSN"},
                   at);
}

// The newest state, or that of an earlier LSN.
absl::StatusOr<ReadView> ViewAt(Store& store, std::optional<std::uint64_t> at) {
  return at ? store.AsOf(Lsn(*at)) : store.View();
}

void DeclareGet(Arguments& arguments, GetArguments& to) {
  DeclareKey(arguments, to.key);
  DeclareAt(arguments, to.at);
}

absl::StatusOr<Answer> RunGet(const GetArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const std::string key, KeyBytes(arguments.key));
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.key.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, ViewAt(*opened.store, arguments.at));
  VARVE_ASSIGN_OR_RETURN(const std::optional<KvRow> row, Kv(view, run).Get(key));
  if (!row) {
    session.output().Object({{"found", false}, {"key", BytesToJson(key)}});
    return Answer::kNo;
  }
  session.output().Raw(row->value);
  session.output().Raw("\n");
  Json object = {{"found", true}};
  object.update(KvRowToJson(*row));
  session.output().Object(object);
  return Answer::kYes;
}

absl::StatusOr<Answer> RunExists(const GetArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const std::string key, KeyBytes(arguments.key));
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.key.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, ViewAt(*opened.store, arguments.at));
  VARVE_ASSIGN_OR_RETURN(const bool exists, Kv(view, run).Exists(key));
  session.output().Line(exists ? "yes" : "no");
  session.output().Object({{"found", exists}, {"key", BytesToJson(key)}});
  return exists ? Answer::kYes : Answer::kNo;
}

struct ScanArguments {
  std::string prefix;
  std::string begin;
  std::string end;
  bool base64 = false;
  bool reverse = false;
  bool keys_only = false;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  std::string cursor;
  std::string run;
  std::optional<std::uint64_t> at;
};

void DeclareRange(Arguments& arguments, ScanArguments& to) {
  arguments.Text({.name = "prefix", .help = "Only keys that start with this"}, to.prefix);
  arguments.Text({.name = "--begin", .help = "The first key", .value_name = "KEY"}, to.begin);
  arguments.Text({.name = "--end", .help = "The key behind the last one", .value_name = "KEY"},
                 to.end);
  arguments.Flag({.name = "--base64", .help = "The key arguments are base64 (for any bytes)"},
                 to.base64);
  DeclareRun(arguments, to.run);
  DeclareAt(arguments, to.at);
}

void DeclareScan(Arguments& arguments, ScanArguments& to) {
  DeclareRange(arguments, to);
  arguments.Flag({.name = "--reverse", .help = "From the last key to the first"}, to.reverse);
  arguments.Flag({.name = "--keys", .help = "Keys without values"}, to.keys_only);
  arguments.Number({.name = "--limit", .help = "At most so many rows", .value_name = "N"}, to.limit,
                   {.min = 1});
  arguments.Text(
      {.name = "--cursor", .help = "Go on where a scan with --limit ended", .value_name = "TOKEN"},
      to.cursor);
}

// A range with its bytes decoded; `options` borrows from the strings.
struct DecodedRange {
  std::string prefix;
  std::string begin;
  std::string end;
  std::string cursor;
  [[nodiscard]] KvScanOptions ToOptions(const ScanArguments& arguments) const {
    KvScanOptions options;
    options.prefix = prefix;
    options.begin = begin;
    options.end = end;
    options.cursor = cursor;
    options.reverse = arguments.reverse;
    options.limit = arguments.limit;
    return options;
  }
};

absl::StatusOr<DecodedRange> DecodeRange(const ScanArguments& arguments) {
  DecodedRange range;
  const bool base64 = arguments.base64;
  VARVE_ASSIGN_OR_RETURN(range.prefix, DecodeArgument(arguments.prefix, base64, "prefix"));
  VARVE_ASSIGN_OR_RETURN(range.begin, DecodeArgument(arguments.begin, base64, "first key"));
  VARVE_ASSIGN_OR_RETURN(range.end, DecodeArgument(arguments.end, base64, "last key"));
  VARVE_ASSIGN_OR_RETURN(range.cursor, DecodeArgument(arguments.cursor, true, "cursor"));
  return range;
}

absl::StatusOr<Answer> RunScan(const ScanArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const DecodedRange range, DecodeRange(arguments));
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, ViewAt(*opened.store, arguments.at));
  Output& output = session.output();
  KvScan scan = Kv(view, run).Scan(range.ToOptions(arguments));
  for (const KvRow& row : scan) {
    if (Interrupted()) return absl::CancelledError("interrupted");
    if (output.json()) {
      Json object = KvRowToJson(row);
      if (arguments.keys_only) object.erase("value");
      output.Object(object);
    } else {
      std::string line = EscapeBytes(row.key);
      if (!arguments.keys_only) line.append(1, '\t').append(EscapeBytes(row.value));
      output.Line(line);
    }
  }
  VARVE_RETURN_IF_ERROR(scan.status());
  if (!scan.cursor().empty()) {
    const std::string token = EncodeBase64(scan.cursor());
    output.Object({{"cursor", token}});
    if (!output.json()) output.Note("there is more: --cursor " + token);
  }
  return Answer::kYes;
}

absl::StatusOr<Answer> RunCount(const ScanArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const DecodedRange range, DecodeRange(arguments));
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, ViewAt(*opened.store, arguments.at));
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t count,
                         Kv(view, run).Count(range.ToOptions(arguments)));
  session.output().Line(std::to_string(count));
  session.output().Object({{"count", count}});
  return Answer::kYes;
}

struct HistoryArguments {
  KeyArguments key;
  std::uint64_t limit = 100;
  std::optional<std::uint64_t> before;
};

void DeclareHistory(Arguments& arguments, HistoryArguments& to) {
  DeclareKey(arguments, to.key);
  arguments.Number(
      {.name = "--limit", .help = "At most so many versions (default 100)", .value_name = "N"},
      to.limit, {.min = 1});
  arguments.Number(
      {.name = "--before", .help = "Only versions older than this", .value_name = "LSN"},
      to.before);
}

void PrintVersion(const KvVersion& version, Output& output) {
  const std::string value = version.deleted ? "deleted" : EscapeBytes(version.value);
  output.Line(std::to_string(version.lsn.value()) + "\t" + FormatTime(version.commit_time) + "\t" +
              value);
  Json object = {{"lsn", version.lsn.value()},
                 {"commit_time_us", version.commit_time.micros()},
                 {"deleted", version.deleted}};
  if (!version.deleted) object["value"] = BytesToJson(version.value);
  if (version.expires) object["expires_us"] = version.expires->micros();
  output.Object(object);
}

absl::StatusOr<Answer> RunHistory(const HistoryArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const std::string key, KeyBytes(arguments.key));
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(arguments.key.run));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
  KvHistoryOptions options;
  options.limit = arguments.limit;
  if (arguments.before) options.before = Lsn(*arguments.before);
  VARVE_ASSIGN_OR_RETURN(const std::vector<KvVersion> versions,
                         Kv(view, run).History(key, options));
  for (const KvVersion& version : versions) PrintVersion(version, session.output());
  return versions.empty() ? Answer::kNo : Answer::kYes;
}

}  // namespace

void AddKvReadVerbs(Verbs& kv) {
  kv.Add<GetArguments>({"get",
                        "Prints the value of a key and a newline, nothing else. Exit 1 where there "
                        "is none.",
                        {"kv get greeting", "kv get greeting --json", "kv get greeting --at 42",
                         "kv get --base64 /wA="}},
                       DeclareGet, RunGet);
  kv.Add<GetArguments>(
      {"exists", "Whether there is such a key: exit 0 or 1.", {"kv exists greeting"}}, DeclareGet,
      RunExists);
  kv.Add<ScanArguments>(
      {"scan",
       "Prints rows in key order: key, tab, value; bytes that are not text are escaped (\\xHH).",
       {"kv scan user/", "kv scan --begin a --end b --limit 10 --json",
        "kv scan --reverse --keys"}},
      DeclareScan, RunScan);
  kv.Add<ScanArguments>(
      {"count", "Counts the keys of a prefix or a range.", {"kv count", "kv count user/"}},
      DeclareRange, RunCount);
  kv.Add<HistoryArguments>(
      {"history",
       "Prints the kept versions of a key, newest first: LSN, time, value. Exit 1 where there is "
       "none.",
       {"kv history greeting", "kv history greeting --limit 3 --json"}},
      DeclareHistory, RunHistory);
}

}  // namespace varve::cli
