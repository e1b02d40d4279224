// varve STORE salvage TARGET: what is whole of a damaged store, in a new one.
#include <string>

#include "cli/report_json.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"
#include "recovery/salvage.h"

namespace varve::cli {
namespace {

struct SalvageArguments {
  std::string target;
};

void DeclareSalvage(Arguments& arguments, SalvageArguments& to) {
  arguments.Text(
      {.name = "target", .help = "The new store; must not exist, or be empty", .required = true},
      to.target);
}

std::string LsnRange(const LostTransactions& lost) {
  const std::string first = std::to_string(lost.first.value());
  return lost.first == lost.last ? "LSN " + first
                                 : "LSN " + first + " to " + std::to_string(lost.last.value());
}

void PrintReport(const SalvageReport& report, const std::string& target, Output& output) {
  output.Line("made " + target + ", up to LSN " + std::to_string(report.last_lsn.value()));
  output.Line("  from " +
              (report.base == RecoveryReport::Base::kSnapshot
                   ? "the snapshot of LSN " + std::to_string(report.base_lsn.value())
                   : std::string("the start of the log")) +
              " and " + FormatCount(report.records_taken) + " records of the log");
  for (const std::string& warning : report.warnings) output.Line("!   " + warning);
  for (const LostTransactions& lost : report.lost) {
    const std::string place =
        lost.file.empty() ? "" : ": " + lost.file + ", offset " + std::to_string(lost.offset);
    output.Line("BAD lost " + LsnRange(lost) + place + ": " + lost.found);
  }
  for (const RefusedTransaction& refused : report.refused) {
    output.Line("BAD left out LSN " + std::to_string(refused.lsn.value()) +
                ", which rests on what is lost: " + refused.why);
  }
  if (report.complete()) output.Line("nothing that is known to have been durable is lost");
}

Json ReportToJson(const SalvageReport& report) {
  Json lost = Json::array();
  for (const LostTransactions& range : report.lost) {
    lost.push_back(Json{{"first_lsn", range.first.value()},
                        {"last_lsn", range.last.value()},
                        {"file", range.file},
                        {"offset", range.offset},
                        {"found", range.found}});
  }
  Json refused = Json::array();
  for (const RefusedTransaction& transaction : report.refused) {
    refused.push_back(Json{{"lsn", transaction.lsn.value()}, {"why", transaction.why}});
  }
  return Json{{"complete", report.complete()},
              {"base", report.base == RecoveryReport::Base::kSnapshot ? "snapshot" : "log_start"},
              {"base_lsn", report.base_lsn.value()},
              {"records_taken", report.records_taken},
              {"lsn", report.last_lsn.value()},
              {"lost", lost},
              {"refused", refused},
              {"warnings", report.warnings}};
}

absl::StatusOr<Answer> RunSalvage(const SalvageArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(OpenOptions options, session.MakeOpenOptions());
  options.cancelled = Interrupted;
  VARVE_ASSIGN_OR_RETURN(const SalvageReport report, SalvageStore(session.store(), arguments.target,
                                                                  session.MakeRegistry(), options));
  PrintReport(report, arguments.target, session.output());
  Json object = ReportToJson(report);
  object["target"] = arguments.target;
  session.output().Object(object);
  return report.complete() ? Answer::kYes : Answer::kNo;
}

}  // namespace

void AddSalvageVerb(Verbs& root) {
  root.Add<SalvageArguments>(
      {"salvage",
       "Makes a new store from everything that is whole of a damaged one: the newest whole "
       "snapshot and each whole record of the log behind it. Says which transactions are lost. "
       "STORE is only read. Exit 1 where something is lost.",
       {"salvage /srv/saved.varve", "salvage /srv/saved.varve --json"}},
      DeclareSalvage, RunSalvage);
}

}  // namespace varve::cli
