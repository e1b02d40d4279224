// The agent: hears, answers, and goes on where a crash has interrupted it.
#ifndef VARVE_EXAMPLES_AGENT_MEMORY_AGENT_H_
#define VARVE_EXAMPLES_AGENT_MEMORY_AGENT_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "agent_memory/memory.h"
#include "kernel/store.h"

namespace agent_memory {

// One thread at a time. `store` must outlive it.
class Agent final {
 public:
  // Takes the run with this id over, or the newest one that a crash has left active, or begins a
  // new one called `name`.
  [[nodiscard]] static absl::StatusOr<Agent> Start(varve::Store& store,
                                                   const std::optional<varve::RunId>& run,
                                                   const std::string& name);

  [[nodiscard]] const varve::RunId& run() const { return run_; }

  // One step: what is said becomes the answer, and everything that this changes is durable, or
  // nothing is. A step that reads a file takes two transactions, between which it prints what it
  // is doing; a crash in between is mended by Resume.
  [[nodiscard]] absl::StatusOr<std::string> Hear(std::string_view said);
  // The answer to the step that a crash has interrupted; nullopt: there was none.
  [[nodiscard]] absl::StatusOr<std::optional<std::string>> Resume();
  // The run has come to its end, or waits to be continued: neither is what a crash leaves.
  [[nodiscard]] absl::Status End();
  [[nodiscard]] absl::Status Pause();

 private:
  Agent(varve::Store& store, const varve::RunId& run) : store_(&store), run_(run) {}
  [[nodiscard]] absl::StatusOr<std::string> ReadFile(const Call& call);

  varve::Store* store_;
  varve::RunId run_;
};

}  // namespace agent_memory

#endif  // VARVE_EXAMPLES_AGENT_MEMORY_AGENT_H_
