// varve STORE check: everything that can be verified, without writing a byte.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "cli/log_scan.h"
#include "cli/progress.h"
#include "cli/report_json.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"
#include "kernel/entry.h"
#include "kernel/io/file_system.h"
#include "kernel/store_files.h"
#include "snapshot/digest.h"
#include "snapshot/manifest.h"
#include "snapshot/snapshot.h"

namespace varve::cli {
namespace {

// What was found, from harmless to grave.
enum class Gravity {
  kNote,        // as it may be
  kRepairable,  // the next open puts it right; nothing is lost
  kDamage,      // bytes that count are wrong
};

struct Finding {
  Gravity gravity;
  std::string text;
};

// Checks one part of a store after the other. Not thread-safe.
class Checker final {
 public:
  explicit Checker(Session& session) : session_(session), output_(session.output()) {}

  absl::StatusOr<Answer> Run();

 private:
  void CheckManifest();
  void CheckLog();
  absl::Status CheckRecord(const wal::Record& record, const PrimitiveRegistry& registry);
  void CheckSnapshots();
  void CheckState();
  absl::Status CheckStateFile(const std::string& path);
  void CheckOpening();
  void Digest(Store& store);

  void Report(Gravity gravity, std::string text);
  // Damage, unless a writing process took the file away meanwhile.
  void ReportError(const absl::Status& status);
  // A line that says that `part` is good.
  void Good(const std::string& part) { output_.Line("ok  " + part); }
  [[nodiscard]] absl::StatusOr<Answer> Conclude();

  Session& session_;
  Output& output_;
  FileSystem& files_ = PosixFileSystem();
  bool live_ = false;  // another process writes to the store
  std::unique_ptr<FileLock> lock_;
  std::optional<snapshot::Manifest> manifest_;
  std::vector<Finding> findings_;
  absl::Status first_damage_;
  std::uint64_t records_ = 0;
  std::uint64_t snapshots_ = 0;
  Json facts_ = Json::object();
};

void Checker::Report(Gravity gravity, std::string text) {
  static constexpr std::array<const char*, 3> kMarks = {"--  ", "!   ", "BAD "};
  output_.Line(kMarks[static_cast<std::size_t>(gravity)] + text);
  findings_.push_back({gravity, std::move(text)});
}

void Checker::ReportError(const absl::Status& status) {
  const std::string text(FromAbsl(status.message()));
  if (live_ && absl::IsNotFound(status)) {
    Report(Gravity::kNote, text + " (a writing process removed it meanwhile)");
    return;
  }
  if (first_damage_.ok()) first_damage_ = status;
  Report(Gravity::kDamage, text);
}

void Checker::CheckManifest() {
  absl::StatusOr<snapshot::Manifest> manifest =
      snapshot::ReadManifest(files_, session_.files().manifest());
  if (!manifest.ok()) {
    ReportError(manifest.status());
    return;
  }
  manifest_ = *std::move(manifest);
  Good("manifest, generation " + FormatCount(manifest_->generation));
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
    ReportError(log.status());
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
          return AddContext(CheckRecord(record, registry), segment.path);
        });
    bytes_before += segment.file_bytes;
    if (!scan.ok()) {
      ReportError(scan.status());
      continue;
    }
    records_ += scan->records;
    if (scan->ending == SegmentEnding::kTorn) {
      Report(Gravity::kNote, segment.path + ": " +
                                 (live_ ? "a record is being written"
                                        : "a torn tail, which the next open discards") +
                                 " at offset " + std::to_string(scan->tail.end.end_offset));
    }
  }
  progress.Finish();
  Good("log, " + FormatCount(log->segments.size()) + " segments with " + FormatCount(records_) +
       " good records");
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
      ReportError(info.status());
    } else if (info->digest != retained.digest || info->store != manifest_->store) {
      ReportError(MakeStatus(absl::StatusCode::kDataLoss, path,
                             ": whole, but not the file that the manifest names"));
    } else {
      ++snapshots_;
      Good("snapshot of LSN " + FormatCount(retained.lsn.value()) + ", digest " +
           info->digest.ToString());
    }
  }
}

void Checker::CheckState() {
  const std::string path = session_.files().state();
  if (live_) {
    Report(Gravity::kNote, path + ": not looked at, because another process writes to it");
    return;
  }
  const absl::Status status = CheckStateFile(path);
  if (absl::IsNotFound(status)) {
    Report(Gravity::kNote, path + " is not there; the next open rebuilds it");
  } else if (!status.ok()) {
    Report(Gravity::kRepairable, path + ": " + std::string(FromAbsl(status.message())) +
                                     "; the next open rebuilds it from snapshot and log");
  } else {
    Good("state.mdb");
  }
}

absl::Status Checker::CheckStateFile(const std::string& path) {
  VARVE_ASSIGN_OR_RETURN(const table::GuardVerdict verdict,
                         table::GuardMaterializedFile(files_, path, /*deep=*/true));
  if (!verdict.usable) return MakeStatus(absl::StatusCode::kDataLoss, verdict.reason);
  table::MaterializedOptions options;
  options.read_only = true;
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<table::MaterializedStore> state,
                         table::OpenLmdbStore(path, options));
  Progress progress(output_, "reading state.mdb", Progress::Unit::kRecords, 0);
  const absl::Status status = state->Verify([&](std::uint64_t rows) { progress.Update(rows); });
  progress.Finish();
  return status;
}

void Checker::CheckOpening() {
  const absl::StatusOr<OpenedStore> opened = session_.OpenForReading();
  if (!opened.ok()) {
    ReportError(opened.status());
    return;
  }
  Good("opens, LSN " + FormatCount(opened->report.last_lsn.value()));
  PrintRecoveryReport(opened->report, "      ", output_);
  facts_["recovery"] = RecoveryReportToJson(opened->report);
  // The digest is one of state.mdb: it is that of the store where nothing has to be replayed.
  if (EntriesReplayed(opened->report) == 0) Digest(*opened->store);
}

void Checker::Digest(Store& store) {
  const absl::StatusOr<std::unique_ptr<table::MaterializedReader>> state = store.OpenMaterialized();
  if (!state.ok()) return;  // Nothing materialized: there is nothing to digest.
  const absl::StatusOr<snapshot::Digest> digest = snapshot::StateDigest(**state, store.registry());
  if (!digest.ok()) {
    ReportError(digest.status());
    return;
  }
  Good("state digest " + digest->ToString());
  facts_["digest"] = digest->ToString();
  facts_["digest_lsn"] = (*state)->mark().applied.value();
}

absl::StatusOr<Answer> Checker::Conclude() {
  Json findings = Json::array();
  std::uint64_t repairable = 0;
  for (const Finding& finding : findings_) {
    static constexpr std::array<const char*, 3> kNames = {"note", "repairable", "damage"};
    findings.push_back(Json{{"gravity", kNames[static_cast<std::size_t>(finding.gravity)]},
                            {"text", finding.text}});
    if (finding.gravity == Gravity::kRepairable) ++repairable;
  }
  Json object = {{"store", session_.store()}, {"ok", first_damage_.ok() && repairable == 0},
                 {"records", records_},       {"snapshots", snapshots_},
                 {"writer_active", live_},    {"findings", findings}};
  object.update(facts_);
  output_.Object(object);
  VARVE_RETURN_IF_ERROR(first_damage_);
  if (Interrupted()) return absl::CancelledError("interrupted before all was checked");
  output_.Line(repairable == 0 ? "all good" : "nothing is lost; the next open repairs the rest");
  return repairable == 0 ? Answer::kYes : Answer::kNo;
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
  live_ = absl::IsUnavailable(lock.status());
  if (lock.ok()) lock_ = *std::move(lock);
  CheckManifest();
  CheckLog();
  CheckSnapshots();
  CheckState();
  CheckOpening();
  return Conclude();
}

struct NoArguments {};
void DeclareNothing(Arguments&, NoArguments&) {}

absl::StatusOr<Answer> RunCheck(const NoArguments&, Session& session) {
  return Checker(session).Run();
}

}  // namespace

void AddCheckVerb(Verbs& root) {
  root.Add<NoArguments>(
      {"check",
       "Reads everything and verifies it: manifest, every log record, every snapshot, every row of "
       "state.mdb, and that the store opens. Never writes. Exit 1 where the next open repairs "
       "something, 3 where bytes that count are damaged.",
       {"check", "check --json"}},
      DeclareNothing, RunCheck);
}

}  // namespace varve::cli
