// varve STORE check: everything that can be verified, without writing a byte.
#include <optional>
#include <string>

#include "cli/check_report.h"
#include "cli/disk_use.h"
#include "cli/log_scan.h"
#include "cli/progress.h"
#include "cli/store_check.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"
#include "kernel/entry.h"
#include "kernel/io/file_system.h"
#include "kernel/store_files.h"
#include "snapshot/manifest.h"
#include "snapshot/snapshot.h"

namespace varve::cli {
namespace {

// Checks one part of a store after the other. Not thread-safe.
class Checker final {
 public:
  Checker(Session& session, bool with_rebuild)
      : session_(session),
        output_(session.output()),
        report_(session.output()),
        with_rebuild_(with_rebuild) {}

  absl::StatusOr<Answer> Run();

 private:
  void CheckManifest();
  void CheckLog();
  absl::Status CheckRecord(const wal::Record& record, const PrimitiveRegistry& registry);
  void CheckSnapshots();
  void CheckState();
  absl::Status CheckStateFile(const std::string& path);
  void CheckRebuild(bool log_is_good);
  void CheckFootprint();
  [[nodiscard]] absl::StatusOr<Answer> Conclude();

  Session& session_;
  Output& output_;
  CheckReport report_;
  const bool with_rebuild_;
  FileSystem& files_ = PosixFileSystem();
  std::unique_ptr<FileLock> lock_;
  std::optional<snapshot::Manifest> manifest_;
  std::uint64_t records_ = 0;
  std::uint64_t snapshots_ = 0;
  bool state_is_sound_ = false;
};

void Checker::CheckManifest() {
  absl::StatusOr<snapshot::Manifest> manifest =
      snapshot::ReadManifest(files_, session_.files().manifest());
  if (!manifest.ok()) {
    report_.AddError(manifest.status());
    return;
  }
  manifest_ = *std::move(manifest);
  report_.Good("manifest, generation " + FormatCount(manifest_->generation));
}

absl::Status Checker::CheckRecord(const wal::Record& record, const PrimitiveRegistry& registry) {
  EntryReader reader(record.body);
  Entry entry;
  std::uint32_t entries = 0;
  while (reader.Next(entry)) {
    ++entries;
    if (registry.FindEntry(entry.type) == nullptr && !entry.safe_ignore &&
        !session_.flags().carry_unknown) {
      return Unimplemented("LSN ", record.header.lsn, " holds an entry of type ", entry.type,
                           ", whose primitive this program does not know");
    }
  }
  VARVE_RETURN_IF_ERROR(reader.status());
  if (entries == record.header.entry_count) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kDataLoss, "LSN ", record.header.lsn, " says that it holds ",
                    record.header.entry_count, " entries, but ", entries, " are there");
}

void Checker::CheckLog() {
  const absl::StatusOr<LogFiles> log = FindLog(session_);
  if (!log.ok()) {
    report_.AddError(log.status());
    return;
  }
  const PrimitiveRegistry registry = session_.MakeRegistry();
  std::uint64_t bytes_total = 0;
  for (const wal::SegmentFile& segment : log->segments) bytes_total += segment.file_bytes;
  Progress progress(output_, "reading the log", Progress::Unit::kBytes, bytes_total);
  std::uint64_t bytes_before = 0;
  for (std::size_t i = 0; i < log->segments.size() && !Interrupted(); ++i) {
    const wal::SegmentFile& segment = log->segments[i];
    const absl::StatusOr<SegmentScan> scan =
        ScanLogSegment(*log, i, [&](const wal::Record& record, std::uint64_t offset) {
          progress.Update(bytes_before + offset);
          if (Interrupted()) return absl::CancelledError("interrupted");
          return AddContext(CheckRecord(record, registry), segment.path);
        });
    bytes_before += segment.file_bytes;
    if (!scan.ok()) {
      report_.AddError(scan.status());
      continue;
    }
    records_ += scan->records;
    if (scan->ending == SegmentEnding::kTorn) {
      report_.Add(Gravity::kNote,
                  segment.path + ": " +
                      (report_.live() ? "a record is being written"
                                      : "a torn tail, which the next open discards") +
                      " at offset " + std::to_string(scan->tail.end.end_offset));
    }
  }
  progress.Finish();
  if (Interrupted()) return;
  report_.Good("log, " + FormatCount(log->segments.size()) + " segments with " +
               FormatCount(records_) + " good records");
}

void Checker::CheckSnapshots() {
  if (!manifest_) return;
  for (const snapshot::RetainedSnapshot& retained : manifest_->snapshots) {
    const std::string path =
        JoinPath(session_.files().snapshot_folder(), snapshot::SnapshotFileName(retained.lsn));
    Progress progress(output_, "reading a snapshot", Progress::Unit::kBytes, retained.file_bytes);
    snapshot::SnapshotWriteOptions options;
    options.progress = [&](const snapshot::SnapshotProgress& state) {
      progress.Update(state.bytes_done, state.bytes_total, "");
    };
    options.cancelled = Interrupted;
    const absl::StatusOr<snapshot::SnapshotInfo> info =
        snapshot::VerifySnapshot(files_, path, options);
    progress.Finish();
    if (!info.ok()) {
      report_.AddError(info.status());
    } else if (info->digest != retained.digest || info->store != manifest_->store) {
      report_.AddError(MakeStatus(absl::StatusCode::kDataLoss, path,
                                  ": whole, but not the file that the manifest names"));
    } else {
      ++snapshots_;
      report_.Good("snapshot of LSN " + FormatCount(retained.lsn.value()) + ", digest " +
                   info->digest.ToString());
    }
  }
}

void Checker::CheckState() {
  const std::string path = session_.files().state();
  if (report_.live()) {
    report_.Add(Gravity::kNote, path + ": not looked at, because another process writes to it");
    return;
  }
  const absl::Status status = CheckStateFile(path);
  if (absl::IsCancelled(status)) return;
  if (absl::IsNotFound(status)) {
    report_.Add(Gravity::kNote, path + " is not there; the next open rebuilds it");
  } else if (!status.ok()) {
    report_.Add(Gravity::kRepairable, path + ": " + std::string(FromAbsl(status.message())) +
                                          "; the next open rebuilds it from snapshot and log");
  } else {
    report_.Good("state.mdb");
    state_is_sound_ = true;
  }
}

void Checker::CheckRebuild(bool log_is_good) {
  if (!state_is_sound_) return;
  if (with_rebuild_ && log_is_good) {
    CheckAgainstRebuild(session_, report_);
  } else {
    report_.Add(Gravity::kNote, std::string("state.mdb: not compared with a rebuild, because ") +
                                    (with_rebuild_ ? "what it is rebuilt from is damaged"
                                                   : "of --without-rebuild"));
  }
}

void Checker::CheckFootprint() {
  const absl::StatusOr<DiskUse> use = MeasureDiskUse(files_, session_.files());
  if (!use.ok()) {
    report_.AddError(use.status());
    return;
  }
  report_.facts()["footprint"] = DiskUseToJson(*use);
  report_.Good("footprint, " + DescribeTotals(use->Total()) + ": log " +
               FormatBytes(use->log.bytes) + ", snapshots " + FormatBytes(use->snapshots.bytes) +
               ", state.mdb " + FormatBytes(use->state.bytes));
  if (use->other.files == 0 || report_.live()) return;
  report_.Add(Gravity::kNote, DescribeTotals(use->other) +
                                  " that no part of the store needs: left over, or not its own");
}

absl::Status Checker::CheckStateFile(const std::string& path) {
  Progress pages(output_, "reading the pages of state.mdb", Progress::Unit::kBytes, 0);
  VARVE_ASSIGN_OR_RETURN(const table::GuardVerdict verdict,
                         table::GuardMaterializedFile(files_, path, /*deep=*/true, StepsOf(pages)));
  pages.Finish();
  if (!verdict.usable) return MakeStatus(absl::StatusCode::kDataLoss, verdict.reason);
  table::MaterializedOptions options;
  options.read_only = true;
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<table::MaterializedStore> state,
                         table::OpenLmdbStore(path, options));
  Progress rows(output_, "reading the rows of state.mdb", Progress::Unit::kRecords, 0);
  const absl::Status status = state->Verify(StepsOf(rows));
  rows.Finish();
  return status;
}

absl::StatusOr<Answer> Checker::Conclude() {
  const bool repairable = report_.repairable() > 0;
  Json object = {{"store", session_.store()},
                 {"ok", report_.first_damage().ok() && !repairable && !Interrupted()},
                 {"records", records_},
                 {"snapshots", snapshots_},
                 {"writer_active", report_.live()},
                 {"findings", report_.findings()}};
  object.update(report_.facts());
  output_.Object(object);
  VARVE_RETURN_IF_ERROR(report_.first_damage());
  if (Interrupted()) return absl::CancelledError("interrupted before all was checked");
  output_.Line(repairable ? "nothing is lost; the next open repairs the rest" : "all good");
  return repairable ? Answer::kNo : Answer::kYes;
}

absl::StatusOr<Answer> Checker::Run() {
  const absl::StatusOr<FileInfo> folder = files_.Stat(session_.store());
  VARVE_RETURN_IF_ERROR(folder.status());
  if (!files_.Stat(session_.files().manifest()).ok() &&
      !files_.Stat(session_.files().log_folder()).ok()) {
    return FailedPrecondition(session_.store(), " is not a store: it holds no MANIFEST and no log");
  }
  // Held until the end, so that no writer starts in between; beside one, less can be checked.
  absl::StatusOr<std::unique_ptr<FileLock>> lock =
      files_.Lock(session_.files().lock(), LockMode::kShared);
  if (absl::IsUnavailable(lock.status())) report_.SetLive();
  if (lock.ok()) lock_ = *std::move(lock);
  using Part = void (Checker::*)();
  for (const Part part : {&Checker::CheckManifest, &Checker::CheckLog, &Checker::CheckSnapshots,
                          &Checker::CheckState}) {
    if (!Interrupted()) (this->*part)();
  }
  const bool log_is_good = report_.first_damage().ok();
  if (!Interrupted()) CheckOpenedStore(session_, report_);
  if (!Interrupted()) CheckRebuild(log_is_good);
  if (!Interrupted()) CheckFootprint();
  return Conclude();
}

struct CheckArguments {
  bool without_rebuild = false;
};

void DeclareCheck(Arguments& arguments, CheckArguments& to) {
  arguments.Flag({.name = "--without-rebuild",
                  .help = "Do not compare state.mdb with a rebuild, which takes memory for the "
                          "whole state"},
                 to.without_rebuild);
}

absl::StatusOr<Answer> RunCheck(const CheckArguments& arguments, Session& session) {
  return Checker(session, !arguments.without_rebuild).Run();
}

}  // namespace

void AddCheckVerb(Verbs& root) {
  root.Add<CheckArguments>(
      {"check",
       "Reads everything and verifies it: manifest, every log record, every snapshot, every row of "
       "state.mdb, that the store opens, what each primitive promises of its rows (chains, "
       "counts, indexes), and that state.mdb is what snapshot and log give. Never writes. Exit 1 "
       "where the next open repairs "
       "something, 3 where bytes that count are damaged.",
       {"check", "check --json", "check --without-rebuild"}},
      DeclareCheck, RunCheck);
}

}  // namespace varve::cli
