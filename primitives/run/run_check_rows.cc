// RunPrimitive::CheckRows: records, statuses and their indexes agree; the steps of a run are
// counted from 1 without a gap.
#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include "kernel/base/codec.h"
#include "kernel/row_walk.h"
#include "primitives/run/run_payload.h"
#include "primitives/run/run_primitive.h"

namespace varve {

namespace {

absl::Status Bad(const RunId& id, std::string_view fault) {
  return Broken("run ", id.ToString(), ": ", fault);
}

absl::StatusOr<RunId> IdOf(std::string_view key) {
  const std::optional<Uuid> id = Uuid::FromBytes(key);
  if (!id.has_value()) return Broken("the key of a run has ", key.size(), " bytes instead of 16");
  return *id;
}

// The register of runs, whose rows stand in one run themselves: the default one.
class RegisterCheck final {
 public:
  explicit RegisterCheck(RowWalk& walk) : walk_(walk) {}

  absl::Status CheckRecord(const RunId& at, const Row& row) {
    VARVE_ASSIGN_OR_RETURN(const RunId id, IdOf(row.key));
    const absl::StatusOr<run::RunRecord> record = run::DecodeRecord(row.value);
    if (!record.ok()) return Bad(id, FromAbsl(record.status().message()));
    VARVE_RETURN_IF_ERROR(Require(kRunStatuses, at, row.key, id, "it has no status"));
    for (const std::string& tag : record->tags) {
      VARVE_RETURN_IF_ERROR(Require(kRunsByTag, at, run::TagPrefix(tag).append(row.key), id,
                                    "a tag does not find it"));
    }
    if (record->parent.is_nil()) return absl::OkStatus();
    VARVE_RETURN_IF_ERROR(
        Require(kRunRecords, at, record->parent.view(), id, "its parent does not exist"));
    return Require(kRunsByParent, at, run::ParentPrefix(record->parent).append(row.key), id,
                   "its parent does not find it");
  }

  absl::Status CheckStatus(const RunId& at, const Row& row) {
    VARVE_ASSIGN_OR_RETURN(const RunId id, IdOf(row.key));
    const absl::StatusOr<run::StatusRow> status = run::DecodeStatus(row.value);
    if (!status.ok()) return Bad(id, FromAbsl(status.status().message()));
    VARVE_RETURN_IF_ERROR(Require(kRunRecords, at, row.key, id, "it has a status and no record"));
    return Require(kRunsByStatus, at, run::StatusPrefix(status->status).append(row.key), id,
                   "its status does not find it");
  }

  // A line ends with the id of the run that it leads to.
  absl::Status CheckLine(const RunId& at, TableId table, const Row& row) {
    const std::size_t prefix_bytes = row.key.size() - std::min(row.key.size(), sizeof(RunId));
    VARVE_ASSIGN_OR_RETURN(const RunId id, IdOf(row.key.substr(prefix_bytes)));
    VARVE_ASSIGN_OR_RETURN(const bool has, HasLine(at, table, id, row.key.substr(0, prefix_bytes)));
    return has ? absl::OkStatus() : Bad(id, "a line leads to it by what it has not");
  }

 private:
  absl::Status Require(TableId table, const RunId& at, std::string_view key, const RunId& id,
                       std::string_view fault) {
    VARVE_ASSIGN_OR_RETURN(const bool there, walk_.Has(table, at, key));
    return there ? absl::OkStatus() : Bad(id, fault);
  }

  absl::StatusOr<bool> HasLine(const RunId& at, TableId table, const RunId& id,
                               std::string_view prefix) {
    const TableId source = table == kRunsByStatus ? kRunStatuses : kRunRecords;
    VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, walk_.view().Get(source, at, id.view()));
    if (!row.has_value()) return false;
    if (table == kRunsByStatus) {
      VARVE_ASSIGN_OR_RETURN(const run::StatusRow status, run::DecodeStatus(row->value));
      return prefix == run::StatusPrefix(status.status);
    }
    VARVE_ASSIGN_OR_RETURN(const run::RunRecord record, run::DecodeRecord(row->value));
    if (table == kRunsByParent) return prefix == run::ParentPrefix(record.parent);
    return std::any_of(record.tags.begin(), record.tags.end(),
                       [prefix](const std::string& tag) { return prefix == run::TagPrefix(tag); });
  }

  RowWalk& walk_;
};

absl::Status CheckRegister(RowWalk& walk) {
  RegisterCheck check(walk);
  VARVE_RETURN_IF_ERROR(walk.Check(
      kRunRecords, [&](const RunId& at, const Row& row) { return check.CheckRecord(at, row); }));
  VARVE_RETURN_IF_ERROR(walk.Check(
      kRunStatuses, [&](const RunId& at, const Row& row) { return check.CheckStatus(at, row); }));
  for (const TableId table : {kRunsByStatus, kRunsByTag, kRunsByParent}) {
    VARVE_RETURN_IF_ERROR(walk.Check(
        table, [&](const RunId& at, const Row& row) { return check.CheckLine(at, table, row); }));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::uint64_t> CountIn(std::string_view value) {
  if (value.size() != sizeof(std::uint64_t)) return Broken("a step count of another length");
  return LoadLittleEndian<std::uint64_t>(value.data());
}

// Every step, one run behind the other.
class StepsCheck final {
 public:
  explicit StepsCheck(RowWalk& walk) : walk_(walk) {}

  absl::Status Add(const RunId& run, const Row& row) {
    if (!begun_ || run != run_) {
      VARVE_RETURN_IF_ERROR(Finish());
      begun_ = true;
      run_ = run;
      steps_ = 0;
    }
    const absl::StatusOr<RunStep> step = run::DecodeStep(row.key, row.value);
    if (!step.ok()) return InRun(step.status(), run_);
    if (step->number == steps_ + 1) {
      ++steps_;
      return absl::OkStatus();
    }
    return InRun(Broken("step ", steps_ + 1, " is missing: the next is ", step->number), run_);
  }

  // The run that was looked at last has no more steps.
  absl::Status Finish() {
    if (!begun_) return absl::OkStatus();
    VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row,
                           walk_.view().Get(kRunStepCounts, run_, {}));
    if (!row.has_value()) return InRun(Broken("it has steps and no count of them"), run_);
    const absl::StatusOr<std::uint64_t> count = CountIn(row->value);
    if (!count.ok()) return InRun(count.status(), run_);
    if (*count == steps_) return absl::OkStatus();
    return InRun(Broken("its steps are counted as ", *count, ", and there are ", steps_), run_);
  }

 private:
  RowWalk& walk_;
  bool begun_ = false;
  RunId run_;
  std::uint64_t steps_ = 0;
};

absl::Status CheckSteps(RowWalk& walk) {
  StepsCheck steps(walk);
  VARVE_RETURN_IF_ERROR(
      walk.Visit(kRunSteps, [&](const RunId& run, const Row& row) { return steps.Add(run, row); }));
  VARVE_RETURN_IF_ERROR(steps.Finish());
  // A count where there are no steps: the others have been compared.
  return walk.Check(kRunStepCounts, [&](const RunId& run, const Row& row) -> absl::Status {
    VARVE_ASSIGN_OR_RETURN(const std::uint64_t count, CountIn(row.value));
    std::string last;
    AppendBigEndian64(last, count);
    VARVE_ASSIGN_OR_RETURN(const bool there, walk.Has(kRunSteps, run, last));
    if (there && row.key.empty()) return absl::OkStatus();
    return Broken("its steps are counted as ", count, ", and there is no such step");
  });
}

}  // namespace

absl::Status RunPrimitive::CheckRows(ReadView& view, const CheckProgress& progress) const {
  RowWalk walk(view, progress);
  VARVE_RETURN_IF_ERROR(CheckRegister(walk));
  return CheckSteps(walk);
}

}  // namespace varve
