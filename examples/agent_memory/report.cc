#include "agent_memory/report.h"

#include <iostream>
#include <optional>

#include "agent_memory/memory.h"
#include "kernel/base/status.h"
#include "primitives/event/event.h"
#include "primitives/json/json.h"
#include "primitives/kv/kv.h"
#include "primitives/trace/trace.h"
#include "primitives/vector/vector.h"

namespace agent_memory {
namespace {

constexpr std::uint64_t kEventsShown = 4;

absl::Status PrintFacts(varve::Reader& reader, const varve::RunId& run) {
  varve::KvScan facts = varve::Kv(reader, run).Scan({.prefix = kFactPrefix});
  for (const varve::KvRow& fact : facts) {
    std::cout << "fact  " << fact.key.substr(kFactPrefix.size()) << " is " << fact.value << "\n";
  }
  return facts.status();
}

absl::Status PrintPlan(varve::Reader& reader, const varve::RunId& run) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<varve::JsonMatch> items,
                         varve::Json(reader, run).Query(kPlan, "$.items[*]"));
  for (const varve::JsonMatch& item : items) {
    std::cout << "plan  " << (item.value["done"] == true ? "[x] " : "[ ] ")
              << item.value["what"].get<std::string>() << "\n";
  }
  return absl::OkStatus();
}

absl::Status PrintConversation(varve::Reader& reader, const varve::RunId& run) {
  const varve::Events events(reader, run);
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t length, events.Length(kConversation));
  varve::EventScan scan =
      events.Scan(kConversation, {.from = length - std::min(length, kEventsShown)});
  for (const varve::Event& event : scan) {
    VARVE_ASSIGN_OR_RETURN(const varve::JsonValue payload, varve::ParseJson(event.payload));
    std::cout << event.type << "  " << payload.value("text", "") << "\n";
  }
  return scan.status();
}

}  // namespace

absl::StatusOr<varve::RunId> FindRun(varve::Reader& reader, const std::string& text) {
  if (const std::optional<varve::Uuid> id = varve::Uuid::Parse(text)) return *id;
  VARVE_ASSIGN_OR_RETURN(const std::vector<varve::RunInfo> runs, varve::Runs(reader).List());
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    if (run->name == text) return run->id;
  }
  return varve::MakeStatus(absl::StatusCode::kNotFound, "no run is called ", text);
}

absl::Status PrintRuns(varve::Reader& reader) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<varve::RunInfo> runs, varve::Runs(reader).List());
  for (const varve::RunInfo& run : runs) {
    VARVE_ASSIGN_OR_RETURN(const std::uint64_t steps, StepCount(reader, run.id));
    std::cout << run.id.ToString() << "  " << varve::RunStatusName(run.status) << "  " << run.name
              << ", " << steps << " steps";
    if (!run.forked_from.is_nil()) std::cout << ", forked from " << run.forked_from.ToString();
    std::cout << "\n";
  }
  return absl::OkStatus();
}

absl::Status PrintMemory(varve::Reader& reader, const varve::RunId& run) {
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t steps, StepCount(reader, run));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Call> call, CallUnderWay(reader, run));
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t memories,
                         varve::Vectors(reader, run).Count(kMemories));
  std::cout << "after step " << steps << ", "
            << (call.has_value() ? "reading " + call->path : std::string("listening")) << ", "
            << memories << " texts to recall\n";
  VARVE_RETURN_IF_ERROR(PrintFacts(reader, run));
  VARVE_RETURN_IF_ERROR(PrintPlan(reader, run));
  return PrintConversation(reader, run);
}

absl::Status PrintTrace(varve::Reader& reader, const varve::RunId& run) {
  VARVE_ASSIGN_OR_RETURN(const varve::TreePage tree, varve::Trace(reader, run).Tree());
  for (const varve::TreeSpan& at : tree.spans) {
    const varve::Span& span = at.span;
    std::cout << std::string(2 * at.depth, ' ') << span.name << "  " << varve::NameOf(span.kind)
              << ", " << varve::NameOf(span.status);
    if (!span.status_message.empty()) std::cout << ": " << span.status_message;
    if (!span.end.has_value()) std::cout << ", not finished";
    if (span.attributes != "{}") std::cout << "  " << span.attributes;
    std::cout << "\n";
  }
  return absl::OkStatus();
}

absl::Status CheckRun(varve::Reader& reader, const varve::RunId& run) {
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t steps, StepCount(reader, run));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Call> call, CallUnderWay(reader, run));
  const std::uint64_t answered = steps - (call.has_value() ? 1 : 0);
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t events,
                         varve::Events(reader, run).Length(kConversation));
  const varve::Trace trace(reader, run);
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t spans, trace.Count(varve::SpanKind::kThought));
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t open,
                         trace.Count(varve::SpanQuery{.finished = false}));
  if (events != steps + answered || spans != steps || open != (call.has_value() ? 2 : 0)) {
    return varve::MakeStatus(absl::StatusCode::kDataLoss, "after ", steps, " steps there are ",
                             events, " events, ", spans, " spans of steps, ", open, " unfinished");
  }
  std::cout << "after step " << steps << ": everything that belongs together is there together\n";
  return absl::OkStatus();
}

}  // namespace agent_memory
