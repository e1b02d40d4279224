// Feeding log records to the primitives: the replay half of the one apply path.
#ifndef VARVE_RECOVERY_REPLAYER_H_
#define VARVE_RECOVERY_REPLAYER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "kernel/internal/layered_reader.h"
#include "kernel/internal/write_buffer.h"
#include "kernel/registry.h"
#include "kernel/table/materialized_store.h"
#include "kernel/table/memtable.h"
#include "kernel/wal/record.h"
#include "snapshot/manifest.h"
#include "snapshot/snapshot.h"

namespace varve::recovery {

// Not thread-safe. Applies transactions in LSN order on top of `materialized`, into a memtable;
// where `checkpoint_bytes` is not zero, moves the memtable down whenever it holds that much (the
// caller has made the log durable before: the ordering rule "record durable before any checkpoint
// that contains it").
class Replayer final {
 public:
  Replayer(const PrimitiveRegistry& registry,
           std::shared_ptr<table::MaterializedStore> materialized, std::uint64_t memtable_bytes,
           std::uint64_t checkpoint_bytes);

  // First. Opens the materialized state of `store`, and applies what LoadBase gave back: moves it
  // down at once, where there is any. Until then the materialized state is no store's, so that an
  // opening after a crash makes it anew.
  [[nodiscard]] absl::Status Start(const Uuid& store,
                                   std::span<const snapshot::CarriedEntry> carried);
  // kUnimplemented: an entry of a primitive that is not registered. kInternal: an entry that was
  // accepted when it was written is refused now.
  [[nodiscard]] absl::Status Apply(const wal::Record& record);
  // Moves everything applied so far down, with a mark for `last_lsn`.
  [[nodiscard]] absl::Status Checkpoint();

  // What was replayed and not moved down. The replayer is finished after it.
  [[nodiscard]] std::shared_ptr<table::Memtable> TakeMemtable();
  [[nodiscard]] Lsn last_lsn() const { return last_lsn_; }
  [[nodiscard]] Timestamp last_commit_time() const { return last_commit_time_; }
  // Entries applied, by the type's range (type >> 4).
  [[nodiscard]] const std::array<std::uint64_t, 16>& entries_by_range() const { return entries_; }

 private:
  absl::Status OpenLayers();
  absl::Status ApplyAt(std::string_view body, Lsn lsn, Timestamp commit_time,
                       std::optional<PrimitiveId> carried_for = std::nullopt);

  const PrimitiveRegistry& registry_;
  std::shared_ptr<table::MaterializedStore> materialized_;
  const std::uint64_t memtable_bytes_;
  const std::uint64_t checkpoint_bytes_;
  std::shared_ptr<table::Memtable> memtable_;
  std::unique_ptr<internal::LayeredReader> layers_;
  Uuid store_;
  Lsn last_lsn_;
  Timestamp last_commit_time_;
  std::array<std::uint64_t, 16> entries_{};
};

// kUnimplemented where an entry of `record` belongs to no registered primitive and may not be
// ignored, or is newer than its primitive reads. Says whose it is as far as `known`, the manifest's
// list, can tell.
[[nodiscard]] absl::Status CheckEntriesKnown(const PrimitiveRegistry& registry,
                                             const std::vector<snapshot::ManifestPrimitive>& known,
                                             const wal::Record& record);

// What applying `record` answered; where that is kUnimplemented, what CheckEntriesKnown says of it.
[[nodiscard]] absl::Status NameUnknown(const absl::Status& applied,
                                       const PrimitiveRegistry& registry,
                                       const std::vector<snapshot::ManifestPrimitive>& known,
                                       const wal::Record& record);

}  // namespace varve::recovery

#endif  // VARVE_RECOVERY_REPLAYER_H_
