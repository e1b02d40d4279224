// varve STORE restore TARGET: a new store with the state of an earlier moment.
#include <charconv>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>

#include "cli/report_json.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"

namespace varve::cli {
namespace {

struct RestoreArguments {
  std::string target;
  std::optional<std::uint64_t> lsn;
  std::string time;
};

void DeclareRestore(Arguments& arguments, RestoreArguments& to) {
  arguments.Text(
      {.name = "target", .help = "The new store; must not exist, or be empty", .required = true},
      to.target);
  arguments.Number(
      {.name = "--lsn", .help = "Up to this LSN (default: the newest)", .value_name = "LSN"},
      to.lsn);
  arguments.Text(
      {.name = "--time",
       .help = "Up to this moment, in UTC: 2026-01-31T23:59:59Z, or microseconds since 1970",
       .value_name = "TIME"},
      to.time);
}

std::optional<Timestamp> ParseTime(const std::string& text) {
  std::uint64_t micros = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, micros);
  if (error == std::errc() && end == last) return Timestamp(micros);
  std::tm parts{};
  int length = 0;
  double seconds = 0;
  const int fields =
      std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%lfZ%n", &parts.tm_year, &parts.tm_mon,
                  &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &seconds, &length);
  if (fields != 6 || static_cast<std::size_t>(length) != text.size()) return std::nullopt;
  if (parts.tm_year < 1970 || seconds < 0 || seconds >= 61) return std::nullopt;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  const std::time_t minutes = timegm(&parts);
  return Timestamp(static_cast<std::uint64_t>(minutes) * 1'000'000 +
                   static_cast<std::uint64_t>(seconds * 1e6 + 0.5));
}

absl::StatusOr<Answer> RunRestore(const RestoreArguments& arguments, Session& session) {
  RestorePoint point;
  if (arguments.lsn) point.lsn = Lsn(*arguments.lsn);
  if (!arguments.time.empty()) {
    const std::optional<Timestamp> time = ParseTime(arguments.time);
    if (!time) {
      return InvalidArgument("--time ", arguments.time,
                             " is no moment; it looks like 2026-01-31T23:59:59.5Z");
    }
    point.time = *time;
  }
  VARVE_ASSIGN_OR_RETURN(OpenOptions options, session.MakeOpenOptions());
  options.create_if_missing = true;
  VARVE_ASSIGN_OR_RETURN(
      const RecoveryReport report,
      RestoreStore(session.store(), arguments.target, point, session.MakeRegistry(), options));
  Output& output = session.output();
  output.Line("made " + arguments.target);
  output.Line("  " + DescribeRestore(report));
  output.Object({{"target", arguments.target},
                 {"lsn", report.last_lsn.value()},
                 {"recovery", RecoveryReportToJson(report)}});
  return Answer::kYes;
}

}  // namespace

void AddRestoreVerb(Verbs& root) {
  root.Add<RestoreArguments>(
      {"restore",
       "Makes a new store with the state of an LSN or a moment, from snapshots and log. STORE is "
       "only read.",
       {"restore /srv/copy.varve", "restore /srv/yesterday.varve --time 2026-01-31T23:59:59Z",
        "restore /srv/before.varve --lsn 41"}},
      DeclareRestore, RunRestore);
}

}  // namespace varve::cli
