// A few runs, created, changed, ended, begun again and deleted in any order, refused moves
// included.
#include <string>
#include <vector>

#include "crash/allocations/allocation_fault.h"
#include "crash/operations/operations.h"
#include "primitives/run/run_primitive.h"
#include "primitives/run/runs.h"

namespace varve::crash {
namespace {

RunId AnyRun(Decisions& random) {
  return RunId({static_cast<std::uint8_t>(1 + random.Below(4)), 6});
}

std::vector<std::string> AnyTags(Decisions& random) {
  std::vector<std::string> tags;
  for (std::uint64_t i = random.Below(3); i > 0; --i) {
    tags.push_back("tag" + std::to_string(random.Below(4)));
  }
  return tags;
}

// A refusal is an answer like another: the sequence goes on.
absl::Status Tolerate(const absl::Status& status) {
  const bool refused = absl::IsFailedPrecondition(status) || absl::IsNotFound(status) ||
                       absl::IsAlreadyExists(status);
  return refused ? absl::OkStatus() : status;
}

}  // namespace

absl::Status OperateRun(Transaction& transaction, const RunId& /*run*/, Decisions& random) {
  const AllocationsSucceed always;  // metadata are read into nlohmann's values (docs/limits.md)
  Runs runs(transaction);
  const RunId id = AnyRun(random);
  switch (random.Below(6)) {
    case 0:
    case 1:
      return Tolerate(runs.Create({.id = id,
                                   .name = "run " + std::to_string(random.Below(100)),
                                   .parent = random.Below(3) == 0 ? AnyRun(random) : RunId(),
                                   .tags = AnyTags(random),
                                   .metadata = random.Below(2) == 0 ? "{}" : "",
                                   .paused = random.Below(2) == 0})
                          .status());
    case 2:
      return Tolerate(runs.Update(id, {.tags = AnyTags(random)}));
    case 3:
      return Tolerate(runs.End(id, static_cast<RunStatus>(2 + random.Below(5)), "outcome"));
    case 4:
      return Tolerate(runs.Begin(id));
    default:
      return Tolerate(runs.Delete(id, random.Below(2) == 0));
  }
}

}  // namespace varve::crash
