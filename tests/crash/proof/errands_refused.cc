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

// OK where it answers `code`, as it should.
absl::Status Expect(absl::StatusCode code, const absl::Status& status) {
  if (status.code() == code) return absl::OkStatus();
  return status.ok() ? Wrong("it does not refuse") : status;
}

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
  };
}

}  // namespace varve::crash
