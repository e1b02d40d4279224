// When snapshots are taken, how many are kept, and what that lets the log forget.
#ifndef VARVE_SNAPSHOT_SNAPSHOTTER_H_
#define VARVE_SNAPSHOT_SNAPSHOTTER_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "kernel/base/counter.h"
#include "kernel/base/histogram.h"
#include "kernel/io/environment.h"
#include "kernel/maintenance.h"
#include "kernel/store.h"
#include "kernel/store_files.h"
#include "snapshot/manifest.h"
#include "snapshot/snapshot.h"

namespace varve::snapshot {

struct SnapshotPolicy {
  // A snapshot is due when the log since the last one exceeds both `log_bytes_min` and
  // `log_to_state_ratio` times the size of the state; at a clean close, a quarter of both suffices.
  std::uint64_t log_bytes_min = std::uint64_t{64} << 20;
  double log_to_state_ratio = 1.0;
  // Or when the log has got this many more segments since the last one (many short openings).
  std::uint64_t segments_max = 256;
  // At least 1. The log is kept back to the oldest of them, and whole while there are fewer.
  int retained = 2;
};

// Takes snapshots of one store by policy and on request. Thread-safe. Owned by the store as its
// Maintenance.
//
// One snapshot is taken in this order; a crash between any two steps is harmless, because each
// leaves what the manifest names whole, and names nothing that is not:
//   1. the file is written, synced, read back, renamed, its folder synced
//   2. the manifest names it, in both slots, so that damage to one loses nothing
//   3. snapshot files that the manifest does not name are removed
//   4. log segments below the oldest retained snapshot are removed
class Snapshotter final : public Maintenance {
 public:
  // `manifest` is the store's, as read or created by recovery; the snapshotter writes it from now
  // on. `policy.retained` below 1 counts as 1.
  Snapshotter(const Environment& environment, std::string directory, Manifest manifest,
              const SnapshotPolicy& policy);

  // Takes a snapshot where the policy says so. Where one is being taken already, does nothing.
  absl::Status AfterCheckpoint(Store& store) override;
  // Snapshot where due, then the clean-close mark; the mark also where the snapshot failed. Returns
  // the first error.
  absl::Status AtClose(Store& store) override;

  // Checkpoints, snapshots that state, verifies it, enters it in the manifest, drops what retention
  // lets go, trims the log. Never blocks writers. Where nothing was committed since the last one,
  // verifies and returns that one. Errors as Store::Checkpoint and WriteSnapshot; after one the
  // store, its log and its earlier snapshots are as before.
  [[nodiscard]] absl::StatusOr<SnapshotInfo> CreateSnapshot(
      Store& store, const SnapshotWriteOptions& options = {});

  [[nodiscard]] Manifest manifest() const;
  void CollectMetrics(StoreStats& to) const override;

 private:
  absl::StatusOr<bool> IsDue(Store& store, unsigned divisor) const;
  absl::StatusOr<std::uint64_t> CountSegments() const;
  absl::StatusOr<SnapshotInfo> Take(Store& store, const SnapshotWriteOptions& options);
  absl::StatusOr<SnapshotInfo> Make(Store& store, const std::string& path,
                                    std::unique_ptr<table::MaterializedReader> state,
                                    const SnapshotWriteOptions& options);
  void NoteTaken(const SnapshotInfo& info);
  absl::Status Enter(Store& store, const SnapshotInfo& info);
  absl::Status WriteManifest(Manifest next);
  absl::Status MarkClosed(Store& store);

  const Environment environment_;
  const StoreFiles names_;
  const SnapshotPolicy policy_;
  // Held while a snapshot is taken or the manifest written; `mutex_` only while `manifest_` is
  // copied or replaced, which happens with `work_mutex_` held.
  std::mutex work_mutex_;
  mutable std::mutex mutex_;
  Manifest manifest_;
  std::uint64_t segments_at_last_ = 0;  // when the last snapshot was taken; under work_mutex_
  SerialCounter taken_;                 // these four under work_mutex_
  SerialCounter failures_;
  SerialCounter bytes_;
  Histogram nanos_;
};

}  // namespace varve::snapshot

#endif  // VARVE_SNAPSHOT_SNAPSHOTTER_H_
