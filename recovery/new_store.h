// Making a store out of another one's snapshot and log: what restoring and salvaging share.
#ifndef VARVE_RECOVERY_NEW_STORE_H_
#define VARVE_RECOVERY_NEW_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "kernel/registry.h"
#include "kernel/store_files.h"
#include "kernel/wal/record.h"
#include "recovery/open.h"
#include "recovery/replayer.h"
#include "snapshot/manifest.h"
#include "snapshot/snapshot.h"

namespace varve::recovery {

// The new store while it is being made. Until Finish has written its manifest there is no store in
// its directory, never one with a part of the data, and another NewStore may begin there again.
// Call in the order of the declarations.
class NewStore final {
 public:
  // `registry` and `options` must outlive it.
  NewStore(std::string directory, const PrimitiveRegistry& registry, const OpenOptions& options)
      : options_(options),
        names_(std::move(directory)),
        files_(*options.environment.files),
        registry_(registry) {}

  // kAlreadyExists: the directory holds something, and not only what an earlier one left that never
  // finished.
  [[nodiscard]] absl::Status Create();
  [[nodiscard]] absl::Status LoadSnapshotFile(const std::string& path);
  [[nodiscard]] absl::Status StartReplay();
  [[nodiscard]] absl::Status Apply(const wal::Record& record) { return replayer_->Apply(record); }
  // Tells the options' progress; kCancelled where they say so. LoadSnapshotFile and Finish ask by
  // themselves.
  [[nodiscard]] absl::Status Step(RecoveryProgress::Stage stage, std::uint64_t done,
                                  std::uint64_t total = 0) const;
  // Checkpoints, snapshots and seals the new store.
  [[nodiscard]] absl::Status Finish();

  [[nodiscard]] const PrimitiveRegistry& registry() const { return registry_; }
  [[nodiscard]] Lsn last_lsn() const { return replayer_->last_lsn(); }

 private:
  const OpenOptions& options_;
  const StoreFiles names_;
  FileSystem& files_;
  const PrimitiveRegistry& registry_;
  std::unique_ptr<FileLock> lock_;
  snapshot::Manifest manifest_;
  std::shared_ptr<table::MaterializedStore> materialized_;
  std::vector<snapshot::CarriedEntry> carried_;
  std::unique_ptr<Replayer> replayer_;
};

}  // namespace varve::recovery

#endif  // VARVE_RECOVERY_NEW_STORE_H_
