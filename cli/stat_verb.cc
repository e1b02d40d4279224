// varve STORE stat
#include <optional>
#include <string>

#include "cli/disk_use.h"
#include "cli/report_json.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"
#include "snapshot/digest.h"
#include "snapshot/manifest.h"

namespace varve::cli {
namespace {

struct StatArguments {
  bool digest = false;
};

struct StateDigestAt {
  Lsn lsn;
  snapshot::Digest digest;
};

// What stat found, apart from what it asks the store itself.
struct Findings {
  DiskUse disk;
  snapshot::Manifest manifest;
  table::MaterializedFootprint materialized;
  std::optional<StateDigestAt> digest;
};

void DeclareStat(Arguments& arguments, StatArguments& to) {
  arguments.Flag(
      {.name = "--digest",
       .help = "Also the digest of the whole state. Checkpoints first, so it waits for the lock"},
      to.digest);
}

absl::StatusOr<StateDigestAt> DigestOf(Store& store) {
  VARVE_RETURN_IF_ERROR(store.Checkpoint());
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<table::MaterializedReader> state,
                         store.OpenMaterialized());
  VARVE_ASSIGN_OR_RETURN(const snapshot::Digest digest,
                         snapshot::StateDigest(*state, store.registry()));
  return StateDigestAt{state->mark().applied, digest};
}

absl::StatusOr<Findings> Gather(const StatArguments& arguments, const StoreFiles& names,
                                Store& store) {
  Findings findings;
  if (arguments.digest) {
    VARVE_ASSIGN_OR_RETURN(findings.digest, DigestOf(store));
  }
  FileSystem& files = PosixFileSystem();
  VARVE_ASSIGN_OR_RETURN(findings.disk, MeasureDiskUse(files, names));
  VARVE_ASSIGN_OR_RETURN(findings.manifest, snapshot::ReadManifest(files, names.manifest()));
  VARVE_ASSIGN_OR_RETURN(const StoreFootprint footprint, store.Footprint());
  findings.materialized = footprint.materialized;
  return findings;
}

Json FilesToJson(const Findings& findings) {
  Json files = DiskUseToJson(findings.disk);
  files["state"]["live_bytes"] = findings.materialized.live_bytes;
  files["state"]["free_bytes"] = findings.materialized.free_bytes;
  return files;
}

Json StatToJson(const Findings& findings, const OpenedStore& opened, const std::string& path) {
  const Store& store = *opened.store;
  Json snapshots = Json::array();
  for (const snapshot::RetainedSnapshot& retained : findings.manifest.snapshots) {
    snapshots.push_back(Json{{"lsn", retained.lsn.value()},
                             {"file_bytes", retained.file_bytes},
                             {"digest", retained.digest.ToString()}});
  }
  Json primitives = Json::array();
  for (const snapshot::ManifestPrimitive& primitive : findings.manifest.primitives) {
    primitives.push_back(Json{{"id", primitive.name.id.value()},
                              {"name", primitive.name.name},
                              {"carried", primitive.carried}});
  }
  Json stat = {{"store", path},
               {"uuid", store.uuid().ToString()},
               {"visible_lsn", store.visible_lsn().value()},
               {"applied_lsn", store.applied_lsn().value()},
               {"log_start_lsn", findings.manifest.log_start.value()},
               {"rows", findings.materialized.rows},
               {"primitives", primitives},
               {"footprint", FilesToJson(findings)},
               {"snapshots", snapshots},
               {"recovery", RecoveryReportToJson(opened.report)}};
  if (findings.digest) {
    stat["digest"] = findings.digest->digest.ToString();
    stat["digest_lsn"] = findings.digest->lsn.value();
  }
  return stat;
}

void PrintStat(const Findings& findings, const OpenedStore& opened, Output& output) {
  const Store& store = *opened.store;
  FactTable facts;
  facts.Add("uuid", store.uuid().ToString());
  facts.Add("last LSN", FormatCount(store.visible_lsn().value()));
  facts.Add("in state.mdb up to LSN", FormatCount(store.applied_lsn().value()));
  facts.Add("rows in state.mdb", FormatCount(findings.materialized.rows));
  facts.Add("log", DescribeTotals(findings.disk.log));
  facts.Add("snapshots", DescribeTotals(findings.disk.snapshots));
  facts.Add("state.mdb", DescribeTotals(findings.disk.state) + " (" +
                             FormatBytes(findings.materialized.live_bytes) + " live, " +
                             FormatBytes(findings.materialized.free_bytes) + " free)");
  facts.Add("manifest and lock", DescribeTotals(findings.disk.manifest));
  if (findings.disk.other.files > 0) facts.Add("other", DescribeTotals(findings.disk.other));
  facts.Add("total", DescribeTotals(findings.disk.Total()));
  for (const snapshot::RetainedSnapshot& retained : findings.manifest.snapshots) {
    facts.Add("snapshot at LSN " + FormatCount(retained.lsn.value()),
              FormatBytes(retained.file_bytes) + ", digest " + retained.digest.ToString());
  }
  if (findings.digest) {
    facts.Add("state digest", findings.digest->digest.ToString() + " at LSN " +
                                  FormatCount(findings.digest->lsn.value()));
  }
  facts.Print(output);
  output.Line("recovery");
  PrintRecoveryReport(opened.report, "  ", output);
}

absl::StatusOr<Answer> RunStat(const StatArguments& arguments, Session& session) {
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened,
                         arguments.digest ? session.OpenForWriting() : session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(const Findings findings,
                         Gather(arguments, session.files(), *opened.store));
  PrintStat(findings, opened, session.output());
  session.output().Object(StatToJson(findings, opened, session.store()));
  return CloseAfter(opened, Answer::kYes);
}

}  // namespace

void AddStatVerb(Verbs& root) {
  root.Add<StatArguments>(
      {"stat",
       "Shows where the bytes are, the LSNs, the snapshots and what recovery would do.",
       {"stat", "stat --json", "stat --digest"}},
      DeclareStat, RunStat);
}

}  // namespace varve::cli
