#include "agent_memory/past.h"

#include <optional>
#include <vector>

#include "agent_memory/memory.h"
#include "kernel/base/status.h"
#include "primitives/event/event.h"
#include "primitives/json/json_value.h"
#include "primitives/run/run_replay.h"
#include "primitives/run/runs.h"

namespace agent_memory {
namespace {

constexpr const char* kForkedAfter = "forked_after_step";

// The step that the fork began behind; 0: it is no fork.
absl::StatusOr<std::uint64_t> ForkedAfter(const varve::RunInfo& run) {
  if (run.metadata.empty()) return 0;
  VARVE_ASSIGN_OR_RETURN(const varve::JsonValue metadata, varve::ParseJson(run.metadata));
  return metadata.value(kForkedAfter, std::uint64_t{0});
}

// When the answer to the step was durable. A fork copies events, with an LSN of its own: the early
// ones are looked up in the run that they come from, which `run` then is.
absl::StatusOr<varve::Lsn> LsnOfAnswer(varve::Reader& reader, varve::RunId& run,
                                       std::uint64_t step) {
  while (true) {
    VARVE_ASSIGN_OR_RETURN(const auto info, varve::Runs(reader).Get(run));
    if (!info.has_value()) return varve::MakeStatus(absl::StatusCode::kNotFound, "no such run");
    VARVE_ASSIGN_OR_RETURN(const std::uint64_t forked_after, ForkedAfter(*info));
    if (step > forked_after) break;
    run = info->forked_from;
  }
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::Event> answer,
                         varve::Events(reader, run).Get(kConversation, 2 * step - 1));
  if (answer.has_value()) return answer->lsn;
  return varve::MakeStatus(absl::StatusCode::kNotFound, "the run has no answer to a step ", step);
}

// The last entry of the run up to that LSN: its number, as ForkRun counts. Halves what is left.
absl::StatusOr<std::uint64_t> EntryAt(varve::Reader& reader, const varve::RunId& run,
                                      varve::Lsn lsn) {
  const varve::Runs runs(reader);
  std::uint64_t low = 0;
  VARVE_ASSIGN_OR_RETURN(std::uint64_t high, runs.StepCount(run));
  while (low < high) {
    const std::uint64_t middle = low + (high - low + 1) / 2;
    VARVE_ASSIGN_OR_RETURN(const std::vector<varve::RunStep> entry, runs.Steps(run, middle, 1));
    if (!entry.empty() && entry[0].lsn <= lsn) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

}  // namespace

absl::StatusOr<Moment> After(varve::Store& store, const varve::RunId& run, std::uint64_t step) {
  VARVE_ASSIGN_OR_RETURN(varve::ReadView now, store.View());
  if (step == 0) return Moment{.view = std::move(now), .run = run};
  varve::RunId then = run;
  VARVE_ASSIGN_OR_RETURN(const varve::Lsn lsn, LsnOfAnswer(now, then, step));
  VARVE_ASSIGN_OR_RETURN(varve::ReadView view, store.AsOf(lsn));
  return Moment{.view = std::move(view), .run = then};
}

absl::StatusOr<varve::RunId> ForkAfter(varve::Store& store, const varve::RunId& run,
                                       std::uint64_t step, const std::string& name) {
  VARVE_ASSIGN_OR_RETURN(varve::ReadView now, store.View());
  varve::RunId source = run;
  VARVE_ASSIGN_OR_RETURN(const varve::Lsn lsn, LsnOfAnswer(now, source, step));
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t entry, EntryAt(now, source, lsn));
  varve::RunOptions options;
  options.name = name;
  options.metadata = varve::JsonValue{{kForkedAfter, step}}.dump();
  return varve::ForkRun(store, source, entry, options);
}

}  // namespace agent_memory
