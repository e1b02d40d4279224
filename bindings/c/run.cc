// The register of runs. Their past: run_past.cc.
#include "bindings/c/answer.h"
#include "bindings/c/handles.h"
#include "bindings/c/run_options.h"

namespace varve_c {
namespace {

void FillRun(const RunInfo& known, varve_run_info& item, Listing<varve_run_info>& listing) {
  item.id = UuidOf(known.id);
  item.parent = UuidOf(known.parent);
  item.forked_from = UuidOf(known.forked_from);
  item.forked_at = known.forked_at.value();
  item.status = static_cast<int32_t>(known.status);
  item.name = SliceOf(known.name);
  item.tag_count = known.tags.size();
  item.tags = listing.Keep(known.tags);
  item.metadata = SliceOf(known.metadata);
  item.outcome = SliceOf(known.outcome);
  item.created = known.created.micros();
  item.status_since = known.status_since.micros();
  item.status_lsn = known.status_lsn.value();
}

absl::StatusOr<RunStatus> RunStatusOf(std::int32_t status) {
  if (status < VARVE_RUN_ACTIVE || status > VARVE_RUN_ARCHIVED) {
    return InvalidArgument("status is no VARVE_RUN_...");
  }
  return static_cast<RunStatus>(status);
}

absl::StatusOr<RunChanges> ChangesOf(const varve_run_changes* given) {
  VARVE_ASSIGN_OR_RETURN(const varve_run_changes taken, Take(given, "changes"));
  VARVE_RETURN_IF_ERROR(Arguments()
                            .Bytes(taken.name, "changes.name")
                            .Slices(taken.tags, taken.tag_count, "changes.tags")
                            .Bytes(taken.metadata, "changes.metadata")
                            .status());
  RunChanges changes;
  if (taken.has_name != 0) changes.name = std::string(TextOf(taken.name));
  if (taken.has_tags != 0) changes.tags = StringsOf(taken.tags, taken.tag_count);
  if (taken.has_metadata != 0) changes.metadata = std::string(TextOf(taken.metadata));
  return changes;
}

absl::StatusOr<RunFilter> FilterOf(const varve_run_filter* given) {
  VARVE_ASSIGN_OR_RETURN(const varve_run_filter taken, Take(given, "filter"));
  VARVE_RETURN_IF_ERROR(Arguments().Bytes(taken.tag, "filter.tag").status());
  RunFilter filter;
  if (taken.status != 0) {
    VARVE_ASSIGN_OR_RETURN(filter.status, RunStatusOf(taken.status));
  }
  if (taken.tag.size != 0) filter.tag = std::string(TextOf(taken.tag));
  if (const RunId parent = UuidOf(taken.parent); !parent.is_nil()) filter.parent = parent;
  filter.after = UuidOf(taken.after);
  filter.limit = LimitOf(taken.limit, filter.limit);
  return filter;
}

void GiveRuns(std::vector<RunInfo> known, std::uint64_t limit, varve_result** runs) {
  const bool more = CutPage(known, limit);
  const std::string last(known.empty() ? "" : known.back().id.view());
  GivePage(ListOf<varve_run_info>(std::move(known), FillRun), more, last, runs);
}

}  // namespace

absl::StatusOr<RunOptions> RunOptionsOf(const varve_run_options* given) {
  VARVE_ASSIGN_OR_RETURN(const varve_run_options taken, Take(given, "options"));
  VARVE_RETURN_IF_ERROR(Arguments()
                            .Bytes(taken.name, "options.name")
                            .Slices(taken.tags, taken.tag_count, "options.tags")
                            .Bytes(taken.metadata, "options.metadata")
                            .status());
  RunOptions options;
  if (const RunId id = UuidOf(taken.id); !id.is_nil()) options.id = id;
  options.parent = UuidOf(taken.parent);
  options.name = TextOf(taken.name);
  options.tags = StringsOf(taken.tags, taken.tag_count);
  options.metadata = TextOf(taken.metadata);
  options.paused = taken.paused != 0;
  return options;
}

void FillStep(const RunStep& known, varve_run_step& item, Listing<varve_run_step>& /*listing*/) {
  item.number = known.number;
  item.lsn = known.lsn.value();
  item.commit_time = known.commit_time.micros();
  item.entry_type = known.entry_type;
  item.payload_version = known.payload_version;
  item.payload_bytes = known.payload_bytes;
  item.payload = SliceOf(known.payload);
}

extern "C" {

const varve_run_info* varve_result_run(const varve_result* result, size_t index) {
  return ItemOf<varve_run_info>(result, index);
}

const varve_run_step* varve_result_run_step(const varve_result* result, size_t index) {
  return ItemOf<varve_run_step>(result, index);
}

varve_status varve_run_create(varve_txn* txn, const varve_run_options* options, varve_uuid* id,
                              varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(txn, "txn").Given(id, "id").status());
    VARVE_ASSIGN_OR_RETURN(const RunOptions taken, RunOptionsOf(options));
    VARVE_ASSIGN_OR_RETURN(const RunId known, Runs(*txn->transaction).Create(taken));
    *id = UuidOf(known);
    return absl::OkStatus();
  });
}

varve_status varve_run_begin(varve_txn* txn, const varve_uuid* run, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(txn, "txn").Given(run, "run").status());
    return Runs(*txn->transaction).Begin(RunOf(run));
  });
}

varve_status varve_run_end(varve_txn* txn, const varve_uuid* run, int32_t status,
                           varve_slice outcome, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(
        Arguments().Given(txn, "txn").Given(run, "run").Bytes(outcome, "outcome").status());
    VARVE_ASSIGN_OR_RETURN(const RunStatus wanted, RunStatusOf(status));
    return Runs(*txn->transaction).End(RunOf(run), wanted, TextOf(outcome));
  });
}

varve_status varve_run_update(varve_txn* txn, const varve_uuid* run,
                              const varve_run_changes* changes, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(
        Arguments().Given(txn, "txn").Given(run, "run").Given(changes, "changes").status());
    VARVE_ASSIGN_OR_RETURN(const RunChanges taken, ChangesOf(changes));
    return Runs(*txn->transaction).Update(RunOf(run), taken);
  });
}

varve_status varve_run_delete(varve_txn* txn, const varve_uuid* run, varve_bool with_children,
                              varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(txn, "txn").Given(run, "run").status());
    return Runs(*txn->transaction).Delete(RunOf(run), with_children != 0);
  });
}

varve_status varve_run_get(varve_reader* reader, const varve_uuid* run, varve_result** info,
                           varve_error** error) {
  if (info != nullptr) *info = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(
        Arguments().Given(reader, "reader").Given(run, "run").Given(info, "info").status());
    VARVE_ASSIGN_OR_RETURN(std::optional<RunInfo> known, Runs(*reader->reader).Get(RunOf(run)));
    *info = ListOf<varve_run_info>(std::move(known), FillRun).release();
    return absl::OkStatus();
  });
}

varve_status varve_run_list(varve_reader* reader, const varve_run_filter* filter,
                            varve_result** runs, varve_error** error) {
  if (runs != nullptr) *runs = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(reader, "reader").Given(runs, "runs").status());
    VARVE_ASSIGN_OR_RETURN(RunFilter taken, FilterOf(filter));
    const std::uint64_t limit = std::exchange(taken.limit, OneMore(taken.limit));
    VARVE_ASSIGN_OR_RETURN(std::vector<RunInfo> known, Runs(*reader->reader).List(taken));
    GiveRuns(std::move(known), limit, runs);
    return absl::OkStatus();
  });
}

varve_status varve_run_orphans(varve_reader* reader, uint64_t limit, varve_result** runs,
                               varve_error** error) {
  if (runs != nullptr) *runs = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(reader, "reader").Given(runs, "runs").status());
    const std::uint64_t wanted = LimitOf(limit);
    VARVE_ASSIGN_OR_RETURN(std::vector<RunInfo> known,
                           Runs(*reader->reader).Orphans(OneMore(wanted)));
    GiveRuns(std::move(known), wanted, runs);
    return absl::OkStatus();
  });
}

varve_status varve_run_steps(varve_reader* reader, const varve_uuid* run, uint64_t from,
                             uint64_t limit, varve_result** steps, varve_error** error) {
  if (steps != nullptr) *steps = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(
        Arguments().Given(reader, "reader").Given(run, "run").Given(steps, "steps").status());
    const std::uint64_t wanted = LimitOf(limit);
    VARVE_ASSIGN_OR_RETURN(
        std::vector<RunStep> known,
        Runs(*reader->reader).Steps(RunOf(run), from == 0 ? 1 : from, OneMore(wanted)));
    const bool more = CutPage(known, wanted);
    *steps = ListOf<varve_run_step>(std::move(known), FillStep).release();
    (*steps)->more = more;
    return absl::OkStatus();
  });
}

varve_status varve_run_step_count(varve_reader* reader, const varve_uuid* run, uint64_t* count,
                                  varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(
        Arguments().Given(reader, "reader").Given(run, "run").Given(count, "count").status());
    VARVE_ASSIGN_OR_RETURN(*count, Runs(*reader->reader).StepCount(RunOf(run)));
    return absl::OkStatus();
  });
}

}  // extern "C"
}  // namespace varve_c
