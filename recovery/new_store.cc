#include "recovery/new_store.h"

#include "kernel/base/status.h"
#include "recovery/base.h"
#include "recovery/create.h"

namespace varve::recovery {

absl::Status NewStore::Create() {
  VARVE_ASSIGN_OR_RETURN(const DirectoryState state, InspectDirectory(files_, names_));
  if (state != DirectoryState::kAbsent && state != DirectoryState::kUnfinished) {
    return absl::AlreadyExistsError(
        ToAbsl(names_.directory() + ": not empty; restore into a new directory"));
  }
  VARVE_RETURN_IF_ERROR(CreateStoreDirectory(files_, names_));
  VARVE_ASSIGN_OR_RETURN(lock_, files_.Lock(names_.lock(), LockMode::kExclusive));
  VARVE_RETURN_IF_ERROR(MarkUnfinished(files_, names_));
  VARVE_RETURN_IF_ERROR(CreateStoreFolders(files_, names_));
  manifest_ = FreshManifest(*options_.environment.entropy, registry_);
  VARVE_ASSIGN_OR_RETURN(
      materialized_,
      CreateMaterialized(options_, names_, {manifest_.store, Lsn(), Timestamp(), Lsn()}));
  return absl::OkStatus();
}

absl::Status NewStore::LoadSnapshotFile(const std::string& path) {
  VARVE_RETURN_IF_ERROR(Step(RecoveryProgress::Stage::kLoadBase, 0));
  const auto step = [this](std::uint64_t bytes) {
    return Step(RecoveryProgress::Stage::kLoadBase, bytes);
  };
  VARVE_ASSIGN_OR_RETURN(carried_,
                         LoadBase(files_, path, registry_, manifest_.store, *materialized_, step));
  return absl::OkStatus();
}

absl::Status NewStore::Step(RecoveryProgress::Stage stage, std::uint64_t done,
                            std::uint64_t total) const {
  if (options_.progress) options_.progress({stage, done, total});
  if (!options_.cancelled || !options_.cancelled()) return absl::OkStatus();
  return absl::CancelledError(ToAbsl("cancelled; " + names_.directory() + " is no store yet"));
}

absl::Status NewStore::StartReplay() {
  replayer_ = std::make_unique<Replayer>(registry_, materialized_, options_.store.memtable_bytes,
                                         options_.store.memtable_bytes);
  return replayer_->Start(manifest_.store, carried_);
}

absl::Status NewStore::Finish() {
  VARVE_RETURN_IF_ERROR(replayer_->Checkpoint());
  const Lsn last = replayer_->last_lsn();
  replayer_.reset();
  VARVE_ASSIGN_OR_RETURN(const auto state, materialized_->OpenReader());
  const std::string path = JoinPath(names_.snapshot_folder(), snapshot::SnapshotFileName(last));
  snapshot::SnapshotWriteOptions write;
  write.cancelled = options_.cancelled;
  write.background_thread = options_.store.background_threads;
  VARVE_ASSIGN_OR_RETURN(
      const snapshot::SnapshotInfo info,
      snapshot::WriteSnapshot(options_.environment, path, *state, registry_, write));
  manifest_.snapshots = {{last, info.file_bytes, info.digest}};
  manifest_.durable_lsn = last;
  manifest_.log_start = last.Next();
  manifest_.log_end = {.number = 0, .end_offset = 0, .last_lsn = last, .last_record_crc = 0};
  manifest_.clean_close = true;
  VARVE_RETURN_IF_ERROR(CreateStoreManifest(files_, names_, manifest_));
  files_.Remove(UnfinishedMark(names_)).IgnoreError();  // the next opening removes it as well
  return absl::OkStatus();
}

}  // namespace varve::recovery
