// The recording: one JSON object a line, and how a line goes into a run, through every primitive.
#ifndef VARVE_EXAMPLES_AGENT_RUN_RECORDING_H_
#define VARVE_EXAMPLES_AGENT_RUN_RECORDING_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/transaction.h"

namespace varve::agent_run {

using Step = nlohmann::json;

inline constexpr char kProgressKey[] = "progress";  // how many lines are in, within the same writes
inline constexpr char kTexts[] = "texts";           // the collection of what was said
inline constexpr std::size_t kDimension = 128;

// Every line of the file at `path`.
[[nodiscard]] absl::StatusOr<std::vector<Step>> ReadRecording(const std::string& path);

// The same on every machine: examples/feature_hashing/README.md.
[[nodiscard]] std::vector<float> Embed(std::string_view text);

// What must be there before the first step.
[[nodiscard]] absl::Status Prepare(Transaction& transaction, const RunId& run);
// All that the step says, in this one transaction.
[[nodiscard]] absl::Status Play(const Step& step, Transaction& transaction, const RunId& run);

}  // namespace varve::agent_run

#endif  // VARVE_EXAMPLES_AGENT_RUN_RECORDING_H_
