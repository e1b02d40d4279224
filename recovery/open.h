// Opening is recovering: the only ways to get a Store.
#ifndef VARVE_RECOVERY_OPEN_H_
#define VARVE_RECOVERY_OPEN_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/store.h"
#include "snapshot/snapshotter.h"

namespace varve {

// What to do with entries and snapshot sections of primitives that are not registered.
enum class UnknownEntries {
  kRefuse,  // the open answers kUnimplemented, naming them
  kCarry,   // they are kept, unchanged, through checkpoints and snapshots, until the primitive is
            // back
};

struct RecoveryProgress {
  enum class Stage { kPlan, kLoadBase, kReplay, kRebuildIndexes };
  Stage stage = Stage::kPlan;
  std::uint64_t done = 0;   // bytes
  std::uint64_t total = 0;  // bytes; 0 while unknown
};

struct OpenOptions {
  StoreOptions store;
  snapshot::SnapshotPolicy snapshots;
  bool create_if_missing = true;
  bool error_if_exists = false;
  // Writes nothing, not one byte; works on read-only media and beside a writing process. Sees the
  // state of the moment of opening.
  bool read_only = false;
  UnknownEntries unknown_entries = UnknownEntries::kRefuse;
  // How long to wait for another holder of the store before kUnavailable.
  std::chrono::milliseconds lock_timeout{0};
  // Network file systems lie about locks and flushes: refused unless set.
  bool allow_network_file_system = false;
  std::function<void(const RecoveryProgress&)> progress;  // may be empty
  // Asked now and then; true stops with kCancelled, the store as it was.
  std::function<bool()> cancelled;
  Environment environment;
  // Where rows are materialized: empty for state.mdb in LMDB. Tests put a store in memory here,
  // which may have survived a simulated crash.
  std::function<absl::StatusOr<std::shared_ptr<table::MaterializedStore>>(
      const table::MaterializedOptions&, const table::AppliedMark& fresh)>
      materialized;
};

struct RecoveryReport {
  enum class Base { kCreated, kMaterialized, kSnapshot, kLogStart };
  Base base = Base::kCreated;
  Lsn base_lsn;  // state taken over from the base
  Lsn last_lsn;  // state served
  std::uint64_t records_replayed = 0;
  struct PerPrimitive {
    PrimitiveId id;
    std::string name;
    std::uint64_t entries_replayed = 0;
  };
  std::vector<PerPrimitive> primitives;  // those with entries, ascending by id
  std::uint64_t bytes_replayed = 0;
  std::uint64_t torn_tail_bytes = 0;  // discarded behind the last intact record
  bool clean_close = false;           // the last session closed cleanly
  bool materialized_rebuilt = false;  // state.mdb was missing, damaged or foreign
  std::chrono::microseconds plan_time{0};
  std::chrono::microseconds load_base_time{0};
  std::chrono::microseconds replay_time{0};
  std::chrono::microseconds rebuild_indexes_time{0};
  std::vector<std::string> warnings;
  // Several lines, for people.
  [[nodiscard]] std::string ToString() const;
};

struct OpenedStore {
  std::unique_ptr<Store> store;
  RecoveryReport report;
  // The store's snapshotter, owned by the store; null for stores in memory and read-only ones.
  snapshot::Snapshotter* snapshotter = nullptr;
};

// Opens the store in `directory`, making it where there is none.
//   kUnavailable         another process (or this one) has it open
//   kDataLoss            damage; DamageOf(status) tells all of it. Nothing was written
//   kUnimplemented       a newer format, or entries of a primitive that is not registered
//   kFailedPrecondition  `directory` is not a store; a network file system
//   kNotFound, kAlreadyExists  against create_if_missing, error_if_exists
//   kPermissionDenied, kResourceExhausted  a read-only medium or folder; no room for a segment
[[nodiscard]] absl::StatusOr<OpenedStore> OpenStore(std::string_view directory,
                                                    PrimitiveRegistry registry,
                                                    const OpenOptions& options = {});

// A store without files: gone when closed.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Store>> OpenInMemory(
    PrimitiveRegistry registry, const StoreOptions& options = {},
    const Environment& environment = {});

// Up to which moment to restore: `lsn` and `time` both as upper bounds.
struct RestorePoint {
  Lsn lsn = kLsnMax;
  Timestamp time{~std::uint64_t{0}};
};

// Makes a new store in `target` (which must not exist or be empty) with the state that the store in
// `source` had at `point`, from its snapshots and log, without writing to `source`, which may be a
// backup (recovery/backup.h). The new store has a uuid of its own. kOutOfRange: the log that leads
// there is trimmed. kCancelled: no store was made, and a later call may make one in `target`.
[[nodiscard]] absl::StatusOr<RecoveryReport> RestoreStore(std::string_view source,
                                                          std::string_view target,
                                                          const RestorePoint& point,
                                                          PrimitiveRegistry registry,
                                                          const OpenOptions& options = {});

// Makes a new store in `target` from one snapshot file.
[[nodiscard]] absl::StatusOr<RecoveryReport> RestoreSnapshot(const std::string& snapshot_path,
                                                             std::string_view target,
                                                             PrimitiveRegistry registry,
                                                             const OpenOptions& options = {});

}  // namespace varve

#endif  // VARVE_RECOVERY_OPEN_H_
