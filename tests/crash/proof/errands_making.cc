// Errands that make another folder of a store: backups, restored and salvaged stores.
#include <utility>

#include "kernel/base/status.h"
#include "recovery/backup.h"
#include "recovery/salvage.h"
#include "snapshot/snapshot.h"
#include "tests/crash/proof/errand.h"
#include "tests/crash/proof/life.h"
#include "tests/crash/proof/numbered_store.h"
#include "tests/crash/proof/place.h"

namespace varve::crash {
namespace {

absl::Status Backup(Ground& ground) {
  const PlaceEntry entry;
  return BackupStore(ground.Path("store"), ground.Path("backup"), ground.OptionsOfBackup())
      .status();
}

absl::Status Restore(Ground& ground, std::string_view from, std::string_view to, Lsn lsn) {
  const PlaceEntry entry;
  return RestoreStore(ground.Path(from), ground.Path(to), {.lsn = lsn}, BuiltinRegistry(),
                      ground.Options())
      .status();
}

// A backup of transactions 1 to 18, then more of them and snapshots, so that the oldest is dropped.
absl::Status MakeOldBackup(std::unique_ptr<Ground>& ground) {
  VARVE_RETURN_IF_ERROR(MakeNumbered(ground));
  VARVE_RETURN_IF_ERROR(Backup(*ground));
  return ExtendNumbered(ground, 3, 6);
}

// The backup from before is whole whatever happened; the next one goes on.
absl::Status CheckBackup(Ground& ground, const absl::Status& /*result*/, std::uint64_t before) {
  if (before > 0) {
    VARVE_RETURN_IF_ERROR(Restore(ground, "backup", "of before", Lsn(before)));
    VARVE_RETURN_IF_ERROR(CheckMade(ground, "of before", before));
  }
  const absl::Status again = Backup(ground);
  if (!again.ok()) return Wrong("the next backup fails", again.ToString());
  VARVE_RETURN_IF_ERROR(Restore(ground, "backup", "restored", kLsnMax));
  VARVE_RETURN_IF_ERROR(CheckMade(ground, "restored", ground.durable));
  VARVE_RETURN_IF_ERROR(Restore(ground, "backup", "middle", Lsn(12)));
  return CheckMade(ground, "middle", 12);
}

// Where no store was made, one can be made in the same place.
absl::Status CheckMaking(Ground& ground, const absl::Status& result, std::uint64_t number,
                         const std::function<absl::Status(Ground&)>& make) {
  const absl::Status again = make(ground);
  if (result.ok() && !absl::IsAlreadyExists(again)) {
    return Wrong("a store that was made is made again", again.ToString());
  }
  // Killed, or cut off, behind the last of what makes it one.
  const bool is_there = absl::IsAlreadyExists(again);
  if (!again.ok() && !is_there) return Wrong("a second try fails", again.ToString());
  return CheckMade(ground, "target", number);
}

absl::Status RestoreLatest(Ground& ground) { return Restore(ground, "store", "target", kLsnMax); }
absl::Status RestoreMiddle(Ground& ground) { return Restore(ground, "store", "target", Lsn(12)); }

absl::Status RestoreFile(Ground& ground) {
  const PlaceEntry entry;
  const std::string path =
      ground.Path("store") + "/snapshots/" + snapshot::SnapshotFileName(Lsn(9));
  return RestoreSnapshot(path, ground.Path("target"), BuiltinRegistry(), ground.Options()).status();
}

// kOutOfRange: a store was made, but not of everything.
absl::Status Salvage(Ground& ground) {
  const PlaceEntry entry;
  VARVE_ASSIGN_OR_RETURN(const SalvageReport report,
                         SalvageStore(ground.Path("store"), ground.Path("target"),
                                      BuiltinRegistry(), ground.Options()));
  return report.complete() ? absl::OkStatus() : absl::OutOfRangeError("salvaged in part");
}

// A file that cannot be read is given up: so it was asked for.
absl::Status CheckSalvage(Ground& ground, const absl::Status& result) {
  if (!absl::IsOutOfRange(result)) return CheckMaking(ground, result, 18, Salvage);
  absl::StatusOr<OpenedStore> opened = OpenNumbered(ground, "target");
  if (!opened.ok()) return Wrong("what was salvaged does not open", opened.status().ToString());
  return opened->store->Close();
}

// The snapshot of transaction 9.
std::string SnapshotName() { return "snapshots/" + snapshot::SnapshotFileName(Lsn(9)); }

absl::Status DamageSnapshot(std::unique_ptr<Ground>& ground) {
  VARVE_RETURN_IF_ERROR(MakeNumbered(ground));
  ground->Flip("store", SnapshotName(), 200);
  return absl::OkStatus();
}

// Its log has been trimmed, and no snapshot is whole.
absl::Status MakeHopeless(std::unique_ptr<Ground>& ground) {
  VARVE_RETURN_IF_ERROR(MakeNumbered(ground));
  for (int i = 0; i < 2; ++i) VARVE_RETURN_IF_ERROR(ExtendNumbered(ground, 4, 4));
  for (const auto& [path, bytes] : ground->Contents("store")) {
    const std::string name = path.substr(std::string_view("store/").size());
    if (name.starts_with("snapshots/") && !bytes.empty()) ground->Flip("store", name, 200);
  }
  return absl::OkStatus();
}

// What a process that was killed while it copied has left.
absl::Status MakeCutBackup(std::unique_ptr<Ground>& ground) {
  VARVE_RETURN_IF_ERROR(MakeOldBackup(ground));
  ground->Put(ground->Path("backup") + "/wal/00000000000000ff.wal.new", "half a");
  ground->Put(ground->Path("backup") + "/snapshots/00000000000000ff.snapshot.new", "half a");
  return absl::OkStatus();
}

// More snapshots than a backup names.
absl::Status MakeManySnapshots(std::unique_ptr<Ground>& ground) {
  OpenOptions options = ground->Options();
  options.snapshots.retained = 40;
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened,
                         OpenStore(ground->Path("store"), BuiltinRegistry(), options));
  for (int i = 0; i < 36; ++i) {
    VARVE_RETURN_IF_ERROR(CommitNext(*ground, opened, 1));
    VARVE_RETURN_IF_ERROR(TakeSnapshot(opened));
  }
  ground->durable = ground->started;
  return opened.store->Close();
}

// A store without any log: made of another one and not opened yet.
absl::Status MakeWithoutLog(std::unique_ptr<Ground>& ground) {
  VARVE_RETURN_IF_ERROR(MakeNumbered(ground));
  return Restore(*ground, "store", "new", kLsnMax);
}

absl::Status BackUpWithoutLog(Ground& ground) {
  const PlaceEntry entry;
  return BackupStore(ground.Path("new"), ground.Path("backup"), ground.OptionsOfBackup()).status();
}

absl::Status CheckBackupOfNew(Ground& ground, const absl::Status& /*result*/) {
  const absl::Status again = BackUpWithoutLog(ground);
  if (!again.ok()) return Wrong("the next backup fails", again.ToString());
  VARVE_RETURN_IF_ERROR(Restore(ground, "backup", "restored", kLsnMax));
  return CheckMade(ground, "restored", ground.durable);
}

absl::Status BackUpHopeless(Ground& ground) {
  return Expect(absl::StatusCode::kDataLoss, Backup(ground));
}

// A restore was cut off behind its snapshot.
absl::Status MakeCutRestore(std::unique_ptr<Ground>& ground) {
  VARVE_RETURN_IF_ERROR(MakeNumbered(ground));
  VARVE_RETURN_IF_ERROR(RestoreMiddle(*ground));
  ground->Remove(ground->Path("target") + "/MANIFEST");
  ground->Put(ground->Path("target") + "/UNFINISHED", "");
  return absl::OkStatus();
}

// A record in the middle of the log cannot be read; the snapshot does not have it.
absl::Status DamageLog(std::unique_ptr<Ground>& ground) {
  VARVE_RETURN_IF_ERROR(MakeNumbered(ground));
  const auto contents = ground->Contents("store");
  std::vector<std::string> segments;
  for (const auto& [path, bytes] : contents) {
    if (path.starts_with("store/wal/")) segments.push_back(path.substr(6));
  }
  ground->Flip("store", segments.at(segments.size() - 3), 4096 + 600);
  return absl::OkStatus();
}
absl::Status SalvagePart(Ground& ground) {
  return Expect(absl::StatusCode::kOutOfRange, Salvage(ground));
}
absl::Status CheckPart(Ground& ground, const absl::Status& result) {
  if (!result.ok()) {
    const absl::Status again = SalvagePart(ground);
    if (!again.ok() && !absl::IsAlreadyExists(again)) {
      return Wrong("a second try fails", again.ToString());
    }
  }
  absl::StatusOr<OpenedStore> opened = OpenNumbered(ground, "target");
  if (!opened.ok()) return Wrong("what was salvaged does not open", opened.status().ToString());
  return opened->store->Close();
}

Errand Making(std::string_view name, std::uint64_t number,
              const std::function<absl::Status(std::unique_ptr<Ground>&)>& prepare,
              const std::function<absl::Status(Ground&)>& make) {
  return {name, prepare, make,
          [number, make](Ground& ground, const absl::Status& result) {
            return CheckMaking(ground, result, number, make);
          },
          /*keeps_store=*/true};
}

Errand BackingUp(std::string_view name, std::uint64_t before,
                 const std::function<absl::Status(std::unique_ptr<Ground>&)>& prepare) {
  return {name, prepare, Backup,
          [before](Ground& ground, const absl::Status& result) {
            return CheckBackup(ground, result, before);
          },
          /*keeps_store=*/true};
}

}  // namespace

std::vector<Errand> MakingErrands() {
  return {
      BackingUp("back up", 0, MakeNumbered),
      BackingUp("back up again", 18, MakeOldBackup),
      BackingUp("back up after a cut", 18, MakeCutBackup),
      BackingUp("back up beside a damaged snapshot", 0, DamageSnapshot),
      BackingUp("back up many snapshots", 0, MakeManySnapshots),
      {"back up a store without log", MakeWithoutLog, BackUpWithoutLog, CheckBackupOfNew, true},
      {"back up what is lost", MakeHopeless, BackUpHopeless, CheckNothing, true},
      Making("restore", 18, MakeNumbered, RestoreLatest),
      Making("restore the middle", 12, MakeNumbered, RestoreMiddle),
      Making("restore a snapshot", 9, MakeNumbered, RestoreFile),
      Making("restore after a cut", 18, MakeCutRestore, RestoreLatest),
      {"salvage", MakeNumbered, Salvage, CheckSalvage, /*keeps_store=*/true},
      {"salvage a part", DamageLog, SalvagePart, CheckPart, /*keeps_store=*/true},
  };
}

}  // namespace varve::crash
