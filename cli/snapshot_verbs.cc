// varve STORE snapshot create|ls|verify|restore
#include <optional>
#include <string>
#include <vector>

#include "cli/progress.h"
#include "cli/report_json.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"
#include "kernel/io/file_system.h"
#include "kernel/store_files.h"
#include "snapshot/manifest.h"
#include "snapshot/snapshot.h"

namespace varve::cli {
namespace {

struct NoArguments {};
void DeclareNothing(Arguments&, NoArguments&) {}

// Options that show `progress` and stop at Ctrl-C; `progress` must outlive them.
snapshot::SnapshotWriteOptions ShowProgress(Progress& progress) {
  snapshot::SnapshotWriteOptions options;
  options.progress = [&progress](const snapshot::SnapshotProgress& state) {
    progress.Update(state.bytes_done, state.bytes_total, "");
  };
  options.cancelled = Interrupted;
  return options;
}

absl::StatusOr<snapshot::Manifest> ReadStoreManifest(const Session& session) {
  absl::StatusOr<snapshot::Manifest> manifest =
      snapshot::ReadManifest(PosixFileSystem(), session.files().manifest());
  if (absl::IsNotFound(manifest.status())) {
    return FailedPrecondition(session.store(), " is not a store: it holds no MANIFEST");
  }
  return manifest;
}

std::string PathOf(const Session& session, Lsn lsn) {
  return JoinPath(session.files().snapshot_folder(), snapshot::SnapshotFileName(lsn));
}

void PrintSnapshot(const snapshot::SnapshotInfo& info, const char* verdict, Output& output) {
  output.Line("LSN " + std::to_string(info.lsn.value()) + "  " + FormatTime(info.commit_time) +
              "  " + FormatBytes(info.file_bytes) + "  digest " + info.digest.ToString() + "  " +
              verdict);
  Json object = SnapshotInfoToJson(info);
  object["verdict"] = verdict;
  output.Object(object);
}

absl::StatusOr<Answer> RunCreate(const NoArguments&, Session& session) {
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForWriting());
  Progress progress(session.output(), "writing the snapshot", Progress::Unit::kBytes, 0);
  const absl::StatusOr<snapshot::SnapshotInfo> info =
      opened.snapshotter->CreateSnapshot(*opened.store, ShowProgress(progress));
  progress.Finish();
  if (!info.ok()) return CloseAfter(opened, info.status());
  PrintSnapshot(*info, "written and verified", session.output());
  return CloseAfter(opened, Answer::kYes);
}

absl::StatusOr<Answer> RunLs(const NoArguments&, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const snapshot::Manifest manifest, ReadStoreManifest(session));
  for (const snapshot::RetainedSnapshot& retained : manifest.snapshots) {
    VARVE_ASSIGN_OR_RETURN(
        const snapshot::SnapshotInfo info,
        snapshot::ReadSnapshotInfo(PosixFileSystem(), PathOf(session, retained.lsn)));
    PrintSnapshot(info, "retained", session.output());
  }
  return Answer::kYes;
}

struct SnapshotArguments {
  std::optional<std::uint64_t> lsn;
};

void DeclareVerify(Arguments& arguments, SnapshotArguments& to) {
  arguments.Number({.name = "lsn", .help = "Only the snapshot of this LSN (default: all)"}, to.lsn);
}

// The retained snapshots, or the one of `lsn`. kNotFound: none of that LSN.
absl::StatusOr<std::vector<snapshot::RetainedSnapshot>> Choose(const snapshot::Manifest& manifest,
                                                               std::optional<std::uint64_t> lsn) {
  if (!lsn) return manifest.snapshots;
  for (const snapshot::RetainedSnapshot& retained : manifest.snapshots) {
    if (retained.lsn.value() == *lsn) return std::vector{retained};
  }
  return InvalidArgument("there is no snapshot of LSN ", *lsn, "; `snapshot ls` lists those kept");
}

absl::StatusOr<Answer> RunVerify(const SnapshotArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const snapshot::Manifest manifest, ReadStoreManifest(session));
  VARVE_ASSIGN_OR_RETURN(const std::vector<snapshot::RetainedSnapshot> chosen,
                         Choose(manifest, arguments.lsn));
  for (const snapshot::RetainedSnapshot& retained : chosen) {
    Progress progress(session.output(), "verifying", Progress::Unit::kBytes, retained.file_bytes);
    const std::string path = PathOf(session, retained.lsn);
    VARVE_ASSIGN_OR_RETURN(
        const snapshot::SnapshotInfo info,
        snapshot::VerifySnapshot(PosixFileSystem(), path, ShowProgress(progress)));
    progress.Finish();
    if (info.digest != retained.digest || info.store != manifest.store) {
      Damage damage;
      damage.kind = Damage::Kind::kForeign;
      damage.file = path;
      damage.lsn = retained.lsn;
      damage.found = "digest " + info.digest.ToString() + " of store " + info.store.ToString();
      damage.evidence = "the manifest expects " + retained.digest.ToString() + " of store " +
                        manifest.store.ToString();
      return damage.ToStatus();
    }
    PrintSnapshot(info, "good", session.output());
  }
  if (chosen.empty()) session.output().Note("there is no snapshot yet");
  return Answer::kYes;
}

struct RestoreArguments {
  std::string target;
  std::optional<std::uint64_t> lsn;
};

void DeclareRestore(Arguments& arguments, RestoreArguments& to) {
  arguments.Text(
      {.name = "target", .help = "The new store; must not exist, or be empty", .required = true},
      to.target);
  arguments.Number({.name = "--lsn",
                    .help = "The snapshot of this LSN (default: the newest)",
                    .value_name = "LSN"},
                   to.lsn);
}

absl::StatusOr<Answer> RunRestore(const RestoreArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(const snapshot::Manifest manifest, ReadStoreManifest(session));
  VARVE_ASSIGN_OR_RETURN(const std::vector<snapshot::RetainedSnapshot> chosen,
                         Choose(manifest, arguments.lsn));
  if (chosen.empty()) {
    return FailedPrecondition(session.store(), " has no snapshot yet; `snapshot create` makes one");
  }
  const std::string path = PathOf(session, chosen.back().lsn);
  VARVE_ASSIGN_OR_RETURN(OpenOptions options, session.MakeOpenOptions());
  options.create_if_missing = true;
  VARVE_ASSIGN_OR_RETURN(const RecoveryReport report,
                         RestoreSnapshot(path, arguments.target, session.MakeRegistry(), options));
  Output& output = session.output();
  output.Line("made " + arguments.target + " from " + path);
  output.Line("  " + DescribeRestore(report));
  output.Object({{"target", arguments.target},
                 {"snapshot", path},
                 {"lsn", chosen.back().lsn.value()},
                 {"digest", chosen.back().digest.ToString()},
                 {"recovery", RecoveryReportToJson(report)}});
  return Answer::kYes;
}

}  // namespace

void AddSnapshotVerbs(Verbs& root) {
  Verbs snapshot = root.Group("snapshot", "Snapshots: create, list, verify, restore elsewhere");
  snapshot.Add<NoArguments>({"create",
                             "Writes a snapshot of the newest state and verifies it.",
                             {"snapshot create", "snapshot create --json"}},
                            DeclareNothing, RunCreate);
  snapshot.Add<NoArguments>({"ls", "Lists the snapshots that are kept.", {"snapshot ls"}},
                            DeclareNothing, RunLs);
  snapshot.Add<SnapshotArguments>(
      {"verify",
       "Reads snapshots through and checks every checksum and the digest.",
       {"snapshot verify", "snapshot verify 42"}},
      DeclareVerify, RunVerify);
  snapshot.Add<RestoreArguments>(
      {"restore",
       "Makes a new store from a snapshot.",
       {"snapshot restore /srv/copy.varve", "snapshot restore /srv/copy.varve --lsn 42"}},
      DeclareRestore, RunRestore);
}

}  // namespace varve::cli
