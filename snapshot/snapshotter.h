// When snapshots are taken, how many are kept, and what that lets the log forget.
#ifndef VARVE_SNAPSHOT_SNAPSHOTTER_H_
#define VARVE_SNAPSHOT_SNAPSHOTTER_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "kernel/io/environment.h"
#include "kernel/maintenance.h"
#include "kernel/store.h"
#include "snapshot/manifest.h"
#include "snapshot/snapshot.h"

namespace varve::snapshot {

struct SnapshotPolicy {
  // A snapshot is due when the log since the last one exceeds both `log_bytes_min` and
  // `log_to_state_ratio` times the size of the state; at a clean close, a quarter of both suffices.
  std::uint64_t log_bytes_min = std::uint64_t{64} << 20;
  double log_to_state_ratio = 1.0;
  // Or when the log has more segments than this (many short openings).
  std::uint64_t segments_max = 256;
  int retained = 2;  // at least 1; the log is kept back to the oldest of them
};

// Takes snapshots of one store by policy and on request. Thread-safe. Owned by the store as its
// Maintenance.
class Snapshotter final : public Maintenance {
 public:
  // `manifest` is the store's, as read or created by recovery; the snapshotter writes it from now
  // on.
  Snapshotter(const Environment& environment, std::string directory, Manifest manifest,
              const SnapshotPolicy& policy);

  absl::Status AfterCheckpoint(Store& store) override;
  // Snapshot where due, then the clean-close mark.
  absl::Status AtClose(Store& store) override;

  // Checkpoints, snapshots that state, verifies it, enters it in the manifest, drops what retention
  // lets go, trims the log. Never blocks writers. Where nothing was committed since the last one,
  // returns that one.
  [[nodiscard]] absl::StatusOr<SnapshotInfo> CreateSnapshot(
      Store& store, const SnapshotWriteOptions& options = {});

  [[nodiscard]] Manifest manifest() const;

 private:
  Environment environment_;
  std::string directory_;
  SnapshotPolicy policy_;
  mutable std::mutex mutex_;
  Manifest manifest_;
};

}  // namespace varve::snapshot

#endif  // VARVE_SNAPSHOT_SNAPSHOTTER_H_
