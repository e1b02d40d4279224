// A second way to a store's state: from its oldest snapshot and the log alone, in memory. What
// state.mdb holds must be the same.
#ifndef VARVE_RECOVERY_REBUILD_H_
#define VARVE_RECOVERY_REBUILD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/registry.h"
#include "kernel/table/materialized_store.h"
#include "recovery/open.h"

namespace varve {

struct RebuiltState {
  std::shared_ptr<table::MaterializedStore> state;
  Lsn base_lsn;  // of the snapshot that it begins with; Lsn(): the start of the log
  std::uint64_t records_replayed = 0;
};

// The state after LSN `at` of the store in `directory`, which is only read. It needs memory for the
// whole state and its history. Uses of `options`: environment, unknown_entries, progress,
// cancelled.
//   kOutOfRange          neither a whole snapshot nor the start of the log leads there
//   kDataLoss (Damage), kUnimplemented as OpenStore; kCancelled
[[nodiscard]] absl::StatusOr<RebuiltState> RebuildState(std::string_view directory, Lsn at,
                                                        PrimitiveRegistry registry,
                                                        const OpenOptions& options);

struct StateComparison {
  std::uint64_t rows = 0;  // compared
  // Primitive, table, run, key and what each has; nullopt: they are equal.
  std::optional<std::string> first_difference;
};

// Compares every row of two states after one LSN: value, LSN and commit time, and of the past what
// both must still have. `step` is told the rows so far, now and then; its error is the answer.
// kFailedPrecondition: the states are of different LSNs. kDataLoss: a row fails its checksum.
[[nodiscard]] absl::StatusOr<StateComparison> CompareStates(
    table::MaterializedReader& found, table::MaterializedReader& rebuilt,
    const PrimitiveRegistry& registry, const std::function<absl::Status(std::uint64_t rows)>& step);

}  // namespace varve

#endif  // VARVE_RECOVERY_REBUILD_H_
