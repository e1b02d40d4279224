// Looking back: the run as it was after one of its steps, and a run that goes on from there.
#ifndef VARVE_EXAMPLES_AGENT_MEMORY_PAST_H_
#define VARVE_EXAMPLES_AGENT_MEMORY_PAST_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "kernel/store.h"

namespace agent_memory {

struct Moment {
  varve::ReadView view;  // of the whole store, as it was
  varve::RunId run;      // where to look: a fork's early steps are those of the run it came from
};

// After the agent's step `step` (0: as it is now). kNotFound: the run has no such step, or it has
// no answer yet.
[[nodiscard]] absl::StatusOr<Moment> After(varve::Store& store, const varve::RunId& run,
                                           std::uint64_t step);

// A new run called `name`, active, with everything that the run remembered after that step.
[[nodiscard]] absl::StatusOr<varve::RunId> ForkAfter(varve::Store& store, const varve::RunId& run,
                                                     std::uint64_t step, const std::string& name);

}  // namespace agent_memory

#endif  // VARVE_EXAMPLES_AGENT_MEMORY_PAST_H_
