#include "cli/store_check.h"

#include <memory>
#include <string>

#include "cli/progress.h"
#include "cli/report_json.h"
#include "kernel/base/status.h"
#include "kernel/primitive.h"
#include "recovery/rebuild.h"
#include "snapshot/content.h"

namespace varve::cli {
namespace {

void ReportDigest(Store& store, Output& output, CheckReport& report) {
  const absl::StatusOr<std::unique_ptr<table::MaterializedReader>> state = store.OpenMaterialized();
  if (!state.ok()) return;  // Nothing materialized: there is nothing to digest.
  Progress progress(output, "computing the digest", Progress::Unit::kBytes, 0);
  const absl::StatusOr<snapshot::Digest> digest =
      snapshot::DigestContent(**state, store.registry(), StepsOf(progress));
  progress.Finish();
  if (!digest.ok()) {
    report.AddError(digest.status());
    return;
  }
  report.Good("state digest " + digest->ToString());
  report.facts()["digest"] = digest->ToString();
  report.facts()["digest_lsn"] = (*state)->mark().applied.value();
}

absl::Status CheckRowsOf(const Primitive& primitive, ReadView& view, Output& output) {
  Progress progress(output, "checking the rows of " + primitive.spec().name,
                    Progress::Unit::kRecords, 0);
  const absl::Status status = primitive.CheckRows(view, StepsOf(progress));
  progress.Finish();
  return status;
}

// Every byte has its checksum here: a program wrote it so, or somebody with the means to.
absl::Status WithRemedy(const absl::Status& fault, const std::string& name,
                        const std::string& store) {
  const std::string command = "varve " + store;
  return absl::Status(
      fault.code(),
      ToAbsl("rows of " + name + ": " + std::string(FromAbsl(fault.message())) +
             " (checksums hold, so it was written like this. Move state.mdb out of the store and "
             "check again: what stays is in snapshot and log. Then `" +
             command + " restore TARGET --at LSN` gives the state before it)"));
}

// The primitives one by one: a fault of one says nothing about another.
void CheckRows(Session& session, Store& store, CheckReport& report) {
  absl::StatusOr<ReadView> view = store.View();
  if (!view.ok()) {
    report.AddError(view.status());
    return;
  }
  Json primitives = Json::array();
  for (const std::unique_ptr<Primitive>& primitive : store.registry().primitives()) {
    const std::string& name = primitive->spec().name;
    if (primitive->spec().carried) {
      report.Add(Gravity::kNote, "rows of " + name +
                                     ": not looked at, because this program does "
                                     "not know the primitive");
      continue;
    }
    const absl::Status status = CheckRowsOf(*primitive, *view, session.output());
    if (absl::IsCancelled(status)) break;
    if (status.ok()) {
      report.Good("rows of " + name);
    } else {
      report.AddError(absl::IsDataLoss(status) ? WithRemedy(status, name, session.store())
                                               : AddContext(status, "rows of " + name));
    }
    primitives.push_back(Json{{"name", name}, {"ok", status.ok()}});
  }
  report.facts()["primitives"] = primitives;
}

absl::StatusOr<StateComparison> CompareWithRebuild(Session& session, RebuiltState& rebuilt) {
  table::MaterializedOptions read_only;
  read_only.read_only = true;
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<table::MaterializedStore> state,
                         table::OpenLmdbStore(session.files().state(), read_only));
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<table::MaterializedReader> found,
                         state->OpenReader());
  VARVE_ASSIGN_OR_RETURN(const OpenOptions options, session.MakeOpenOptions());
  VARVE_ASSIGN_OR_RETURN(rebuilt, RebuildState(session.store(), found->mark().applied,
                                               session.MakeRegistry(), options));
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<table::MaterializedReader> expected,
                         rebuilt.state->OpenReader());
  Progress progress(session.output(), "comparing state.mdb with a rebuild",
                    Progress::Unit::kRecords, 0);
  absl::StatusOr<StateComparison> comparison =
      CompareStates(*found, *expected, session.MakeRegistry(), StepsOf(progress));
  progress.Finish();
  return comparison;
}

absl::Status DifferenceStatus(Session& session, const std::string& difference) {
  Damage damage;
  damage.file = session.files().state();
  damage.found = difference;
  damage.evidence =
      "snapshot and log say so, and its checksums hold: a program wrote it so. Move state.mdb out "
      "of the closed store: the next open rebuilds it";
  return damage.ToStatus();
}

}  // namespace

void CheckAgainstRebuild(Session& session, CheckReport& report) {
  RebuiltState rebuilt;
  const absl::StatusOr<StateComparison> comparison = CompareWithRebuild(session, rebuilt);
  if (absl::IsOutOfRange(comparison.status()) || absl::IsUnimplemented(comparison.status())) {
    report.Add(Gravity::kNote, "state.mdb: not compared with a rebuild: " +
                                   std::string(FromAbsl(comparison.status().message())));
    return;
  }
  if (!comparison.ok()) {
    report.AddError(AddContext(comparison.status(), "rebuilding the state"));
    return;
  }
  const bool equal = !comparison->first_difference.has_value();
  report.facts()["rebuild"] = Json{{"equal", equal},
                                   {"rows", comparison->rows},
                                   {"base_lsn", rebuilt.base_lsn.value()},
                                   {"records_replayed", rebuilt.records_replayed}};
  if (equal) {
    report.Good("state.mdb is what " +
                (rebuilt.base_lsn == Lsn()
                     ? std::string("the log gives")
                     : "the snapshot of LSN " + FormatCount(rebuilt.base_lsn.value()) +
                           " and the log give") +
                ", " + FormatCount(comparison->rows) + " rows");
  } else {
    report.AddError(DifferenceStatus(session, *comparison->first_difference));
  }
}

void CheckOpenedStore(Session& session, CheckReport& report) {
  const absl::StatusOr<OpenedStore> opened = session.OpenForReading();
  if (!opened.ok()) {
    report.AddError(opened.status());
    return;
  }
  report.Good("opens, LSN " + FormatCount(opened->report.last_lsn.value()));
  PrintRecoveryReport(opened->report, "      ", session.output());
  report.facts()["recovery"] = RecoveryReportToJson(opened->report);
  // The digest is one of state.mdb: it is that of the store where nothing has to be replayed.
  if (EntriesReplayed(opened->report) == 0) ReportDigest(*opened->store, session.output(), report);
  if (!Interrupted()) CheckRows(session, *opened->store, report);
}

}  // namespace varve::cli
