// Making a new store from an old one's snapshots and log, up to a chosen moment.
#include <utility>

#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "kernel/carried_primitive.h"
#include "recovery/base.h"
#include "recovery/log_scan.h"
#include "recovery/new_store.h"
#include "recovery/open.h"
#include "snapshot/file_reader.h"

namespace varve {
namespace recovery {
namespace {

bool Beyond(const RestorePoint& point, Lsn lsn, Timestamp time) {
  return lsn > point.lsn || time > point.time;
}

// The newest whole snapshot at or before `point`; empty where only the start of the log will do.
absl::StatusOr<std::string> ChooseSnapshot(FileSystem& files, const StoreFiles& source,
                                           const Plan& plan, const RestorePoint& point,
                                           const OpenOptions& options, RecoveryReport& report) {
  snapshot::SnapshotWriteOptions check;
  check.cancelled = options.cancelled;
  const auto& retained = plan.manifest.snapshots;
  for (auto snapshot = retained.rbegin(); snapshot != retained.rend(); ++snapshot) {
    if (snapshot->lsn > point.lsn) continue;
    const std::string path =
        JoinPath(source.snapshot_folder(), snapshot::SnapshotFileName(snapshot->lsn));
    const auto info = snapshot::VerifySnapshot(files, path, check);
    if (absl::IsCancelled(info.status())) return info.status();
    if (!info.ok()) {
      report.warnings.push_back("snapshot passed over: " +
                                std::string(FromAbsl(info.status().message())));
    } else if (!Beyond(point, info->lsn, info->commit_time)) {
      report.base = RecoveryReport::Base::kSnapshot;
      report.base_lsn = info->lsn;
      return path;
    }
  }
  report.base = RecoveryReport::Base::kLogStart;
  if (FirstLogLsn(plan) == Lsn(1)) return std::string();
  return absl::OutOfRangeError(ToAbsl(
      source.directory() + ": nothing that is kept leads to that moment: the log begins with LSN " +
      std::to_string(FirstLogLsn(plan).value()) + " and no whole snapshot is older"));
}

// Replays the source's log above the base up to the point; what stands behind it is not looked at,
// so damage there does not matter.
absl::Status ReplayTo(FileSystem& files, const Plan& plan, const RestorePoint& point,
                      NewStore& target, RecoveryReport& report) {
  VARVE_ASSIGN_OR_RETURN(const auto segments, SegmentsAbove(plan.segments, report.base_lsn));
  constexpr std::uint64_t kStepBytes = std::uint64_t{1} << 20;
  const std::uint64_t total = ScanBytes(segments);
  std::uint64_t told = 0;
  bool reached = false;
  VARVE_RETURN_IF_ERROR(target.Step(RecoveryProgress::Stage::kReplay, 0, total));
  const auto visit = [&](const wal::Record& record) -> absl::Status {
    reached = Beyond(point, record.header.lsn, record.header.commit_time);
    if (reached) return absl::CancelledError("the point is reached");
    ++report.records_replayed;
    report.bytes_replayed += wal::RecordLayout::kBytes + record.body.size();
    if (report.bytes_replayed - told >= kStepBytes) {
      told = report.bytes_replayed;
      VARVE_RETURN_IF_ERROR(target.Step(RecoveryProgress::Stage::kReplay, told, total));
    }
    return NameUnknown(target.Apply(record), target.registry(), plan.manifest.primitives, record);
  };
  const std::vector<LogEvidence> evidence{{plan.manifest.durable_lsn, "MANIFEST"}};
  const auto end = ScanLog(files, segments, report.base_lsn, evidence, visit);
  if (reached) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(end.status());
  report.torn_tail_bytes = end->torn_bytes;
  if (point.lsn == kLsnMax || target.last_lsn() >= point.lsn) return absl::OkStatus();
  return absl::OutOfRangeError(ToAbsl("the log ends at LSN " +
                                      std::to_string(target.last_lsn().value()) + ", before LSN " +
                                      std::to_string(point.lsn.value())));
}

// A writing process takes snapshots and log away while they are read.
constexpr int kTriesMax = 10;

absl::StatusOr<RecoveryReport> TryRestore(const StoreFiles& source, std::string target,
                                          const RestorePoint& point, PrimitiveRegistry& registry,
                                          const OpenOptions& options) {
  FileSystem& files = *options.environment.files;
  RecoveryReport report;
  VARVE_ASSIGN_OR_RETURN(Plan plan, ReadPlan(files, source));
  report.clean_close = plan.clean_close();
  VARVE_RETURN_IF_ERROR(
      ReconcileRegistry(options.unknown_entries, registry, plan.manifest).status());
  VARVE_ASSIGN_OR_RETURN(const std::string snapshot_path,
                         ChooseSnapshot(files, source, plan, point, options, report));
  NewStore made(std::move(target), registry, options);
  VARVE_RETURN_IF_ERROR(made.Create());
  if (!snapshot_path.empty()) VARVE_RETURN_IF_ERROR(made.LoadSnapshotFile(snapshot_path));
  VARVE_RETURN_IF_ERROR(made.StartReplay());
  VARVE_RETURN_IF_ERROR(ReplayTo(files, plan, point, made, report));
  report.last_lsn = made.last_lsn();
  VARVE_RETURN_IF_ERROR(made.Finish());
  return report;
}

// Registers a placeholder for each primitive that the snapshot names and `registry` lacks.
absl::Status CarryUnknown(FileSystem& files, const std::string& snapshot_path,
                          PrimitiveRegistry& registry) {
  VARVE_ASSIGN_OR_RETURN(const auto file, snapshot::SnapshotFile::Open(files, snapshot_path));
  for (const RegisteredName& name : file->header().fingerprint) {
    if (registry.FindById(name.id) != nullptr) continue;
    VARVE_RETURN_IF_ERROR(registry.Register(MakeCarriedPrimitive(name)));
  }
  return absl::OkStatus();
}

absl::StatusOr<RecoveryReport> Restore(std::string_view source, std::string_view target,
                                       const RestorePoint& point, PrimitiveRegistry& registry,
                                       const OpenOptions& options) {
  const StoreFiles names{std::string(source)};
  const auto restore = [&] {
    return TryRestore(names, std::string(target), point, registry, options);
  };
  absl::StatusOr<RecoveryReport> report = restore();
  for (int tries = 1; tries < kTriesMax; ++tries) {
    // Perhaps it was only changing; what is wrong twice in the same way is wrong.
    if (!absl::IsNotFound(report.status()) && !absl::IsDataLoss(report.status())) break;
    const absl::Status before = report.status();
    report = restore();
    if (report.status() == before) break;
  }
  return report;
}

absl::StatusOr<RecoveryReport> RestoreFrom(const std::string& snapshot_path,
                                           std::string_view target, PrimitiveRegistry& registry,
                                           const OpenOptions& options) {
  VARVE_ASSIGN_OR_RETURN(const snapshot::SnapshotInfo info,
                         snapshot::VerifySnapshot(*options.environment.files, snapshot_path));
  if (options.unknown_entries == UnknownEntries::kCarry) {
    VARVE_RETURN_IF_ERROR(CarryUnknown(*options.environment.files, snapshot_path, registry));
  }
  NewStore made(std::string(target), registry, options);
  VARVE_RETURN_IF_ERROR(made.Create());
  VARVE_RETURN_IF_ERROR(made.LoadSnapshotFile(snapshot_path));
  VARVE_RETURN_IF_ERROR(made.StartReplay());
  VARVE_RETURN_IF_ERROR(made.Finish());
  RecoveryReport report;
  report.clean_close = true;
  report.base = RecoveryReport::Base::kSnapshot;
  report.base_lsn = info.lsn;
  report.last_lsn = info.lsn;
  return report;
}

constexpr std::string_view kSourceUnchanged = "no store was made, and the source is as it was";

}  // namespace
}  // namespace recovery

absl::StatusOr<RecoveryReport> RestoreStore(std::string_view source, std::string_view target,
                                            const RestorePoint& point, PrimitiveRegistry registry,
                                            const OpenOptions& options) {
  return CatchOutOfMemory(
      [&] { return recovery::Restore(source, target, point, registry, options); },
      recovery::kSourceUnchanged);
}

absl::StatusOr<RecoveryReport> RestoreSnapshot(const std::string& snapshot_path,
                                               std::string_view target, PrimitiveRegistry registry,
                                               const OpenOptions& options) {
  return CatchOutOfMemory(
      [&] { return recovery::RestoreFrom(snapshot_path, target, registry, options); },
      recovery::kSourceUnchanged);
}

}  // namespace varve
