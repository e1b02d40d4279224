// Errands on a store with data of a primitive that comes and goes.
#include <utility>

#include "kernel/base/check.h"
#include "kernel/base/status.h"
#include "kernel/carried_primitive.h"
#include "primitives/kv/kv.h"
#include "primitives/template/tally.h"
#include "primitives/template/tally_primitive.h"
#include "recovery/rebuild.h"
#include "snapshot/snapshot.h"
#include "tests/crash/proof/errand.h"
#include "tests/crash/proof/life.h"
#include "tests/crash/proof/numbered_store.h"
#include "tests/crash/proof/place.h"
#include "tests/crash/proof/tallied_store.h"

namespace varve::crash {
namespace {

// Programs without the primitive go on with the store, and it comes through their snapshots.
absl::Status MakeCarried(std::unique_ptr<Ground>& ground) {
  VARVE_RETURN_IF_ERROR(MakeTallied(ground));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenWith(*ground, "store", false));
  VARVE_RETURN_IF_ERROR(TakeSnapshot(opened));
  VARVE_RETURN_IF_ERROR(opened.store->Close());
  return absl::OkStatus();
}

// The log begins behind the snapshot that carries.
absl::Status MakeCarriedAlone(std::unique_ptr<Ground>& ground) {
  VARVE_RETURN_IF_ERROR(MakeCarried(ground));
  for (const auto& [path, bytes] : ground->Contents("store")) {
    const std::string name = path.substr(std::string_view("store/").size());
    if (name.starts_with("wal/") && !bytes.empty())
      ground->Remove(ground->Path("store") + "/" + name);
  }
  return absl::OkStatus();
}

absl::Status Carry(Ground& ground) {
  const PlaceEntry entry;
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenWith(ground, "store", false));
  VARVE_RETURN_IF_ERROR(
      opened.store->Update([](Transaction& transaction) { return Kv(transaction).Put("k", "v"); })
          .status());
  VARVE_RETURN_IF_ERROR(TakeSnapshot(opened));
  VARVE_RETURN_IF_ERROR(opened.store->Close());
  return absl::OkStatus();
}

absl::Status GiveBack(Ground& ground) {
  const PlaceEntry entry;
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenWith(ground, "store", true));
  VARVE_RETURN_IF_ERROR(CheckTally(ground, *opened.store));
  VARVE_RETURN_IF_ERROR(AddOne(ground, *opened.store));
  VARVE_RETURN_IF_ERROR(TakeSnapshot(opened));
  return opened.store->Close();
}

absl::Status RestoreTallied(Ground& ground) {
  const PlaceEntry entry;
  return RestoreStore(ground.Path("store"), ground.Path("target"), {}, RegistryWithTally(),
                      ground.Options())
      .status();
}

absl::Status CheckRestored(Ground& ground, const absl::Status& /*result*/) {
  const absl::Status again = RestoreTallied(ground);
  if (!again.ok() && !absl::IsAlreadyExists(again)) {
    return Wrong("a second try fails", again.ToString());
  }
  absl::StatusOr<OpenedStore> opened = OpenWith(ground, "target", true);
  if (!opened.ok()) return Wrong("what was made does not open", opened.status().ToString());
  VARVE_RETURN_IF_ERROR(CheckTally(ground, *opened->store));
  return opened->store->Close();
}

absl::Status RebuildTallied(Ground& ground) {
  const PlaceEntry entry;
  VARVE_ASSIGN_OR_RETURN(const RebuiltState built,
                         RebuildState(ground.Path("store"), Lsn(ground.durable),
                                      RegistryWithTally(), ground.Options()));
  return built.state->OpenReader().status();
}

absl::Status RestoreCarrying(Ground& ground, PrimitiveRegistry registry) {
  const PlaceEntry entry;
  OpenOptions options = ground.Options();
  options.unknown_entries = UnknownEntries::kCarry;
  const std::string path =
      ground.Path("store") + "/snapshots/" + snapshot::SnapshotFileName(Lsn(1));
  return RestoreSnapshot(path, ground.Path("target"), std::move(registry), options).status();
}

absl::Status RestoreUnknown(Ground& ground) { return RestoreCarrying(ground, BuiltinRegistry()); }

absl::Status CheckUnknown(Ground& ground, const absl::Status& /*result*/) {
  const absl::Status again = RestoreUnknown(ground);
  if (!again.ok() && !absl::IsAlreadyExists(again)) {
    return Wrong("a second try fails", again.ToString());
  }
  return OpenWith(ground, "target", true).status();
}

// Somebody else has the name of what is to be carried, under an id and a range of his own.
PrimitiveRegistry NamesakeOfTally() {
  PrimitiveRegistry registry = BuiltinRegistry();
  const RegisteredName tally = RegistryWithTally().Fingerprint().back();
  for (unsigned range = 0; range < 16; ++range) {
    const auto type = static_cast<EntryType>(range << 4);
    if (type == tally.entry_range || registry.FindByEntryType(type) != nullptr) continue;
    if (registry.Register(MakeCarriedPrimitive({PrimitiveId(222), type, tally.name})).ok()) break;
  }
  return registry;
}

absl::Status OpenNamesake(Ground& ground) {
  const PlaceEntry entry;
  OpenOptions options = ground.Options();
  options.unknown_entries = UnknownEntries::kCarry;
  const absl::Status status = OpenStore(ground.Path("store"), NamesakeOfTally(), options).status();
  if (absl::IsAlreadyExists(status)) return absl::OkStatus();
  return status.ok() ? Wrong("two of one name") : status;
}

absl::Status RestoreNamesake(Ground& ground) {
  const absl::Status status = RestoreCarrying(ground, NamesakeOfTally());
  if (absl::IsAlreadyExists(status)) return absl::OkStatus();
  return status.ok() ? Wrong("two of one name") : status;
}

}  // namespace

std::vector<Errand> CarryErrands() {
  return {
      {"carry", MakeTallied, Carry, CheckTallied},
      {"give back", MakeCarried, GiveBack, CheckTallied},
      {"restore an unknown snapshot", MakeTallied, RestoreUnknown, CheckUnknown, true},
      {"open beside a namesake", MakeTallied, OpenNamesake, CheckTallied},
      {"restore beside a namesake", MakeTallied, RestoreNamesake, CheckTallied, true},
      {"restore what was carried", MakeCarried, RestoreTallied, CheckRestored, true},
      {"rebuild what was carried", MakeCarried, RebuildTallied, CheckTallied, true},
      {"rebuild from what was carried", MakeCarriedAlone, RebuildTallied, CheckNothing, true},
  };
}

}  // namespace varve::crash
