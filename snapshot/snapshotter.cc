#include "snapshot/snapshotter.h"

#include <algorithm>
#include <utility>

#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "kernel/io/log_sink.h"
#include "kernel/io/stopwatch.h"
#include "kernel/io/tracer.h"
#include "kernel/wal/segment.h"
#include "snapshot/metrics.h"
#include "snapshot/retention.h"

namespace varve::snapshot {
namespace {

// At a clean close a quarter of the thresholds suffices: the next open is the quicker for it.
constexpr unsigned kCloseDivisor = 4;

Lsn NewestSnapshot(const Manifest& manifest) {
  return manifest.snapshots.empty() ? Lsn() : manifest.snapshots.back().lsn;
}

SnapshotPolicy Sane(SnapshotPolicy policy) {
  policy.retained = std::max(policy.retained, 1);
  return policy;
}

}  // namespace

Snapshotter::Snapshotter(const Environment& environment, std::string directory, Manifest manifest,
                         const SnapshotPolicy& policy)
    : environment_(environment),
      names_(std::move(directory)),
      policy_(Sane(policy)),
      manifest_(std::move(manifest)) {}

absl::Status Snapshotter::AfterCheckpoint(Store& store) {
  const std::unique_lock<std::mutex> work(work_mutex_, std::try_to_lock);
  if (!work.owns_lock()) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(const bool due, IsDue(store, 1));
  if (!due) return absl::OkStatus();
  SnapshotWriteOptions options;
  options.background_thread = store.options().background_threads;
  return Take(store, options).status();
}

absl::Status Snapshotter::AtClose(Store& store) {
  const std::lock_guard<std::mutex> work(work_mutex_);
  const absl::StatusOr<bool> due = IsDue(store, kCloseDivisor);
  absl::Status status = due.status();
  if (due.ok() && *due) {
    SnapshotWriteOptions options;
    options.background_thread = store.options().background_threads;
    status = Take(store, options).status();
  }
  const absl::Status marked = MarkClosed(store);
  return status.ok() ? marked : status;
}

absl::StatusOr<SnapshotInfo> Snapshotter::CreateSnapshot(Store& store,
                                                         const SnapshotWriteOptions& options) {
  // Before the lock: the checkpoint may call AfterCheckpoint in this very thread.
  VARVE_RETURN_IF_ERROR(store.Checkpoint());
  const auto take = [&] {
    const std::lock_guard<std::mutex> work(work_mutex_);
    SnapshotWriteOptions used = options;
    used.background_thread = options.background_thread && store.options().background_threads;
    return Take(store, used);
  };
  return CatchOutOfMemory(take, "no snapshot was made; those there are as before");
}

Manifest Snapshotter::manifest() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return manifest_;
}

absl::StatusOr<bool> Snapshotter::IsDue(Store& store, unsigned divisor) const {
  const Lsn newest = NewestSnapshot(manifest_);
  if (store.applied_lsn() <= newest) return false;
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t segments, CountSegments());
  if (segments > segments_at_last_ + policy_.segments_max / divisor) return true;
  const std::uint64_t log_bytes = store.log().BytesSince(newest);
  if (log_bytes <= policy_.log_bytes_min / divisor) return false;
  VARVE_ASSIGN_OR_RETURN(const StoreFootprint footprint, store.Footprint());
  const double state_bytes = static_cast<double>(footprint.materialized.live_bytes);
  return static_cast<double>(log_bytes) > policy_.log_to_state_ratio / divisor * state_bytes;
}

absl::StatusOr<std::uint64_t> Snapshotter::CountSegments() const {
  VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> files,
                         environment_.files->List(names_.log_folder()));
  return files.size();
}

// Requires work_mutex_. Snapshots the state as of the last checkpoint.
absl::StatusOr<SnapshotInfo> Snapshotter::Take(Store& store, const SnapshotWriteOptions& options) {
  VARVE_ASSIGN_OR_RETURN(std::unique_ptr<table::MaterializedReader> state,
                         store.OpenMaterialized());
  const Lsn lsn = state->mark().applied;
  const std::string path = JoinPath(names_.snapshot_folder(), SnapshotFileName(lsn));
  if (!manifest_.snapshots.empty() && manifest_.snapshots.back().lsn == lsn) {
    SnapshotWriteOptions check = options;
    absl::StatusOr<SnapshotInfo> info = VerifySnapshot(*environment_.files, path, check);
    if (info.ok() && info->digest == manifest_.snapshots.back().digest) return info;
    if (absl::IsCancelled(info.status())) return info;
    // The file is gone or damaged, and the state that it held is still here: write it again.
  }
  const Stopwatch stopwatch(store.options().timings ? environment_.clock : nullptr);
  TracedSpan span(environment_.tracer, "varve.snapshot");
  absl::StatusOr<SnapshotInfo> info = Make(store, path, std::move(state), options);
  span.Set("lsn", lsn.value());
  span.Note(info.status());
  if (info.ok()) {
    span.Set("bytes", info->file_bytes);
    stopwatch.Record(nanos_);
    NoteTaken(*info);
  } else if (!absl::IsCancelled(info.status())) {
    failures_.Add();
  }
  return info;
}

void Snapshotter::NoteTaken(const SnapshotInfo& info) {
  taken_.Add();
  bytes_.Add(info.file_bytes);
  LogSink* const sink = environment_.log_sink;
  if (sink == nullptr || !sink->Wants(LogLevel::kInfo)) return;
  sink->Write(
      {LogLevel::kInfo,
       "snapshot",
       "a snapshot was taken",
       {{"lsn", std::to_string(info.lsn.value())}, {"bytes", std::to_string(info.file_bytes)}}});
}

absl::StatusOr<SnapshotInfo> Snapshotter::Make(Store& store, const std::string& path,
                                               std::unique_ptr<table::MaterializedReader> state,
                                               const SnapshotWriteOptions& options) {
  SnapshotInfo info;
  {
    const TracedSpan span(environment_.tracer, "varve.snapshot.write");
    VARVE_ASSIGN_OR_RETURN(info,
                           WriteSnapshot(environment_, path, *state, store.registry(), options));
    state.reset();  // it pins pages of the materialized store
  }
  const TracedSpan span(environment_.tracer, "varve.snapshot.enter");
  VARVE_RETURN_IF_ERROR(Enter(store, info));
  return info;
}

void Snapshotter::CollectMetrics(StoreStats& to) const {
  const Manifest known = manifest();
  to.Add(metric::kSnapshots, taken_.value());
  to.Add(metric::kSnapshotFailures, failures_.value());
  to.Add(metric::kSnapshotDuration, nanos_.value());
  to.Add(metric::kSnapshotBytes, bytes_.value());
  to.Add(metric::kSnapshotsRetained, known.snapshots.size());
  to.Add(metric::kSnapshotNewestLsn, NewestSnapshot(known).value());
}

// Steps 2 to 4.
absl::Status Snapshotter::Enter(Store& store, const SnapshotInfo& info) {
  RetentionPlan plan = PlanRetention(manifest_.snapshots, {info.lsn, info.file_bytes, info.digest},
                                     policy_.retained);
  Manifest next = manifest_;
  next.snapshots = plan.retained;
  next.durable_lsn = std::max({next.durable_lsn, store.log().durable_lsn(), info.lsn});
  next.clean_close = false;
  next.log_start = std::max(next.log_start, plan.trim_to.Next());
  VARVE_RETURN_IF_ERROR(WriteManifest(next));
  // Once more: what is removed below must not be missed by the older slot, should the newer one
  // ever be damaged.
  VARVE_RETURN_IF_ERROR(WriteManifest(manifest_));
  VARVE_RETURN_IF_ERROR(
      RemoveDroppedSnapshots(*environment_.files, names_.snapshot_folder(), plan.retained));
  if (plan.trim_to > Lsn()) VARVE_RETURN_IF_ERROR(store.log().TrimTo(plan.trim_to));
  VARVE_ASSIGN_OR_RETURN(segments_at_last_, CountSegments());
  return absl::OkStatus();
}

absl::Status Snapshotter::WriteManifest(Manifest next) {
  VARVE_RETURN_IF_ERROR(UpdateManifest(*environment_.files, names_.manifest(), next));
  const std::lock_guard<std::mutex> lock(mutex_);
  manifest_ = std::move(next);
  return absl::OkStatus();
}

absl::Status Snapshotter::MarkClosed(Store& store) {
  const wal::Log& log = store.log();  // closed, and without an error
  Manifest next = manifest_;
  next.log_end = log.end();
  next.durable_lsn = std::max(next.durable_lsn, log.last_lsn());
  next.clean_close = true;
  return WriteManifest(std::move(next));
}

}  // namespace varve::snapshot
