// Errands that must be refused, and change nothing.
#include <utility>

#include "kernel/base/check.h"
#include "kernel/base/status.h"
#include "kernel/carried_primitive.h"
#include "recovery/rebuild.h"
#include "recovery/salvage.h"
#include "snapshot/snapshot.h"
#include "tests/crash/proof/errand.h"
#include "tests/crash/proof/life.h"
#include "tests/crash/proof/numbered_store.h"
#include "tests/crash/proof/place.h"
#include "tests/crash/proof/tallied_store.h"

namespace varve::crash {
namespace {

// The primitive of the tally has another name.
PrimitiveRegistry OtherRegistry() {
  PrimitiveRegistry registry = BuiltinRegistry();
  RegisteredName name = RegistryWithTally().Fingerprint().back();
  name.name = "somebody.else";
  VARVE_CHECK(registry.Register(MakeCarriedPrimitive(name)).ok());
  return registry;
}

absl::Status OpenOther(Ground& ground) {
  const PlaceEntry entry;
  return Expect(absl::StatusCode::kFailedPrecondition,
                OpenStore(ground.Path("store"), OtherRegistry(), ground.Options()).status());
}
absl::Status RestoreOther(Ground& ground) {
  const PlaceEntry entry;
  return Expect(absl::StatusCode::kFailedPrecondition,
                RestoreStore(ground.Path("store"), ground.Path("target"), {}, OtherRegistry(),
                             ground.Options())
                    .status());
}
absl::Status RestoreOtherSnapshot(Ground& ground) {
  const PlaceEntry entry;
  const std::string path =
      ground.Path("store") + "/snapshots/" + snapshot::SnapshotFileName(Lsn(1));
  return Expect(
      absl::StatusCode::kFailedPrecondition,
      RestoreSnapshot(path, ground.Path("target"), OtherRegistry(), ground.Options()).status());
}
absl::Status SalvageOther(Ground& ground) {
  const PlaceEntry entry;
  return Expect(
      absl::StatusCode::kFailedPrecondition,
      SalvageStore(ground.Path("store"), ground.Path("target"), OtherRegistry(), ground.Options())
          .status());
}
absl::Status RebuildOther(Ground& ground) {
  const PlaceEntry entry;
  return Expect(
      absl::StatusCode::kFailedPrecondition,
      RebuildState(ground.Path("store"), Lsn(ground.durable), OtherRegistry(), ground.Options())
          .status());
}
absl::Status RebuildEarly(Ground& ground) {
  const PlaceEntry entry;
  return Expect(
      absl::StatusCode::kOutOfRange,
      RebuildState(ground.Path("store"), Lsn(1), BuiltinRegistry(), ground.Options()).status());
}
// Its rows are in the state.
absl::Status OpenWithout(Ground& ground) {
  const PlaceEntry entry;
  return Expect(absl::StatusCode::kUnimplemented,
                OpenStore(ground.Path("store"), BuiltinRegistry(), ground.Options()).status());
}

// The log begins behind what its oldest snapshot leads to.
absl::Status MakeGap(std::unique_ptr<Ground>& ground) {
  VARVE_RETURN_IF_ERROR(MakeNumbered(ground));
  VARVE_RETURN_IF_ERROR(ExtendNumbered(ground, 4, 4));
  std::vector<std::string> segments;
  for (const auto& [path, bytes] : ground->Contents("store")) {
    if (path.starts_with("store/wal/") && !bytes.empty()) segments.push_back(path.substr(6));
  }
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    ground->Remove(ground->Path("store") + "/" + segments[i]);
  }
  ground->Remove(ground->Path("store") + "/snapshots/" + snapshot::SnapshotFileName(Lsn(22)));
  return absl::OkStatus();
}
absl::Status RestoreOverGap(Ground& ground) {
  const PlaceEntry entry;
  return Expect(absl::StatusCode::kDataLoss,
                RestoreStore(ground.Path("store"), ground.Path("target"), {}, BuiltinRegistry(),
                             ground.Options())
                    .status());
}

absl::Status MakeTrimmed(std::unique_ptr<Ground>& ground) {
  VARVE_RETURN_IF_ERROR(MakeNumbered(ground));
  for (int i = 0; i < 2; ++i) VARVE_RETURN_IF_ERROR(ExtendNumbered(ground, 4, 4));
  return absl::OkStatus();
}

absl::Status CheckStore(Ground& ground, const absl::Status& /*result*/) {
  return CheckGoesOn(ground);
}

}  // namespace

std::vector<Errand> RefusedErrands() {
  return {
      {"open with another primitive", MakeTallied, OpenOther, CheckTallied},
      {"restore with another primitive", MakeTallied, RestoreOther, CheckTallied, true},
      {"restore a snapshot with another", MakeTallied, RestoreOtherSnapshot, CheckTallied, true},
      {"salvage with another primitive", MakeTallied, SalvageOther, CheckTallied, true},
      {"rebuild with another primitive", MakeTallied, RebuildOther, CheckTallied, true},
      {"rebuild before the log", MakeTrimmed, RebuildEarly, CheckStore, true},
      {"open without a primitive", MakeTallied, OpenWithout, CheckTallied},
      {"restore over a gap", MakeGap, RestoreOverGap, CheckNothing, true},
  };
}

}  // namespace varve::crash
