// varve STORE backup TARGET: a copy from which every later restore can be made.
#include <string>

#include "cli/progress.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"
#include "recovery/backup.h"

namespace varve::cli {
namespace {

struct BackupArguments {
  std::string target;
};

void DeclareBackup(Arguments& arguments, BackupArguments& to) {
  arguments.Text({.name = "target",
                  .help = "The backup: a new folder, or one that STORE was backed up into before",
                  .required = true},
                 to.target);
}

void PrintReport(const BackupReport& report, const std::string& target, Output& output) {
  output.Line((report.first ? "made " : "brought up to date ") + target);
  std::string moments = "  every moment from LSN " + std::to_string(report.first_lsn.value()) +
                        " to " + std::to_string(report.last_lsn.value());
  if (report.last_commit_time > Timestamp()) {
    moments += ", committed " + FormatTime(report.last_commit_time);
  }
  output.Line(moments);
  output.Line("  copied " + FormatBytes(report.bytes_copied) + " (" +
              FormatCount(report.snapshots_copied) + " snapshots, " +
              FormatCount(report.segments_copied) + " log segments), verified; " +
              FormatBytes(report.bytes_present) + " were there");
}

Json ReportToJson(const BackupReport& report, const std::string& target) {
  Json object = {{"target", target},
                 {"uuid", report.store.ToString()},
                 {"first", report.first},
                 {"first_lsn", report.first_lsn.value()},
                 {"lsn", report.last_lsn.value()}};
  if (report.last_commit_time > Timestamp()) {
    object["commit_time_us"] = report.last_commit_time.micros();
  }
  object["bytes_copied"] = report.bytes_copied;
  object["bytes_present"] = report.bytes_present;
  object["snapshots_copied"] = report.snapshots_copied;
  object["segments_copied"] = report.segments_copied;
  object["seconds"] = static_cast<double>(report.time.count()) / 1e6;
  object["warnings"] = report.warnings;
  return object;
}

absl::StatusOr<Answer> RunBackup(const BackupArguments& arguments, Session& session) {
  Output& output = session.output();
  Progress bar(output, "backing up", Progress::Unit::kBytes, 0);
  BackupOptions options;
  options.cancelled = Interrupted;
  options.progress = [&](const BackupProgress& progress) {
    bar.Update(progress.bytes_done, progress.bytes_total, "");
  };
  VARVE_ASSIGN_OR_RETURN(const BackupReport report,
                         BackupStore(session.store(), arguments.target, options));
  bar.Finish();
  for (const std::string& warning : report.warnings) output.Note(warning);
  PrintReport(report, arguments.target, output);
  output.Object(ReportToJson(report, arguments.target));
  return Answer::kYes;
}

}  // namespace

void AddBackupVerb(Verbs& root) {
  root.Add<BackupArguments>(
      {"backup",
       "Copies the store into a backup folder, beside whoever writes to it, and verifies the copy. "
       "Again into the same folder, it copies what is new. `varve TARGET restore NEW --at MOMENT` "
       "then makes a store of any moment since the first time.",
       {"backup /backup/agent", "backup /backup/agent --json"}},
      DeclareBackup, RunBackup);
}

}  // namespace varve::cli
