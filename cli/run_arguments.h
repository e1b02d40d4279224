// What the verbs of runs have in common: which run, and a run as text and as JSON.
#ifndef VARVE_CLI_RUN_ARGUMENTS_H_
#define VARVE_CLI_RUN_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "cli/output.h"
#include "kernel/base/ids.h"
#include "kernel/registry.h"
#include "primitives/run/runs.h"

namespace varve::cli {

// The id of a run that must be given. kInvalidArgument: no UUID.
[[nodiscard]] absl::StatusOr<RunId> ParseRunId(std::string_view text);

// "RUN" or "RUN@STEP".
struct RunMoment {
  RunId run;
  std::optional<std::uint64_t> step;  // nullopt: now
};
[[nodiscard]] absl::StatusOr<RunMoment> ParseRunMoment(std::string_view text);

[[nodiscard]] Json RunInfoToJson(const RunInfo& info);
// One line: id, status, since when, name, tags.
[[nodiscard]] std::string RunInfoToText(const RunInfo& info);

// A step with the words of its primitive.
struct DescribedStep {
  std::string entry;  // "KvPut"
  EntryDescription description;
};
[[nodiscard]] DescribedStep DescribeStep(const RunStep& step, const PrimitiveRegistry& registry);
[[nodiscard]] Json StepToJson(const RunStep& step, const PrimitiveRegistry& registry);
[[nodiscard]] std::string StepToText(const RunStep& step, const PrimitiveRegistry& registry);

// One printable line of text for people, whatever its bytes, cut at `bytes_max`.
[[nodiscard]] std::string ShortText(std::string_view bytes, std::size_t bytes_max);

}  // namespace varve::cli

#endif  // VARVE_CLI_RUN_ARGUMENTS_H_
