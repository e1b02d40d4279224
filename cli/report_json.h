// Recovery reports, snapshots and damage as JSON: the stable field names of docs/cli.md.
#ifndef VARVE_CLI_REPORT_JSON_H_
#define VARVE_CLI_REPORT_JSON_H_

#include <string>

#include "cli/output.h"
#include "recovery/open.h"
#include "snapshot/snapshot.h"

namespace varve::cli {

[[nodiscard]] Json RecoveryReportToJson(const RecoveryReport& report);
[[nodiscard]] Json SnapshotInfoToJson(const snapshot::SnapshotInfo& info);

// The report as text, each line behind `indent`.
void PrintRecoveryReport(const RecoveryReport& report, std::string_view indent, Output& output);

// What a restore did, on one line: its report says nothing of a last session or a torn tail.
[[nodiscard]] std::string DescribeRestore(const RecoveryReport& report);

// Entries that recovery replayed: none means that the base alone is the state served.
[[nodiscard]] std::uint64_t EntriesReplayed(const RecoveryReport& report);

}  // namespace varve::cli

#endif  // VARVE_CLI_REPORT_JSON_H_
