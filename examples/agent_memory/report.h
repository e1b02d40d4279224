// What a person is shown of a run.
#ifndef VARVE_EXAMPLES_AGENT_MEMORY_REPORT_H_
#define VARVE_EXAMPLES_AGENT_MEMORY_REPORT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/reader.h"
#include "primitives/run/runs.h"

namespace agent_memory {

// The run with this id, or the newest one with this name. kNotFound.
[[nodiscard]] absl::StatusOr<varve::RunId> FindRun(varve::Reader& reader, const std::string& text);

// Each prints to the standard output.
[[nodiscard]] absl::Status PrintRuns(varve::Reader& reader);
[[nodiscard]] absl::Status PrintMemory(varve::Reader& reader, const varve::RunId& run);
[[nodiscard]] absl::Status PrintTrace(varve::Reader& reader, const varve::RunId& run);

// Whether all that was written in one transaction is there together: as many answers, spans and
// counted steps as the conversation has; a call under way exactly where an answer is missing.
// kDataLoss: it is not.
[[nodiscard]] absl::Status CheckRun(varve::Reader& reader, const varve::RunId& run);

}  // namespace agent_memory

#endif  // VARVE_EXAMPLES_AGENT_MEMORY_REPORT_H_
