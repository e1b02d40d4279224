// varve STORE wal ls|verify. Neither writes; both work beside a writing process.
#include <string>

#include "cli/log_scan.h"
#include "cli/progress.h"
#include "cli/verb_groups.h"
#include "cli/wal_dump.h"
#include "kernel/base/status.h"

namespace varve::cli {
namespace {

struct NoArguments {};
void DeclareNothing(Arguments&, NoArguments&) {}

void PrintSegment(const wal::SegmentFile& segment, Output& output) {
  const wal::SegmentHeader& header = segment.header;
  if (segment.unused) {
    output.Line(segment.path + "  " + FormatBytes(segment.file_bytes) + "  unused");
  } else {
    output.Line(segment.path + "  " + FormatBytes(segment.file_bytes) + "  from LSN " +
                std::to_string(header.first_lsn.value()) + "  " + FormatTime(header.created));
  }
  Json object = {{"segment", segment.number},
                 {"path", segment.path},
                 {"file_bytes", segment.file_bytes},
                 {"unused", segment.unused}};
  if (!segment.unused) {
    object["first_lsn"] = header.first_lsn.value();
    object["created_us"] = header.created.micros();
    object["predecessor_end_offset"] = header.predecessor.end_offset;
    object["predecessor_last_lsn"] = header.predecessor.last_lsn.value();
  }
  output.Object(object);
}

absl::StatusOr<Answer> RunLs(const NoArguments&, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const LogFiles log, FindLog(session));
  for (const wal::SegmentFile& segment : log.segments) PrintSegment(segment, session.output());
  return Answer::kYes;
}

void PrintScan(const wal::SegmentFile& segment, const SegmentScan& scan, Output& output) {
  if (segment.unused) return;
  output.Line(segment.path + "  " + FormatCount(scan.records) + " records, LSN " +
              std::to_string(segment.header.first_lsn.value()) + " to " +
              std::to_string(scan.tail.end.last_lsn.value()) + ", " +
              std::string(EndingName(scan.ending)));
  output.Object({{"segment", segment.number},
                 {"path", segment.path},
                 {"records", scan.records},
                 {"first_lsn", segment.header.first_lsn.value()},
                 {"last_lsn", scan.tail.end.last_lsn.value()},
                 {"end_offset", scan.tail.end.end_offset},
                 {"ending", EndingName(scan.ending)},
                 {"discarded_bytes", scan.tail.discarded_bytes}});
}

absl::StatusOr<Answer> RunVerify(const NoArguments&, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const LogFiles log, FindLog(session));
  std::uint64_t bytes_total = 0;
  for (const wal::SegmentFile& segment : log.segments) bytes_total += segment.file_bytes;
  Progress progress(session.output(), "reading the log", Progress::Unit::kBytes, bytes_total);
  std::uint64_t bytes_before = 0;
  std::uint64_t records = 0;
  for (std::size_t i = 0; i < log.segments.size(); ++i) {
    VARVE_ASSIGN_OR_RETURN(const SegmentScan scan,
                           ScanLogSegment(log, i, [&](const wal::Record&, std::uint64_t offset) {
                             progress.Update(bytes_before + offset);
                             return Interrupted() ? absl::CancelledError("interrupted")
                                                  : absl::OkStatus();
                           }));
    bytes_before += log.segments[i].file_bytes;
    records += scan.records;
    PrintScan(log.segments[i], scan, session.output());
  }
  progress.Finish();
  session.output().Line(FormatCount(records) + " records, all of them good");
  session.output().Object({{"ok", true}, {"records", records}});
  return Answer::kYes;
}

}  // namespace

void AddWalVerbs(Verbs& root) {
  Verbs wal = root.Group("wal", "The log: list its segments, print its records, verify it");
  wal.Add<NoArguments>({"ls", "Lists the segments of the log.", {"wal ls", "wal ls --json"}},
                       DeclareNothing, RunLs);
  wal.Add<DumpArguments>(
      {"dump",
       "Prints the records of the log and the entries in them.",
       {"wal dump", "wal dump --from 10 --to 20", "wal dump --json --payload | jq .entries"}},
      DeclareDump, RunDump);
  wal.Add<NoArguments>({"verify",
                        "Reads every record of the log and checks it.",
                        {"wal verify", "wal verify --json"}},
                       DeclareNothing, RunVerify);
}

}  // namespace varve::cli
