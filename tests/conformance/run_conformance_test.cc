// A few runs, created, changed, ended, begun again and deleted in any order, refused moves
// included.
#include <algorithm>
#include <memory>
#include <string>

#include "crash/operations/operations.h"
#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "primitives/run/run_primitive.h"
#include "primitives/run/runs.h"
#include "tests/conformance/primitive_conformance.h"

namespace varve {
namespace {

using conformance::Subject;

Subject RunSubject() {
  const auto create = [](const RunOptions& options) {
    return [options](Transaction& transaction, const RunId& /*run*/) {
      return Runs(transaction).Create(options).status();
    };
  };
  return {.make = [] { return std::make_unique<RunPrimitive>(); },
          .operate = crash::OperateRun,
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
