// A few runs, created, changed, ended, begun again and deleted in any order, refused moves
// included.
#include <algorithm>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "primitives/run/run_primitive.h"
#include "primitives/run/runs.h"
#include "tests/conformance/primitive_conformance.h"

namespace varve {
namespace {

using conformance::Subject;

RunId AnyRun(std::mt19937_64& random) {
  return RunId({static_cast<std::uint8_t>(1 + random() % 4), 6});
}

std::vector<std::string> AnyTags(std::mt19937_64& random) {
  std::vector<std::string> tags;
  for (std::uint64_t i = random() % 3; i > 0; --i) {
    tags.push_back("tag" + std::to_string(random() % 4));
  }
  return tags;
}

// A refusal is an answer like another: the sequence goes on.
absl::Status Tolerate(const absl::Status& status) {
  const bool refused = absl::IsFailedPrecondition(status) || absl::IsNotFound(status) ||
                       absl::IsAlreadyExists(status);
  return refused ? absl::OkStatus() : status;
}

absl::Status Operate(Transaction& transaction, const RunId& /*run*/, std::mt19937_64& random) {
  Runs runs(transaction);
  const RunId id = AnyRun(random);
  switch (random() % 6) {
    case 0:
    case 1:
      return Tolerate(runs.Create({.id = id,
                                   .name = "run " + std::to_string(random() % 100),
                                   .parent = random() % 3 == 0 ? AnyRun(random) : RunId(),
                                   .tags = AnyTags(random),
                                   .metadata = random() % 2 == 0 ? "{}" : "",
                                   .paused = random() % 2 == 0})
                          .status());
    case 2:
      return Tolerate(runs.Update(id, {.tags = AnyTags(random)}));
    case 3:
      return Tolerate(runs.End(id, static_cast<RunStatus>(2 + random() % 5), "outcome"));
    case 4:
      return Tolerate(runs.Begin(id));
    default:
      return Tolerate(runs.Delete(id, random() % 2 == 0));
  }
}

Subject RunSubject() {
  const auto create = [](const RunOptions& options) {
    return [options](Transaction& transaction, const RunId& /*run*/) {
      return Runs(transaction).Create(options).status();
    };
  };
  return {.make = [] { return std::make_unique<RunPrimitive>(); },
          .operate = Operate,
          .refusals =
              {
                  {"the default run", create({.id = RunId()})},
                  {"a name past the limit", create({.name = std::string(kNameBytesMax + 1, 'n')})},
                  {"an empty tag", create({.tags = {""}})},
                  {"metadata that is no object", create({.metadata = "1"})},
                  {"a parent that does not exist", create({.parent = RunId({99})})},
                  {"an end of no run",
                   [](Transaction& transaction, const RunId& /*run*/) {
                     return Runs(transaction).End(RunId({99}), RunStatus::kFailed);
                   }},
                  {"an end as active",
                   [](Transaction& transaction, const RunId& /*run*/) {
                     return Runs(transaction).End(RunId({99}), RunStatus::kActive);
                   }},
              },
          .values_hold_position = true};  // a record holds when its run was created
}

VARVE_PRIMITIVE_CONFORMANCE(Run, RunSubject());

}  // namespace
}  // namespace varve
