// What a run must hold after so many steps of the recording, worked out without a store.
#ifndef VARVE_EXAMPLES_AGENT_RUN_RECORDED_STATE_H_
#define VARVE_EXAMPLES_AGENT_RUN_RECORDED_STATE_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "examples/agent_run/recording.h"
#include "kernel/reader.h"

namespace varve::agent_run {

struct RecordedState {
  std::map<std::string, std::string> values;                // KV
  std::map<std::string, nlohmann::json> documents;          // JSON
  std::map<std::string, std::vector<std::string>> streams;  // Event: types, in order
  std::map<std::string, std::string> cells;                 // State
  std::set<std::string> spans;                              // Trace: ids
  std::set<std::string> texts;                              // Vector: keys
};

[[nodiscard]] RecordedState StateAfter(const std::vector<Step>& steps, std::uint64_t count);

// OK where `run` holds exactly that; else what the first difference is. Event chains are verified.
[[nodiscard]] absl::Status Compare(const RecordedState& expected, Reader& reader, const RunId& run);

}  // namespace varve::agent_run

#endif  // VARVE_EXAMPLES_AGENT_RUN_RECORDED_STATE_H_
