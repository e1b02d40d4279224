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
  std::string at;
};

void DeclareRestore(Arguments& arguments, RestoreArguments& to) {
  arguments.Text(
      {.name = "target", .help = "The new store; must not exist, or be empty", .required = true},
      to.target);
  arguments.Text(
      {.name = "--at",
       .help = "The moment: an LSN, or a time in UTC as in 2026-01-31T23:59:59.5Z, up to "
               "which everything is in it (default: the newest)",
       .value_name = "LSN|TIME"},
      to.at);
}

std::optional<Lsn> ParseLsn(const std::string& text) {
  std::uint64_t value = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last) return std::nullopt;
  return Lsn(value);
}

std::optional<Timestamp> ParseTime(const std::string& text) {
  std::tm parts{};
  int length = 0;
  double seconds = 0;
  const int fields =
      std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%lfZ%n", &parts.tm_year, &parts.tm_mon,
                  &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &seconds, &length);
  if (fields != 6 || static_cast<std::size_t>(length) != text.size()) return std::nullopt;
  const auto within = [](int value, int min, int max) { return value >= min && value <= max; };
  if (!within(parts.tm_year, 1970, 9999) || !within(parts.tm_mon, 1, 12) ||
      !within(parts.tm_mday, 1, 31) || !within(parts.tm_hour, 0, 23) ||
      !within(parts.tm_min, 0, 59) || !(seconds >= 0 && seconds < 61)) {
    return std::nullopt;
  }
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  const std::time_t minutes = timegm(&parts);
  return Timestamp(static_cast<std::uint64_t>(minutes) * 1'000'000 +
                   static_cast<std::uint64_t>(seconds * 1e6 + 0.5));
}

// Digits alone are an LSN: no time looks like that.
absl::StatusOr<RestorePoint> ParsePoint(const std::string& text) {
  RestorePoint point;
  if (text.empty()) return point;
  if (const std::optional<Lsn> lsn = ParseLsn(text)) {
    point.lsn = *lsn;
  } else if (const std::optional<Timestamp> time = ParseTime(text)) {
    point.time = *time;
  } else {
    return InvalidArgument("--at ", text,
                           " is no moment: give an LSN, as in 41, or a time in UTC, as in "
                           "2026-01-31T23:59:59.5Z");
  }
  return point;
}

absl::StatusOr<Answer> RunRestore(const RestoreArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const RestorePoint point, ParsePoint(arguments.at));
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
       "Makes a new store with the state of an earlier moment, from snapshots and log. STORE is a "
       "store or a backup, and only read.",
       {"restore /srv/copy.varve", "restore /srv/yesterday.varve --at 2026-01-31T23:59:59Z",
        "restore /srv/before.varve --at 41"}},
      DeclareRestore, RunRestore);
}

}  // namespace varve::cli
