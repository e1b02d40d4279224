// One opening of a store in a directory, step by step.
#ifndef VARVE_RECOVERY_OPENING_H_
#define VARVE_RECOVERY_OPENING_H_

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/store_files.h"
#include "recovery/base.h"
#include "recovery/log_scan.h"
#include "recovery/open.h"
#include "recovery/replayer.h"

namespace varve::recovery {

// Used once. The order of the steps is the point: everything that can refuse the store comes before
// the first byte that is written.
class Opening final {
 public:
  Opening(std::string directory, PrimitiveRegistry registry, const OpenOptions& options);

  [[nodiscard]] absl::StatusOr<OpenedStore> Run();

 private:
  absl::StatusOr<OpenedStore> Open();
  // Before anything is written.
  absl::Status CheckVolume();
  absl::Status TakeLock();
  absl::Status LockOrCreate();
  absl::Status Recover(bool trust_materialized);
  absl::StatusOr<LogEnd> ReadLog(const std::vector<wal::SegmentFile>& segments,
                                 const std::vector<LogEvidence>& evidence, Replayer* replayer);
  // From here on bytes may change.
  absl::Status ReplayInPlace(const std::vector<wal::SegmentFile>& segments,
                             const std::vector<LogEvidence>& evidence);
  absl::Status SyncLogTail(const std::vector<wal::SegmentFile>& segments);
  absl::Status UpdateManifestIfChanged();
  absl::Status EnterCarried();
  absl::StatusOr<OpenedStore> Serve();
  absl::Status RebuildIndexes(Store& store);
  void RemoveLeftovers();

  void ReportProgress(RecoveryProgress::Stage stage, std::uint64_t done, std::uint64_t total) const;
  void FillEntryCounts();

  const OpenOptions options_;
  const StoreFiles names_;
  FileSystem& files_;
  PrimitiveRegistry registry_;
  RecoveryReport report_;
  std::unique_ptr<FileLock> lock_;
  bool created_ = false;
  Plan plan_;
  RegistryChange change_;
  Base base_;
  LogEnd log_end_;
  std::unique_ptr<Replayer> replayer_;
};

}  // namespace varve::recovery

#endif  // VARVE_RECOVERY_OPENING_H_
