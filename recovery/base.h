// What a recovery starts from: state.mdb where it can be trusted, else a snapshot, else the start
// of the log.
#ifndef VARVE_RECOVERY_BASE_H_
#define VARVE_RECOVERY_BASE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/registry.h"
#include "kernel/store_files.h"
#include "kernel/wal/reader.h"
#include "recovery/open.h"
#include "snapshot/manifest.h"
#include "snapshot/snapshot.h"

namespace varve::recovery {

// A store's files as found, before anything is decided. Reading it writes nothing.
struct Plan {
  snapshot::Manifest manifest;
  std::vector<wal::SegmentFile> segments;
  std::vector<std::string> warnings;  // of a manifest slot that is damaged, say
  // The last session closed cleanly and the log has not changed since.
  [[nodiscard]] bool clean_close() const;
};
[[nodiscard]] absl::StatusOr<Plan> ReadPlan(FileSystem& files, const StoreFiles& names);

// The primitives of this opening: registers a placeholder for each that the manifest names, the
// registry lacks and `unknown` lets be carried; enters the newly registered in `manifest`.
// kFailedPrecondition: another primitive is registered under an id, or for a range, of one of them.
struct RegistryChange {
  bool manifest_changed = false;
  bool carried_changed =
      false;  // a primitive came back, or went: rows must be rebuilt by the right one
};
[[nodiscard]] absl::StatusOr<RegistryChange> ReconcileRegistry(UnknownEntries unknown,
                                                               PrimitiveRegistry& registry,
                                                               snapshot::Manifest& manifest);

struct Base {
  RecoveryReport::Base kind = RecoveryReport::Base::kLogStart;
  Lsn lsn;
  // kMaterialized: open. Otherwise empty until MaterializeBase.
  std::shared_ptr<table::MaterializedStore> materialized;
  std::string snapshot_path;  // kSnapshot: verified
};

struct BaseRequest {
  const OpenOptions& options;
  const StoreFiles& names;
  const Plan& plan;
  const PrimitiveRegistry& registry;
  bool trust_materialized = true;
};

// Writes nothing (LMDB's own lock file excepted). Adds to report.warnings what it passed over and
// why. kDataLoss: no snapshot is whole and the start of the log is gone.
[[nodiscard]] absl::StatusOr<Base> ChooseBase(const BaseRequest& request, RecoveryReport& report);

// A new, empty materialized state below `names`: state.mdb (replacing what is there), or in memory
// where the open is read-only or the options say so.
[[nodiscard]] absl::StatusOr<std::shared_ptr<table::MaterializedStore>> CreateMaterialized(
    const OpenOptions& options, const StoreFiles& names, const table::AppliedMark& fresh);

// Told the bytes of rows loaded so far, now and then; an error ends the load and is its answer.
using LoadStep = std::function<absl::Status(std::uint64_t bytes)>;

// Fills an empty `materialized`, of the store `store`, from a verified snapshot. Returns the
// entries that a primitive missed while it was carried. Where there are any, `materialized` is
// marked as no store's: Replayer::Start completes it, in one step with the right mark.
[[nodiscard]] absl::StatusOr<std::vector<snapshot::CarriedEntry>> LoadBase(
    FileSystem& files, const std::string& snapshot_path, const PrimitiveRegistry& registry,
    const Uuid& store, table::MaterializedStore& materialized, const LoadStep& step = {});

// kCancelled where whoever opens the store asks for that.
[[nodiscard]] absl::Status CheckCancelled(const OpenOptions& options);

// The first LSN that the log can still replay.
[[nodiscard]] Lsn FirstLogLsn(const Plan& plan);

}  // namespace varve::recovery

#endif  // VARVE_RECOVERY_BASE_H_
