// What an agent remembers of one run, in all seven kinds of data:
//
//   Run      the run itself: active, completed, left by a crash, forked from another
//   Event    stream "conversation": what was said and answered, two events a step
//   KV       "fact/KEY": what it was told to remember
//   JSON     document "plan": {"items":[{"what":"...","done":false}]}
//   State    cell "step": how many steps there were; cell "working": the call under way, or nothing
//   Trace    a span a step, with the queries and calls of the step below it
//   Vector   collection "memories": texts that were said or read, found by likeness
#ifndef VARVE_EXAMPLES_AGENT_MEMORY_MEMORY_H_
#define VARVE_EXAMPLES_AGENT_MEMORY_MEMORY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/transaction.h"
#include "primitives/trace/span.h"

namespace agent_memory {

inline constexpr std::string_view kConversation = "conversation";
inline constexpr std::string_view kFactPrefix = "fact/";
inline constexpr std::string_view kPlan = "plan";
inline constexpr std::string_view kStepCell = "step";
inline constexpr std::string_view kWorkingCell = "working";
inline constexpr std::string_view kMemories = "memories";

// A step that has begun and not ended.
struct Step {
  std::uint64_t number = 0;  // from 1
  varve::SpanId span;
};

// A call that the agent waits for. It is what "working" holds, so that a crash cannot lose it.
struct Call {
  Step step;
  varve::SpanId span;  // of the call, below that of the step
  std::string path;    // of the file to read
};

struct Memory {
  std::string text;
  std::uint64_t step = 0;  // in which it came
  float score = 0;         // cosine
};

// What must be there before the first step.
[[nodiscard]] absl::Status Prepare(varve::Transaction& transaction, const varve::RunId& run);

// Counts the step, records what was said, opens its span.
[[nodiscard]] absl::StatusOr<Step> BeginStep(varve::Transaction& transaction,
                                             const varve::RunId& run, std::string_view said);
// Records the answer, ends the span.
[[nodiscard]] absl::Status EndStep(varve::Transaction& transaction, const varve::RunId& run,
                                   const Step& step, std::string_view answer);

// A text to be found again, under a key of its own.
[[nodiscard]] absl::Status Memorize(varve::Transaction& transaction, const varve::RunId& run,
                                    const std::string& key, std::string_view text,
                                    std::uint64_t step);
// The texts most like this one, the best first; those that have nothing in common left out.
[[nodiscard]] absl::StatusOr<std::vector<Memory>> Recall(varve::Reader& reader,
                                                         const varve::RunId& run,
                                                         std::string_view text, std::size_t count);

// The call becomes what the agent waits for, with a new span of its own.
[[nodiscard]] absl::Status BeginCall(varve::Transaction& transaction, const varve::RunId& run,
                                     const Step& step, const std::string& path);
// It is not waited for any more.
[[nodiscard]] absl::Status EndCall(varve::Transaction& transaction, const varve::RunId& run,
                                   const Call& call, varve::SpanStatus status,
                                   std::string_view message);
// What the agent waits for, if anything.
[[nodiscard]] absl::StatusOr<std::optional<Call>> CallUnderWay(varve::Reader& reader,
                                                               const varve::RunId& run);

[[nodiscard]] absl::StatusOr<std::uint64_t> StepCount(varve::Reader& reader,
                                                      const varve::RunId& run);

}  // namespace agent_memory

#endif  // VARVE_EXAMPLES_AGENT_MEMORY_MEMORY_H_
