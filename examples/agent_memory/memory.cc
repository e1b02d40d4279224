#include "agent_memory/memory.h"

#include <charconv>

#include "feature_hashing/feature_hashing.h"
#include "kernel/base/status.h"
#include "primitives/event/event.h"
#include "primitives/json/json.h"
#include "primitives/state/state.h"
#include "primitives/trace/trace.h"
#include "primitives/vector/vector.h"

namespace agent_memory {
namespace {

using varve::JsonValue;

constexpr std::size_t kDimension = 256;
constexpr float kAlikeMin = 0.05F;

std::uint64_t NumberOf(std::string_view digits) {
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

absl::Status Append(varve::Transaction& transaction, const varve::RunId& run, const char* type,
                    std::uint64_t step, std::string_view text) {
  const JsonValue payload = {{"step", step}, {"text", std::string(text)}};
  return varve::Events(transaction, run).Append(kConversation, type, payload.dump()).status();
}

}  // namespace

absl::Status Prepare(varve::Transaction& transaction, const varve::RunId& run) {
  VARVE_RETURN_IF_ERROR(varve::Cells(transaction, run).Set(kStepCell, "0").status());
  VARVE_RETURN_IF_ERROR(varve::Cells(transaction, run).Set(kWorkingCell, "").status());
  VARVE_RETURN_IF_ERROR(
      varve::Json(transaction, run).Create(kPlan, {{"items", JsonValue::array()}}));
  return varve::Vectors(transaction, run).Create(kMemories, {.dimension = kDimension});
}

absl::StatusOr<std::uint64_t> StepCount(varve::Reader& reader, const varve::RunId& run) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::Cell> cell,
                         varve::Cells(reader, run).Get(kStepCell));
  return cell.has_value() ? NumberOf(cell->value) : 0;
}

absl::StatusOr<Step> BeginStep(varve::Transaction& transaction, const varve::RunId& run,
                               std::string_view said) {
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t before, StepCount(transaction, run));
  Step step{.number = before + 1, .span = {}};
  const std::string number = std::to_string(step.number);
  VARVE_RETURN_IF_ERROR(varve::Cells(transaction, run).Set(kStepCell, number).status());
  VARVE_RETURN_IF_ERROR(Append(transaction, run, "said", step.number, said));
  const std::string name = "step " + number;
  VARVE_ASSIGN_OR_RETURN(
      step.span,
      varve::Trace(transaction, run).Record({.kind = varve::SpanKind::kThought, .name = name}));
  return step;
}

absl::Status EndStep(varve::Transaction& transaction, const varve::RunId& run, const Step& step,
                     std::string_view answer) {
  VARVE_RETURN_IF_ERROR(Append(transaction, run, "answered", step.number, answer));
  return varve::Trace(transaction, run).Finish(step.span, {.status = varve::SpanStatus::kOk});
}

absl::Status Memorize(varve::Transaction& transaction, const varve::RunId& run,
                      const std::string& key, std::string_view text, std::uint64_t step) {
  const JsonValue metadata = {{"step", step}, {"text", std::string(text)}};
  return varve::Vectors(transaction, run)
      .Upsert(kMemories, key, feature_hashing::Embed(text, kDimension), metadata.dump());
}

absl::StatusOr<std::vector<Memory>> Recall(varve::Reader& reader, const varve::RunId& run,
                                           std::string_view text, std::size_t count) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<varve::VectorHit> hits,
                         varve::Vectors(reader, run)
                             .Search(kMemories, feature_hashing::Embed(text, kDimension),
                                     {.k = count, .threshold = kAlikeMin}));
  std::vector<Memory> memories;
  for (const varve::VectorHit& hit : hits) {
    VARVE_ASSIGN_OR_RETURN(const JsonValue metadata, varve::ParseJson(hit.metadata));
    memories.push_back({.text = metadata.value("text", ""),
                        .step = metadata.value("step", std::uint64_t{0}),
                        .score = hit.score});
  }
  return memories;
}

absl::Status BeginCall(varve::Transaction& transaction, const varve::RunId& run, const Step& step,
                       const std::string& path) {
  const std::string attributes = JsonValue{{"path", path}}.dump();
  VARVE_ASSIGN_OR_RETURN(const varve::SpanId span,
                         varve::Trace(transaction, run)
                             .RecordChild(step.span, {.kind = varve::SpanKind::kToolCall,
                                                      .name = "read",
                                                      .tags = {"file"},
                                                      .attributes = attributes}));
  const JsonValue call = {{"step", step.number},
                          {"step_span", step.span.value()},
                          {"span", span.value()},
                          {"path", path}};
  return varve::Cells(transaction, run).Set(kWorkingCell, call.dump()).status();
}

absl::Status EndCall(varve::Transaction& transaction, const varve::RunId& run, const Call& call,
                     varve::SpanStatus status, std::string_view message) {
  VARVE_RETURN_IF_ERROR(varve::Trace(transaction, run)
                            .Finish(call.span, {.status = status, .status_message = message}));
  return varve::Cells(transaction, run).Set(kWorkingCell, "").status();
}

absl::StatusOr<std::optional<Call>> CallUnderWay(varve::Reader& reader, const varve::RunId& run) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::Cell> cell,
                         varve::Cells(reader, run).Get(kWorkingCell));
  if (!cell.has_value() || cell->value.empty()) return std::optional<Call>();
  VARVE_ASSIGN_OR_RETURN(const JsonValue call, varve::ParseJson(cell->value));
  const auto number = [&call](const char* name) { return call.value(name, std::uint64_t{0}); };
  return Call{.step = {.number = number("step"), .span = varve::SpanId(number("step_span"))},
              .span = varve::SpanId(number("span")),
              .path = call.value("path", "")};
}

}  // namespace agent_memory
