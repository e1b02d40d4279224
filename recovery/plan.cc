#include <algorithm>

#include "kernel/base/hex.h"
#include "kernel/base/status.h"
#include "kernel/carried_primitive.h"
#include "recovery/base.h"

namespace varve::recovery {

absl::StatusOr<Plan> ReadPlan(FileSystem& files, const StoreFiles& names) {
  Plan plan;
  VARVE_ASSIGN_OR_RETURN(plan.manifest,
                         snapshot::ReadManifest(files, names.manifest(), &plan.warnings));
  VARVE_ASSIGN_OR_RETURN(plan.segments,
                         wal::ListSegments(files, names.log_folder(), plan.manifest.store));
  return plan;
}

bool Plan::clean_close() const {
  if (!manifest.clean_close) return false;
  const auto last_used =
      std::find_if(segments.rbegin(), segments.rend(),
                   [](const wal::SegmentFile& segment) { return !segment.unused; });
  if (last_used == segments.rend()) return manifest.log_end.number == 0;
  return last_used->number == manifest.log_end.number &&
         last_used->file_bytes >= manifest.log_end.end_offset;
}

absl::StatusOr<RegistryChange> ReconcileRegistry(UnknownEntries unknown,
                                                 PrimitiveRegistry& registry,
                                                 snapshot::Manifest& manifest) {
  RegistryChange change;
  for (snapshot::ManifestPrimitive& known : manifest.primitives) {
    const Primitive* registered = registry.FindById(known.name.id);
    if (registered != nullptr && (registered->spec().name != known.name.name ||
                                  registered->spec().entry_range != known.name.entry_range)) {
      return FailedPrecondition("primitive id ", static_cast<std::uint64_t>(known.name.id.value()),
                                " belongs to ", known.name.name, " in this store, but ",
                                registered->spec().name,
                                " is registered under it: ids are never reused");
    }
    // Its entries in the log would be given to whoever has their range now.
    const Primitive* intruder = registry.FindByEntryType(known.name.entry_range);
    if (registered == nullptr && intruder != nullptr) {
      return FailedPrecondition(
          "the entry types from ", HexByte(known.name.entry_range), " belong to ", known.name.name,
          " (id ", static_cast<std::uint64_t>(known.name.id.value()), ") in this store, but ",
          intruder->spec().name, " is registered for them: ranges are never reused");
    }
    if (registered == nullptr && unknown == UnknownEntries::kRefuse) continue;
    if (registered == nullptr) {
      VARVE_RETURN_IF_ERROR(registry.Register(MakeCarriedPrimitive(known.name)));
    }
    const bool carried = registered == nullptr;
    if (carried == known.carried) continue;
    known.carried = carried;
    change.manifest_changed = true;
    change.carried_changed = true;
  }
  for (const RegisteredName& name : registry.Fingerprint()) {
    const bool listed = std::any_of(
        manifest.primitives.begin(), manifest.primitives.end(),
        [&](const snapshot::ManifestPrimitive& known) { return known.name.id == name.id; });
    if (listed) continue;
    manifest.primitives.push_back({name, false});
    change.manifest_changed = true;
  }
  std::sort(manifest.primitives.begin(), manifest.primitives.end(),
            [](const auto& a, const auto& b) { return a.name.id < b.name.id; });
  return change;
}

}  // namespace varve::recovery
