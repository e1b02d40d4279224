// How the agent answers. A few fixed rules stand here where a program of yours would ask a model;
// what they read and write is the memory, through the transaction of the step.
#ifndef VARVE_EXAMPLES_AGENT_MEMORY_RULES_H_
#define VARVE_EXAMPLES_AGENT_MEMORY_RULES_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "agent_memory/memory.h"

namespace agent_memory {

// "read PATH": the one rule that calls something outside, and so takes more than one transaction.
[[nodiscard]] std::optional<std::string> PathToRead(std::string_view said);

// Every other rule, within the step's transaction:
//   remember KEY is VALUE | what is KEY | plan ITEM | done NUMBER | anything else: what is like it
[[nodiscard]] absl::StatusOr<std::string> AnswerTo(varve::Transaction& transaction,
                                                   const varve::RunId& run, const Step& step,
                                                   std::string_view said);

}  // namespace agent_memory

#endif  // VARVE_EXAMPLES_AGENT_MEMORY_RULES_H_
