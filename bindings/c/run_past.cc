// What runs were, and how they differ. The register of runs: run.cc.
#include "bindings/c/answer.h"
#include "bindings/c/handles.h"
#include "bindings/c/run_options.h"
#include "primitives/run/run_replay.h"

namespace varve_c {
namespace {

void FillChange(const RowChange& known, varve_row_change& item,
                Listing<varve_row_change>& /*listing*/) {
  item.kind = static_cast<int32_t>(known.kind);
  item.primitive = SliceOf(known.primitive);
  item.table = SliceOf(known.table);
  item.subject = SliceOf(known.subject);
  item.before = SliceOf(known.before);
  item.after = SliceOf(known.after);
  item.key = SliceOf(known.key);
}

}  // namespace

extern "C" {

const varve_row_change* varve_result_row_change(const varve_result* result, size_t index) {
  return ItemOf<varve_row_change>(result, index);
}

varve_status varve_run_replay(varve_store* store, const varve_uuid* run, uint64_t step,
                              varve_view** view, varve_result** last, varve_error** error) {
  if (view != nullptr) *view = nullptr;
  if (last != nullptr) *last = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(
        Arguments().Given(store, "store").Given(run, "run").Given(view, "view").status());
    VARVE_ASSIGN_OR_RETURN(RunReplay known, ReplayRun(store->store(), RunOf(run), step));
    std::unique_ptr<varve_result> listing;
    if (last != nullptr) {
      listing = ListOf<varve_run_step>(std::optional<RunStep>(std::move(known.step)), FillStep);
    }
    *view = new varve_view(store->opened, std::move(known.view));
    if (last != nullptr) *last = listing.release();
    return absl::OkStatus();
  });
}

varve_status varve_run_fork(varve_store* store, const varve_uuid* run, uint64_t step,
                            const varve_run_options* options, varve_uuid* id, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(
        Arguments().Given(store, "store").Given(run, "run").Given(id, "id").status());
    VARVE_ASSIGN_OR_RETURN(RunOptions taken, RunOptionsOf(options));
    VARVE_ASSIGN_OR_RETURN(const RunId known,
                           ForkRun(store->store(), RunOf(run), step, std::move(taken)));
    *id = UuidOf(known);
    return absl::OkStatus();
  });
}

varve_status varve_run_diff(varve_reader* from, const varve_uuid* from_run, varve_reader* to,
                            const varve_uuid* to_run, uint64_t limit, varve_result** changes,
                            varve_error** error) {
  if (changes != nullptr) *changes = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(to, "to").Given(changes, "changes").status());
    const std::uint64_t wanted = limit == 0 ? ~std::uint64_t{0} : limit;
    std::vector<RowChange> known;
    const auto visit = [&](const RowChange& change) {
      known.push_back(change);
      return known.size() < OneMore(wanted);
    };
    if (from == nullptr) {
      VARVE_RETURN_IF_ERROR(VisitRun(*to->reader, RunOf(to_run), visit));
    } else {
      VARVE_RETURN_IF_ERROR(
          DiffRuns(*from->reader, RunOf(from_run), *to->reader, RunOf(to_run), visit));
    }
    const bool more = CutPage(known, wanted);
    *changes = ListOf<varve_row_change>(std::move(known), FillChange).release();
    (*changes)->more = more;
    return absl::OkStatus();
  });
}

varve_status varve_run_digest(varve_reader* reader, const varve_uuid* run, varve_bytes* digest,
                              varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(reader, "reader").Given(digest, "digest").status());
    VARVE_ASSIGN_OR_RETURN(const std::string known, RunDigest(*reader->reader, RunOf(run)));
    *digest = BytesOf(known);
    return absl::OkStatus();
  });
}

}  // extern "C"
}  // namespace varve_c
