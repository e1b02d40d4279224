// Errands that back up into a folder that has a backup already.
#include <utility>

#include "kernel/base/status.h"
#include "kernel/wal/segment.h"
#include "primitives/kv/kv.h"
#include "recovery/backup.h"
#include "snapshot/snapshot.h"
#include "tests/crash/proof/errand.h"
#include "tests/crash/proof/life.h"
#include "tests/crash/proof/numbered_store.h"
#include "tests/crash/proof/place.h"

namespace varve::crash {
namespace {

absl::Status Backup(Ground& ground, std::string_view from) {
  const PlaceEntry entry;
  return BackupStore(ground.Path(from), ground.Path("backup"), ground.OptionsOfBackup()).status();
}
absl::Status BackUp(Ground& ground) { return Backup(ground, "store"); }

absl::Status CheckMoment(Ground& ground, std::string_view to, std::uint64_t number) {
  VARVE_RETURN_IF_ERROR(RestoreStore(ground.Path("backup"), ground.Path(to), {.lsn = Lsn(number)},
                                     BuiltinRegistry(), ground.Options())
                            .status());
  return CheckMade(ground, to, number);
}

// The backup from before is whole whatever happened; the next one goes on.
absl::Status CheckBackup(Ground& ground, const absl::Status& /*result*/) {
  VARVE_RETURN_IF_ERROR(CheckMoment(ground, "of before", 9));
  const absl::Status again = BackUp(ground);
  if (!again.ok()) return Wrong("the next backup fails", again.ToString());
  return CheckMoment(ground, "restored", ground.durable);
}

absl::Status CommitDurably(Ground& ground, OpenedStore& opened, int count) {
  VARVE_RETURN_IF_ERROR(CommitNext(ground, opened, count));
  VARVE_RETURN_IF_ERROR(opened.store->Sync());
  ground.durable = ground.started;
  return absl::OkStatus();
}

// What the process that has the store leaves when it is killed now.
void Kill(std::unique_ptr<Ground>& ground, OpenedStore& opened) {
  std::unique_ptr<Ground> left = ground->After(CrashChoice::Killed());
  opened = {};
  ground = std::move(left);
}

// The segment of which a part was backed up has grown since.
absl::Status MakeGrown(std::unique_ptr<Ground>& ground) {
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenNumbered(*ground, "store"));
  VARVE_RETURN_IF_ERROR(CommitDurably(*ground, opened, 9));
  VARVE_RETURN_IF_ERROR(BackUp(*ground));
  VARVE_RETURN_IF_ERROR(CommitDurably(*ground, opened, 2));
  Kill(ground, opened);
  return absl::OkStatus();
}

std::vector<std::string> SegmentsOf(Ground& ground, std::string_view name) {
  const std::string folder = std::string(name) + "/wal/";
  std::vector<std::string> names;
  for (const auto& [path, bytes] : ground.Contents(name)) {
    const bool is_in = path.starts_with(folder) && path.size() > folder.size();
    if (is_in) names.push_back(path.substr(folder.size()));
  }
  return names;
}

// The store's log begins right behind that of the backup.
absl::Status MakeTrimmed(std::unique_ptr<Ground>& ground) {
  VARVE_RETURN_IF_ERROR(ExtendNumbered(ground, 5, 4));
  VARVE_RETURN_IF_ERROR(BackUp(*ground));
  VARVE_RETURN_IF_ERROR(ExtendNumbered(ground, 3, 3));
  const std::string last = SegmentsOf(*ground, "backup").back();
  for (const std::string& name : SegmentsOf(*ground, "store")) {
    if (name <= last) ground->Remove(ground->Path("store") + "/wal/" + name);
  }
  return absl::OkStatus();
}

// A machine was set back together with its memory, and went on in the same segment: its backup has
// another transaction 9 than the store.
absl::Status MakeDiverged(std::unique_ptr<Ground>& ground) {
  {
    VARVE_ASSIGN_OR_RETURN(OpenedStore other, OpenNumbered(*ground, "other"));
    VARVE_RETURN_IF_ERROR(CommitDurably(*ground, other, 8));
    VARVE_RETURN_IF_ERROR(
        other.store->Update([](Transaction& transaction) { return Kv(transaction).Put("k", "v"); })
            .status());
    VARVE_RETURN_IF_ERROR(Backup(*ground, "other"));
  }
  ground = ground->After(CrashChoice::Killed());  // with clock and entropy as at the beginning
  ground->started = 0;
  ground->durable = 0;
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenNumbered(*ground, "store"));
  VARVE_RETURN_IF_ERROR(CommitDurably(*ground, opened, 11));
  Kill(ground, opened);
  return absl::OkStatus();
}

absl::Status BackUpDiverged(Ground& ground) {
  return Expect(absl::StatusCode::kFailedPrecondition, BackUp(ground));
}

// The backup is as it was, and stays so.
Errand Diverged() {
  const auto before = std::make_shared<std::map<std::string, std::string>>();
  const auto prepare = [before](std::unique_ptr<Ground>& ground) {
    const absl::Status status = MakeDiverged(ground);
    *before = ground->Contents("backup");
    return status;
  };
  const auto check = [before](Ground& ground, const absl::Status& /*result*/) {
    VARVE_RETURN_IF_ERROR(BackUpDiverged(ground));
    const auto now = ground.Contents("backup");
    for (const auto& [path, bytes] : *before) {
      const auto found = now.find(path);
      if (found == now.end() || found->second != bytes) return Wrong("the backup changed", path);
    }
    return absl::OkStatus();
  };
  return {"back up into what diverged", prepare, BackUpDiverged, check,
          /*keeps_store=*/true,
          /*all_places_new=*/true};
}

}  // namespace

std::vector<Errand> TargetErrands() {
  return {
      {"back up what has grown", MakeGrown, BackUp, CheckBackup, /*keeps_store=*/true},
      {"back up behind a trim", MakeTrimmed, BackUp, CheckBackup, /*keeps_store=*/true},
      Diverged(),
  };
}

}  // namespace varve::crash
