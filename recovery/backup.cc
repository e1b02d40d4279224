#include "recovery/backup.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "kernel/store_files.h"
#include "recovery/backup_file.h"
#include "recovery/backup_target.h"
#include "recovery/base.h"
#include "recovery/log_scan.h"
#include "snapshot/snapshot.h"

namespace varve {
namespace recovery {
namespace {

// A writing process takes files away and starts new ones while they are read. Each try keeps what
// the ones before have copied.
constexpr int kTriesMax = 10;

struct PlannedSegment {
  wal::SegmentFile file;
  wal::SegmentEnd end;
  bool newest = false;
};

class Backup final {
 public:
  Backup(std::string source, std::string target, const BackupOptions& options)
      : files_(*options.environment.files),
        source_(std::move(source)),
        target_(files_, std::move(target)),
        meter_(options) {}

  absl::StatusOr<BackupReport> Run();

 private:
  absl::Status Try();
  absl::StatusOr<std::vector<PlannedSegment>> PlanLog(const Plan& plan);
  [[nodiscard]] bool IsPresent(const PlannedSegment& segment) const;
  [[nodiscard]] bool IsPresent(const snapshot::RetainedSnapshot& snapshot) const;
  void Expect(const Plan& plan, const std::vector<PlannedSegment>& log);
  absl::Status TakeSnapshots(const Plan& plan, std::vector<snapshot::RetainedSnapshot>& taken);
  absl::Status TakeSnapshot(const snapshot::RetainedSnapshot& snapshot, const Uuid& store);
  absl::StatusOr<bool> IsRetained(Lsn snapshot);
  absl::Status TakeLog(const std::vector<PlannedSegment>& log);
  absl::Status TakeSegment(const PlannedSegment& segment);
  absl::Status CheckBase(const std::vector<PlannedSegment>& log,
                         const std::vector<snapshot::RetainedSnapshot>& taken) const;

  FileSystem& files_;
  const StoreFiles source_;
  BackupTarget target_;
  BackupMeter meter_;
  BackupReport report_;
};

absl::StatusOr<BackupReport> Backup::Run() {
  const auto start = std::chrono::steady_clock::now();
  absl::StatusOr<snapshot::Manifest> manifest = snapshot::ReadManifest(files_, source_.manifest());
  if (absl::IsNotFound(manifest.status())) {
    return absl::NotFoundError(ToAbsl(source_.directory() + ": no store here"));
  }
  VARVE_RETURN_IF_ERROR(manifest.status());
  report_.store = manifest->store;
  VARVE_RETURN_IF_ERROR(target_.Open(report_.store));
  VARVE_RETURN_IF_ERROR(target_.Read());
  report_.first = !target_.manifest().has_value();
  absl::Status status = Try();
  for (int tries = 1; tries < kTriesMax; ++tries) {
    // Perhaps it was only changing; what is wrong twice in the same way is wrong.
    if (!absl::IsNotFound(status) && !absl::IsDataLoss(status)) break;
    const absl::Status before = std::exchange(status, Try());
    if (status == before) break;
  }
  VARVE_RETURN_IF_ERROR(status);
  VARVE_ASSIGN_OR_RETURN(const BackupEnd end, target_.FindEnd());
  report_.first_lsn = target_.FirstLsn();
  report_.last_lsn = end.last_lsn;
  report_.last_commit_time = end.last_commit_time;
  report_.bytes_copied = meter_.bytes_done();
  report_.time = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - start);
  return std::move(report_);
}

absl::Status Backup::Try() {
  report_.bytes_present = 0;
  report_.warnings.clear();
  VARVE_RETURN_IF_ERROR(meter_.CheckCancelled());
  VARVE_RETURN_IF_ERROR(target_.Read());
  VARVE_ASSIGN_OR_RETURN(const Plan plan, ReadPlan(files_, source_));
  if (plan.manifest.store != report_.store) {
    return FailedPrecondition(source_.directory(), ": another store was put there meanwhile");
  }
  VARVE_ASSIGN_OR_RETURN(const std::vector<PlannedSegment> log, PlanLog(plan));
  Expect(plan, log);
  std::vector<snapshot::RetainedSnapshot> taken;
  VARVE_RETURN_IF_ERROR(TakeSnapshots(plan, taken));
  VARVE_RETURN_IF_ERROR(CheckBase(log, taken));
  VARVE_RETURN_IF_ERROR(TakeLog(log));
  const Lsn last = log.empty() ? plan.manifest.durable_lsn : log.back().end.last_lsn;
  VARVE_RETURN_IF_ERROR(target_.Read());
  return target_.Finish(plan.manifest, taken, last);
}

// The segments in use, and how far each is to be copied.
absl::StatusOr<std::vector<PlannedSegment>> Backup::PlanLog(const Plan& plan) {
  std::vector<PlannedSegment> log;
  std::vector<wal::SegmentFile> used;
  for (const wal::SegmentFile& segment : plan.segments) {
    if (segment.unused) continue;
    used.push_back(segment);
    log.push_back({segment, segment.stated_end.value_or(wal::SegmentEnd()), false});
  }
  VARVE_RETURN_IF_ERROR(target_.CheckContinues(used, meter_));
  if (log.empty()) return log;
  PlannedSegment& newest = log.back();
  newest.newest = true;
  const std::vector<LogEvidence> evidence{{plan.manifest.durable_lsn, "MANIFEST"}};
  VARVE_ASSIGN_OR_RETURN(const LogEnd end,
                         ScanLog(files_, {newest.file}, Lsn(), evidence,
                                 [&](const wal::Record&) { return meter_.CheckCancelled(); }));
  newest.end = end.end;
  return log;
}

bool Backup::IsPresent(const PlannedSegment& segment) const {
  const wal::SegmentFile* const here = target_.FindSegment(segment.file.number);
  return here != nullptr && here->file_bytes == segment.end.end_offset;
}

bool Backup::IsPresent(const snapshot::RetainedSnapshot& snapshot) const {
  return target_.Names(snapshot.lsn);
}

void Backup::Expect(const Plan& plan, const std::vector<PlannedSegment>& log) {
  std::uint64_t bytes = 0;
  for (const snapshot::RetainedSnapshot& snapshot : plan.manifest.snapshots) {
    if (!IsPresent(snapshot)) bytes += snapshot.file_bytes;
  }
  for (const PlannedSegment& segment : log) {
    if (!IsPresent(segment)) bytes += segment.end.end_offset;
  }
  meter_.Expect(bytes);
}

// Oldest first: that is the one that the store drops next.
absl::Status Backup::TakeSnapshots(const Plan& plan,
                                   std::vector<snapshot::RetainedSnapshot>& taken) {
  for (const snapshot::RetainedSnapshot& snapshot : plan.manifest.snapshots) {
    if (IsPresent(snapshot)) {
      report_.bytes_present += snapshot.file_bytes;
      taken.push_back(snapshot);
      continue;
    }
    const absl::Status status = TakeSnapshot(snapshot, plan.manifest.store);
    if (status.ok()) {
      taken.push_back(snapshot);
      continue;
    }
    if (!absl::IsDataLoss(status) && !absl::IsNotFound(status)) return status;
    VARVE_ASSIGN_OR_RETURN(const bool retained, IsRetained(snapshot.lsn));
    if (!retained) return status;
    report_.warnings.push_back("snapshot passed over: " + std::string(FromAbsl(status.message())));
  }
  return absl::OkStatus();
}

absl::Status Backup::TakeSnapshot(const snapshot::RetainedSnapshot& snapshot, const Uuid& store) {
  const std::string name = snapshot::SnapshotFileName(snapshot.lsn);
  const std::string to = JoinPath(target_.names().snapshot_folder(), name);
  // One that a backup that was cut short has copied.
  const absl::Status here = CheckSnapshotFile(files_, to, snapshot, store, meter_);
  if (here.ok()) {
    report_.bytes_present += snapshot.file_bytes;
    return here;
  }
  if (!absl::IsNotFound(here) && !absl::IsDataLoss(here)) return here;
  VARVE_RETURN_IF_ERROR(
      CopySnapshot(files_, JoinPath(source_.snapshot_folder(), name), snapshot, store, to, meter_));
  ++report_.snapshots_copied;
  return absl::OkStatus();
}

absl::StatusOr<bool> Backup::IsRetained(Lsn snapshot) {
  VARVE_ASSIGN_OR_RETURN(const snapshot::Manifest manifest,
                         snapshot::ReadManifest(files_, source_.manifest()));
  return std::any_of(manifest.snapshots.begin(), manifest.snapshots.end(),
                     [&](const auto& retained) { return retained.lsn == snapshot; });
}

// Something must lead to every moment: a snapshot from which the log goes on, or its start.
absl::Status Backup::CheckBase(const std::vector<PlannedSegment>& log,
                               const std::vector<snapshot::RetainedSnapshot>& taken) const {
  const bool whole_log = !log.empty() && log.front().file.header.first_lsn == Lsn(1);
  if (target_.manifest().has_value() || !taken.empty() || whole_log) return absl::OkStatus();
  if (!target_.segments().empty() && target_.segments().front().header.first_lsn == Lsn(1)) {
    return absl::OkStatus();
  }
  if (log.empty() && report_.warnings.empty()) return absl::OkStatus();  // nothing was committed
  return absl::DataLossError(ToAbsl(
      source_.directory() + ": no snapshot is whole and the log does not reach back to its start" +
      (report_.warnings.empty() ? std::string() : ": " + report_.warnings.front())));
}

absl::Status Backup::TakeLog(const std::vector<PlannedSegment>& log) {
  for (const PlannedSegment& segment : log) {
    const wal::SegmentFile* const here = target_.FindSegment(segment.file.number);
    if (IsPresent(segment)) {
      report_.bytes_present += segment.end.end_offset;
      continue;
    }
    if (here != nullptr && here->file_bytes > segment.end.end_offset) {
      return FailedPrecondition(segment.file.path, ": ends at offset ", segment.end.end_offset,
                                ", before its copy ", here->path,
                                ": the store is an older copy of itself. Start a new backup");
    }
    // Oldest first, each with its name before the next: what is there is always a log.
    VARVE_RETURN_IF_ERROR(TakeSegment(segment));
  }
  return absl::OkStatus();
}

absl::Status Backup::TakeSegment(const PlannedSegment& segment) {
  SegmentCopy copy{segment.file, segment.end, std::nullopt};
  const wal::SegmentFile* const here = target_.FindSegment(segment.file.number);
  if (here != nullptr) {
    VARVE_ASSIGN_OR_RETURN(copy.older, target_.EndOf(*here, meter_));
  }
  if (segment.newest) {
    // What a crash could still take from the source would make it another store than its backup.
    VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                           files_.Open(segment.file.path, OpenMode::kRead));
    VARVE_RETURN_IF_ERROR(file->Sync());
  }
  const std::string to =
      JoinPath(target_.names().log_folder(), wal::SegmentFileName(segment.file.number));
  VARVE_RETURN_IF_ERROR(CopySegment(files_, copy, to, meter_));
  ++report_.segments_copied;
  return absl::OkStatus();
}

}  // namespace
}  // namespace recovery

absl::StatusOr<BackupReport> BackupStore(std::string_view source, std::string_view target,
                                         const BackupOptions& options) {
  // "/backup/agent/" is how a shell completes it; what is to be synced is the folder above.
  while (target.size() > 1 && target.ends_with('/')) target.remove_suffix(1);
  return CatchOutOfMemory(
      [&] { return recovery::Backup(std::string(source), std::string(target), options).Run(); },
      "the backup that was there is as it was");
}

}  // namespace varve
