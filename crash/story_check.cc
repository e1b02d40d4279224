#include "crash/story_check.h"

#include <algorithm>
#include <memory>

#include "crash/world.h"
#include "kernel/primitive.h"
#include "kernel/registry.h"
#include "snapshot/snapshotter.h"

namespace varve::crash {
namespace {

bool HasMemoryFaults(const Story& story) {
  const auto has = [](const auto& part) { return part.memory.has_value(); };
  return std::any_of(story.lives.begin(), story.lives.end(), [&](const Life& life) {
    return has(life) || life.closing_memory.has_value() ||
           std::any_of(life.steps.begin(), life.steps.end(), has);
  });
}

}  // namespace

std::string TextOf(const absl::Status& status) {
  return std::string(absl::StatusCodeToString(status.code())) + ": " +
         std::string(FromAbsl(status.message()));
}

bool IsDamage(const absl::Status& status) {
  return absl::IsDataLoss(status) || absl::IsUnimplemented(status) ||
         absl::IsFailedPrecondition(status);
}

bool BelongsThere(const std::string& path) {
  const std::string folder = std::string(kStoreDirectory) + "/";
  if (path.ends_with('/')) return true;
  return path == folder + "LOCK" || path == folder + "MANIFEST" ||
         (path.starts_with(folder + "wal/") && path.ends_with(".wal")) ||
         (path.starts_with(folder + "snapshots/") && path.ends_with(".snapshot"));
}

absl::Status CheckRepeatable(const Story& story) {
  return HasMemoryFaults(story) ? CheckAllocationsCanFail() : absl::OkStatus();
}

absl::Status CheckRowsOf(Store& store) {
  VARVE_ASSIGN_OR_RETURN(ReadView view, store.View());
  for (const auto& primitive : store.registry().primitives()) {
    const absl::Status status =
        primitive->CheckRows(view, [](std::uint64_t) { return absl::OkStatus(); });
    if (!status.ok()) return Broken("O2: ", primitive->spec().name, ": ", TextOf(status));
  }
  return absl::OkStatus();
}

absl::Status Act(Step::Kind kind, OpenedStore& opened) {
  if (kind == Step::Kind::kSync) return opened.store->Sync();
  if (kind == Step::Kind::kCheckpoint) return opened.store->Checkpoint();
  return opened.snapshotter->CreateSnapshot(*opened.store).status();
}

}  // namespace varve::crash
