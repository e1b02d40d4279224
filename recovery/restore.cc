// Making a new store from an old one's snapshots and log, up to a chosen moment.
#include <utility>

#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "recovery/base.h"
#include "recovery/create.h"
#include "recovery/log_scan.h"
#include "recovery/open.h"
#include "recovery/replayer.h"

namespace varve {
namespace recovery {
namespace {

bool Beyond(const RestorePoint& point, Lsn lsn, Timestamp time) {
  return lsn > point.lsn || time > point.time;
}

// The new store while it is being made. Until Finish has written its manifest there is no store in
// `target`, never one with a part of the data.
class Target final {
 public:
  Target(std::string directory, PrimitiveRegistry registry, const OpenOptions& options)
      : options_(options),
        names_(std::move(directory)),
        files_(*options.environment.files),
        registry_(std::move(registry)) {}

  // kAlreadyExists: the directory holds something.
  absl::Status Create();
  absl::Status LoadSnapshotFile(const std::string& path);
  absl::Status StartReplay();
  absl::Status Apply(const wal::Record& record) { return replayer_->Apply(record); }
  // Checkpoints, snapshots and seals the new store.
  absl::Status Finish();

  [[nodiscard]] const PrimitiveRegistry& registry() const { return registry_; }
  [[nodiscard]] Lsn last_lsn() const { return replayer_->last_lsn(); }

 private:
  const OpenOptions& options_;
  const StoreFiles names_;
  FileSystem& files_;
  PrimitiveRegistry registry_;
  std::unique_ptr<FileLock> lock_;
  snapshot::Manifest manifest_;
  std::shared_ptr<table::MaterializedStore> materialized_;
  std::vector<snapshot::CarriedEntry> carried_;
  std::unique_ptr<Replayer> replayer_;
};

absl::Status Target::Create() {
  VARVE_ASSIGN_OR_RETURN(const DirectoryState state, InspectDirectory(files_, names_));
  if (state != DirectoryState::kAbsent) {
    return absl::AlreadyExistsError(
        ToAbsl(names_.directory() + ": not empty; restore into a new directory"));
  }
  VARVE_RETURN_IF_ERROR(CreateStoreDirectory(files_, names_));
  VARVE_ASSIGN_OR_RETURN(lock_, files_.Lock(names_.lock(), LockMode::kExclusive));
  VARVE_RETURN_IF_ERROR(CreateStoreFolders(files_, names_));
  manifest_ = FreshManifest(*options_.environment.entropy, registry_);
  VARVE_ASSIGN_OR_RETURN(
      materialized_,
      CreateMaterialized(options_, names_, {manifest_.store, Lsn(), Timestamp(), Lsn()}));
  return absl::OkStatus();
}

absl::Status Target::LoadSnapshotFile(const std::string& path) {
  VARVE_ASSIGN_OR_RETURN(carried_,
                         LoadBase(files_, path, registry_, manifest_.store, *materialized_));
  return absl::OkStatus();
}

absl::Status Target::StartReplay() {
  replayer_ = std::make_unique<Replayer>(registry_, materialized_, options_.store.memtable_bytes,
                                         options_.store.memtable_bytes);
  VARVE_RETURN_IF_ERROR(replayer_->Start());
  for (const snapshot::CarriedEntry& entry : carried_) {
    VARVE_RETURN_IF_ERROR(replayer_->ApplyCarried(entry));
  }
  return absl::OkStatus();
}

absl::Status Target::Finish() {
  VARVE_RETURN_IF_ERROR(replayer_->Checkpoint());
  const Lsn last = replayer_->last_lsn();
  replayer_.reset();
  VARVE_ASSIGN_OR_RETURN(const auto state, materialized_->OpenReader());
  const std::string path = JoinPath(names_.snapshot_folder(), snapshot::SnapshotFileName(last));
  VARVE_ASSIGN_OR_RETURN(const snapshot::SnapshotInfo info,
                         snapshot::WriteSnapshot(options_.environment, path, *state, registry_));
  manifest_.snapshots = {{last, info.file_bytes, info.digest}};
  manifest_.durable_lsn = last;
  manifest_.log_start = last.Next();
  manifest_.log_end = {.number = 0, .end_offset = 0, .last_lsn = last, .last_record_crc = 0};
  manifest_.clean_close = true;
  return CreateStoreManifest(files_, names_, manifest_);
}

// The newest whole snapshot at or before `point`; empty where only the start of the log will do.
absl::StatusOr<std::string> ChooseSnapshot(FileSystem& files, const StoreFiles& source,
                                           const Plan& plan, const RestorePoint& point,
                                           RecoveryReport& report) {
  const auto& retained = plan.manifest.snapshots;
  for (auto snapshot = retained.rbegin(); snapshot != retained.rend(); ++snapshot) {
    if (snapshot->lsn > point.lsn) continue;
    const std::string path =
        JoinPath(source.snapshot_folder(), snapshot::SnapshotFileName(snapshot->lsn));
    const auto info = snapshot::VerifySnapshot(files, path);
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
                      Target& target, RecoveryReport& report) {
  VARVE_ASSIGN_OR_RETURN(const auto segments, SegmentsAbove(plan.segments, report.base_lsn));
  bool reached = false;
  const auto visit = [&](const wal::Record& record) -> absl::Status {
    reached = Beyond(point, record.header.lsn, record.header.commit_time);
    if (reached) return absl::CancelledError("the point is reached");
    ++report.records_replayed;
    report.bytes_replayed += wal::RecordLayout::kBytes + record.body.size();
    return target.Apply(record);
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

}  // namespace
}  // namespace recovery

absl::StatusOr<RecoveryReport> RestoreStore(std::string_view source, std::string_view target,
                                            const RestorePoint& point, PrimitiveRegistry registry,
                                            const OpenOptions& options) {
  FileSystem& files = *options.environment.files;
  const StoreFiles source_names{std::string(source)};
  RecoveryReport report;
  VARVE_ASSIGN_OR_RETURN(recovery::Plan plan, recovery::ReadPlan(files, source_names));
  report.clean_close = plan.clean_close();
  VARVE_RETURN_IF_ERROR(
      recovery::ReconcileRegistry(options.unknown_entries, registry, plan.manifest).status());
  VARVE_ASSIGN_OR_RETURN(const std::string snapshot_path,
                         recovery::ChooseSnapshot(files, source_names, plan, point, report));
  recovery::Target made(std::string(target), std::move(registry), options);
  VARVE_RETURN_IF_ERROR(made.Create());
  if (!snapshot_path.empty()) VARVE_RETURN_IF_ERROR(made.LoadSnapshotFile(snapshot_path));
  VARVE_RETURN_IF_ERROR(made.StartReplay());
  VARVE_RETURN_IF_ERROR(recovery::ReplayTo(files, plan, point, made, report));
  report.last_lsn = made.last_lsn();
  VARVE_RETURN_IF_ERROR(made.Finish());
  return report;
}

absl::StatusOr<RecoveryReport> RestoreSnapshot(const std::string& snapshot_path,
                                               std::string_view target, PrimitiveRegistry registry,
                                               const OpenOptions& options) {
  VARVE_ASSIGN_OR_RETURN(const snapshot::SnapshotInfo info,
                         snapshot::VerifySnapshot(*options.environment.files, snapshot_path));
  recovery::Target made(std::string(target), std::move(registry), options);
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

}  // namespace varve
