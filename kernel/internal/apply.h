// The one apply path: commit, recovery, replay and time travel all come through ApplyEntry.
#ifndef VARVE_KERNEL_INTERNAL_APPLY_H_
#define VARVE_KERNEL_INTERNAL_APPLY_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "kernel/internal/layered_reader.h"
#include "kernel/internal/read_set.h"
#include "kernel/internal/write_buffer.h"
#include "kernel/registry.h"

namespace varve::internal {

// What entries are applied to: the layers below, and a buffer that takes the mutations.
struct ApplyTarget {
  LayeredReader* reader = nullptr;
  WriteBuffer* buffer = nullptr;
  ReadSet* reads = nullptr;         // null where nobody will validate them (replay)
  Lsn lsn{};                        // of the transaction; a guess before commit
  Timestamp commit_time{};          // likewise
  bool asked_for_position = false;  // an Apply has looked at lsn or commit_time
  // Set while entries that were carried for one primitive are applied at last: the kernel's own
  // entries concern its rows only, and who observes has seen them when they were written.
  std::optional<PrimitiveId> carried_for{};
};

// A scan over the target's buffer and layers, its extent noted in `target.reads`. `target` must
// outlive it.
[[nodiscard]] std::unique_ptr<RowScan> ScanTarget(ApplyTarget& target, TableId table,
                                                  const RunId& run, const KeyRange& range,
                                                  Order order);

// Finds the primitive and applies, then lets every observing primitive see the entry. The kernel's
// own entries (kernel/core_entry.h) are applied over all primitives. kUnimplemented: no registered
// primitive has the type or reads the payload version (the message names them). An error of Apply
// leaves a part of its mutations in the buffer.
[[nodiscard]] absl::Status ApplyEntry(const PrimitiveRegistry& registry, const Entry& entry,
                                      ApplyTarget& target);

// Every entry of a record's body, in order; unregistered SAFE_IGNORE entries are passed over.
// `applied`, where given, is called with each entry that was applied.
[[nodiscard]] absl::Status ApplyBody(const PrimitiveRegistry& registry, std::string_view body,
                                     ApplyTarget& target,
                                     const std::function<void(const Entry&)>& applied = nullptr);

}  // namespace varve::internal

#endif  // VARVE_KERNEL_INTERNAL_APPLY_H_
