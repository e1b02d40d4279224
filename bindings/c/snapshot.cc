// Snapshots. Backups and salvage: backup.cc.
#include "snapshot/snapshot.h"

#include "bindings/c/answer.h"
#include "bindings/c/handles.h"
#include "bindings/c/open_options.h"
#include "bindings/c/varve_backup.h"
#include "kernel/store_files.h"

namespace varve_c {
namespace {

void FillSnapshot(const snapshot::SnapshotInfo& known, varve_snapshot& item,
                  Listing<varve_snapshot>& listing) {
  item.path = SliceOf(known.path);
  item.file_bytes = known.file_bytes;
  item.store = UuidOf(known.store);
  item.lsn = known.lsn.value();
  item.commit_time = known.commit_time.micros();
  item.history_from = known.history_from.value();
  item.created = known.created.micros();
  item.digest = listing.Keep(known.digest.ToString());
}

std::unique_ptr<varve_result> ListingOfSnapshot(snapshot::SnapshotInfo known) {
  return ListOf<varve_snapshot>(std::optional<snapshot::SnapshotInfo>(std::move(known)),
                                FillSnapshot);
}

absl::StatusOr<snapshot::SnapshotWriteOptions> WriteOptionsOf(const varve_control* control) {
  VARVE_ASSIGN_OR_RETURN(const Control taken, Control::From(control));
  snapshot::SnapshotWriteOptions options;
  options.progress = taken.progress(&snapshot::SnapshotProgress::bytes_done,
                                    &snapshot::SnapshotProgress::bytes_total);
  options.cancelled = taken.cancelled();
  return options;
}

absl::Status CheckSnapshotter(const varve_store* store) {
  if (store->opened->snapshotter != nullptr) return absl::OkStatus();
  return FailedPrecondition("a store that is read-only or in memory takes no snapshots");
}

absl::StatusOr<std::vector<snapshot::SnapshotInfo>> Retained(const varve_store* store) {
  const std::string folder = StoreFiles(store->store().directory()).snapshot_folder();
  std::vector<snapshot::SnapshotInfo> infos;
  for (const snapshot::RetainedSnapshot& each : store->opened->snapshotter->manifest().snapshots) {
    VARVE_ASSIGN_OR_RETURN(
        snapshot::SnapshotInfo info,
        snapshot::ReadSnapshotInfo(PosixFileSystem(),
                                   folder + "/" + snapshot::SnapshotFileName(each.lsn)));
    infos.push_back(std::move(info));
  }
  return infos;
}

}  // namespace

extern "C" {

const varve_snapshot* varve_result_snapshot(const varve_result* result, size_t index) {
  return ItemOf<varve_snapshot>(result, index);
}

varve_status varve_store_snapshot(varve_store* store, const varve_control* control,
                                  varve_result** snapshot, varve_error** error) {
  if (snapshot != nullptr) *snapshot = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(store, "store").Given(snapshot, "snapshot").status());
    VARVE_RETURN_IF_ERROR(CheckSnapshotter(store));
    VARVE_ASSIGN_OR_RETURN(const snapshot::SnapshotWriteOptions options, WriteOptionsOf(control));
    VARVE_ASSIGN_OR_RETURN(snapshot::SnapshotInfo known,
                           store->opened->snapshotter->CreateSnapshot(store->store(), options));
    *snapshot = ListingOfSnapshot(std::move(known)).release();
    return absl::OkStatus();
  });
}

varve_status varve_store_snapshots(varve_store* store, varve_result** snapshots,
                                   varve_error** error) {
  if (snapshots != nullptr) *snapshots = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(store, "store").Given(snapshots, "snapshots").status());
    VARVE_RETURN_IF_ERROR(CheckSnapshotter(store));
    VARVE_ASSIGN_OR_RETURN(std::vector<snapshot::SnapshotInfo> known, Retained(store));
    *snapshots = ListOf<varve_snapshot>(std::move(known), FillSnapshot).release();
    return absl::OkStatus();
  });
}

varve_status varve_snapshot_verify(varve_slice path, const varve_control* control,
                                   varve_result** snapshot, varve_error** error) {
  if (snapshot != nullptr) *snapshot = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Bytes(path, "path").Given(snapshot, "snapshot").status());
    VARVE_ASSIGN_OR_RETURN(const snapshot::SnapshotWriteOptions options, WriteOptionsOf(control));
    VARVE_ASSIGN_OR_RETURN(
        snapshot::SnapshotInfo known,
        snapshot::VerifySnapshot(PosixFileSystem(), std::string(TextOf(path)), options));
    *snapshot = ListingOfSnapshot(std::move(known)).release();
    return absl::OkStatus();
  });
}

varve_status varve_snapshot_restore(varve_slice path, varve_slice target,
                                    const varve_open_options* options, varve_result** recovery,
                                    varve_error** error) {
  if (recovery != nullptr) *recovery = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Bytes(path, "path").Bytes(target, "target").status());
    VARVE_ASSIGN_OR_RETURN(const OpenOptions taken, OpenOptionsOf(options));
    VARVE_ASSIGN_OR_RETURN(
        const RecoveryReport known,
        RestoreSnapshot(std::string(TextOf(path)), TextOf(target), BuiltinRegistry(), taken));
    if (recovery != nullptr) *recovery = ListingOf(known).release();
    return absl::OkStatus();
  });
}

}  // extern "C"
}  // namespace varve_c
