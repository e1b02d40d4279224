#include "cli/store_check.h"

#include <memory>
#include <string>

#include "cli/progress.h"
#include "cli/report_json.h"
#include "kernel/base/status.h"
#include "kernel/primitive.h"
#include "snapshot/digest.h"

namespace varve::cli {
namespace {

void ReportDigest(Store& store, CheckReport& report) {
  const absl::StatusOr<std::unique_ptr<table::MaterializedReader>> state = store.OpenMaterialized();
  if (!state.ok()) return;  // Nothing materialized: there is nothing to digest.
  const absl::StatusOr<snapshot::Digest> digest = snapshot::StateDigest(**state, store.registry());
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
  const absl::Status status = primitive.CheckRows(view, [&](std::uint64_t rows) {
    progress.Update(rows);
    return Interrupted() ? absl::CancelledError("interrupted") : absl::OkStatus();
  });
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

}  // namespace

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
  if (EntriesReplayed(opened->report) == 0) ReportDigest(*opened->store, report);
  CheckRows(session, *opened->store, report);
}

}  // namespace varve::cli
