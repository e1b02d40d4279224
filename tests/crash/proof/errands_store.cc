// Errands of a process that has the store to itself, or only reads it.
#include <cstdlib>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/change_feed.h"
#include "kernel/wal/segment.h"
#include "primitives/kv/kv.h"
#include "recovery/rebuild.h"
#include "tests/crash/proof/errand.h"
#include "tests/crash/proof/life.h"
#include "tests/crash/proof/numbered_store.h"
#include "tests/crash/proof/place.h"

namespace varve::crash {
namespace {

absl::Status Nothing(std::unique_ptr<Ground>& /*ground*/) { return absl::OkStatus(); }

// Everything that a writing process does.
absl::Status Live(Ground& ground) {
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenNumbered(ground, "store"));
  VARVE_ASSIGN_OR_RETURN(ground.started, FindNumber(*opened.store, ground.durable, ground.started));
  ground.durable = ground.started;
  VARVE_RETURN_IF_ERROR(CommitNext(ground, opened, 8));
  VARVE_RETURN_IF_ERROR(opened.store->Checkpoint());
  VARVE_RETURN_IF_ERROR(CommitNext(ground, opened, 2));
  VARVE_RETURN_IF_ERROR(TakeSnapshot(opened));
  VARVE_RETURN_IF_ERROR(CommitNext(ground, opened, 3));
  VARVE_RETURN_IF_ERROR(opened.store->Sync());
  ground.durable = ground.started;
  VARVE_RETURN_IF_ERROR(TakeSnapshot(opened));
  VARVE_RETURN_IF_ERROR(CommitNext(ground, opened, 6));
  VARVE_RETURN_IF_ERROR(FindNumber(*opened.store, ground.started, ground.started).status());
  VARVE_RETURN_IF_ERROR(opened.store->Close());
  ground.durable = ground.started;
  return absl::OkStatus();
}

absl::Status CheckLive(Ground& ground, const absl::Status& /*result*/) {
  return CheckGoesOn(ground);
}

// A segment was prepared and never used; what was written to its header is torn.
absl::Status MakeLeftover(std::unique_ptr<Ground>& ground) {
  VARVE_RETURN_IF_ERROR(MakeNumbered(ground));
  std::string newest;
  for (const auto& [path, bytes] : ground->Contents("store")) {
    if (path.starts_with("store/wal/")) newest = path.substr(std::string_view("store/wal/").size());
  }
  const std::uint64_t number = std::strtoull(newest.c_str(), nullptr, 16) + 1;
  ground->Put(ground->Path("store") + "/wal/" + wal::SegmentFileName(number),
              "VARVE" + std::string(8187, '\0'));
  return absl::OkStatus();
}

// state.mdb was found damaged while it was read.
absl::Status MakeDamaged(std::unique_ptr<Ground>& ground) {
  VARVE_RETURN_IF_ERROR(MakeNumbered(ground));
  if (!ground->has_power_cuts()) ground->Put(ground->Path("store") + "/state.mdb.damaged", "");
  return absl::OkStatus();
}

// It was closed in good order: what stands in state.mdb is looked at when it is read.
absl::Status MakeClosed(std::unique_ptr<Ground>& ground) {
  VARVE_RETURN_IF_ERROR(MakeNumbered(ground));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenNumbered(*ground, "store"));
  return opened.store->Close();
}

// state.mdb is lost, and the newest snapshot after it.
absl::Status MakeBare(std::unique_ptr<Ground>& ground) {
  VARVE_RETURN_IF_ERROR(MakeNumbered(ground));
  if (!ground->has_power_cuts()) ground->Remove(ground->Path("store") + "/state.mdb");
  return absl::OkStatus();
}

// Reads of the past, of which some lie before what is kept.
absl::Status LookBack(Ground& ground) {
  const PlaceEntry entry;
  OpenOptions options = ground.Options();
  options.read_only = true;
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened,
                         OpenStore(ground.Path("store"), BuiltinRegistry(), options));
  for (std::uint64_t lsn = 1; lsn <= ground.durable; ++lsn) {
    absl::StatusOr<ReadView> view = opened.store->AsOf(Lsn(lsn));
    if (absl::IsOutOfRange(view.status())) continue;
    VARVE_RETURN_IF_ERROR(view.status());
    VARVE_ASSIGN_OR_RETURN(const auto marker, Kv(*view).Get(kMarkerKey));
    if (!marker.has_value() || marker->value != MarkerText(lsn)) return Wrong("another past");
    VARVE_ASSIGN_OR_RETURN(const std::uint64_t count, Kv(*view).Count());
    if (count == 0) return Wrong("the past is empty");
  }
  return absl::OkStatus();
}

// A follower from the beginning to the end, and on.
absl::Status Follow(Ground& ground) {
  const PlaceEntry entry;
  OpenOptions options = ground.Options();
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened,
                         OpenStore(ground.Path("store"), BuiltinRegistry(), options));
  VARVE_ASSIGN_OR_RETURN(ChangeFeed feed, opened.store->Changes(Lsn()));
  for (int round = 0; round < 2; ++round) {
    while (true) {
      VARVE_ASSIGN_OR_RETURN(const auto changes, feed.Next());
      if (!changes.has_value()) break;
    }
    if (feed.position() != opened.store->durable_lsn()) return Wrong("the follower stays behind");
    VARVE_RETURN_IF_ERROR(CommitNext(ground, opened, 6));
    VARVE_RETURN_IF_ERROR(opened.store->Sync());
    ground.durable = ground.started;
  }
  VARVE_ASSIGN_OR_RETURN(ChangeFeed later, opened.store->Changes(Lsn(12)));
  VARVE_ASSIGN_OR_RETURN(const auto changes, later.Next());
  return changes.has_value() ? opened.store->Close() : Wrong("nothing to follow");
}

absl::Status Compare(Ground& ground) {
  const PlaceEntry entry;
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenNumbered(ground, "store"));
  VARVE_RETURN_IF_ERROR(opened.store->Checkpoint());
  VARVE_ASSIGN_OR_RETURN(const auto found, opened.store->OpenMaterialized());
  VARVE_ASSIGN_OR_RETURN(const RebuiltState built,
                         RebuildState(ground.Path("store"), found->mark().applied,
                                      BuiltinRegistry(), ground.Options()));
  VARVE_ASSIGN_OR_RETURN(const auto rebuilt, built.state->OpenReader());
  VARVE_ASSIGN_OR_RETURN(const StateComparison comparison,
                         CompareStates(*found, *rebuilt, BuiltinRegistry(), StepAtPlace));
  return comparison.first_difference.has_value() ? Wrong(*comparison.first_difference)
                                                 : absl::OkStatus();
}

// The log does not reach back to its start, so that a rebuild begins with a snapshot.
absl::Status MakeTrimmed(std::unique_ptr<Ground>& ground) {
  VARVE_RETURN_IF_ERROR(MakeNumbered(ground));
  for (int i = 0; i < 2; ++i) VARVE_RETURN_IF_ERROR(ExtendNumbered(ground, 4, 4));
  return absl::OkStatus();
}

absl::Status Rebuild(Ground& ground) {
  const PlaceEntry entry;
  VARVE_ASSIGN_OR_RETURN(
      const RebuiltState one,
      RebuildState(ground.Path("store"), Lsn(ground.durable), BuiltinRegistry(), ground.Options()));
  VARVE_ASSIGN_OR_RETURN(const auto rebuilt, one.state->OpenReader());
  OpenOptions options = ground.Options();
  options.read_only = true;
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened,
                         OpenStore(ground.Path("store"), BuiltinRegistry(), options));
  return FindNumber(*opened.store, ground.durable, ground.durable).status();
}

}  // namespace

std::vector<Errand> StoreErrands() {
  return {
      {"create", Nothing, Live, CheckLive},
      {"live", MakeNumbered, Live, CheckLive},
      {"live behind a leftover", MakeLeftover, Live, CheckLive},
      {"live on damaged rows", MakeDamaged, Live, CheckLive},
      {"live without rows", MakeBare, Live, CheckLive},
      {"live after a close", MakeClosed, Live, CheckLive},
      {"follow", MakeNumbered, Follow, CheckLive},
      {"look back", MakeNumbered, LookBack, CheckLive},
      {"rebuild", MakeNumbered, Rebuild, CheckLive, /*keeps_store=*/true},
      {"compare", MakeTrimmed, Compare, CheckLive},
  };
}

}  // namespace varve::crash
