#include "examples/agent_run/recording.h"

#include <fstream>
#include <optional>

#include "feature_hashing/feature_hashing.h"
#include "kernel/base/status.h"
#include "primitives/event/event.h"
#include "primitives/json/json.h"
#include "primitives/kv/kv.h"
#include "primitives/state/state.h"
#include "primitives/trace/trace.h"
#include "primitives/vector/vector.h"

namespace varve::agent_run {
namespace {

Timestamp TimeOf(const Step& value) { return Timestamp(value.get<std::uint64_t>()); }

std::vector<std::string> TagsOf(const Step& span) {
  return span.contains("tags") ? span["tags"].get<std::vector<std::string>>()
                               : std::vector<std::string>();
}

absl::StatusOr<SpanId> IdOf(const Step& text) {
  const std::optional<SpanId> id = SpanId::Parse(text.get<std::string>());
  if (!id.has_value()) return InvalidArgument("a span id that is none: ", text.dump());
  return *id;
}

absl::Status PlaySpan(const Step& step, Trace trace) {
  const Step& span = step["span"];
  VARVE_ASSIGN_OR_RETURN(const SpanId id, IdOf(span["id"]));
  const std::string message = span.value("message", "");
  std::optional<SpanStatus> status;
  if (span.contains("status")) status = ParseSpanStatus(span["status"].get<std::string>());
  std::optional<Timestamp> end;
  if (span.contains("end")) end = TimeOf(span["end"]);
  if (span["op"] == "finish") {
    return trace.Finish(id, {.end = end, .status = status, .status_message = message});
  }
  const std::string name = span["name"].get<std::string>();
  const std::string attributes = span.contains("attributes") ? span["attributes"].dump() : "";
  const std::vector<std::string> tags = TagsOf(span);
  SpanRecord record;
  record.id = id;
  record.kind = ParseSpanKind(step["kind"].get<std::string>()).value_or(SpanKind::kCustom);
  record.name = name;
  if (span.contains("parent")) {
    VARVE_ASSIGN_OR_RETURN(record.parent, IdOf(span["parent"]));
  }
  record.start = TimeOf(span["start"]);
  record.end = end;
  record.status = status;
  record.status_message = message;
  record.tags.assign(tags.begin(), tags.end());
  record.attributes = attributes;
  return trace.Record(record).status();
}

absl::Status PlayDocument(const Step& change, Json documents) {
  const std::string name = change["document"].get<std::string>();
  if (change["op"] == "create") return documents.Create(name, change["value"]);
  return documents.Set(name, change["path"].get<std::string>(), change["value"]);
}

// The state moves only from where the recording saw it.
absl::Status PlayState(const Step& move, Cells cells) {
  const std::string name = move["cell"].get<std::string>();
  const std::string to = move["to"].get<std::string>();
  if (!move.contains("from")) {
    VARVE_ASSIGN_OR_RETURN(const bool fresh, cells.Init(name, to));
    return fresh ? absl::OkStatus() : FailedPrecondition("cell ", name, " is there already");
  }
  const std::string from = move["from"].get<std::string>();
  return cells
      .Transition(name,
                  [&](std::string_view value) -> absl::StatusOr<std::string> {
                    if (value == from) return to;
                    return FailedPrecondition("cell ", name, " is ", value, ", not ", from);
                  })
      .status();
}

}  // namespace

absl::StatusOr<std::vector<Step>> ReadRecording(const std::string& path) {
  std::ifstream file(path);
  std::vector<Step> steps;
  for (std::string line; std::getline(file, line);) {
    Step step = Step::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!step.is_object()) {
      return InvalidArgument(path, ", line ", steps.size() + 1, ": no JSON object");
    }
    steps.push_back(std::move(step));
  }
  if (!steps.empty()) return steps;
  return MakeStatus(absl::StatusCode::kNotFound, path, ": no recording there");
}

std::vector<float> Embed(std::string_view text) { return feature_hashing::Embed(text, kDimension); }

absl::Status Prepare(Transaction& transaction, const RunId& run) {
  return Vectors(transaction, run)
      .Create(kTexts, {.dimension = kDimension, .metric = VectorMetric::kCosine});
}

absl::Status Play(const Step& step, Transaction& transaction, const RunId& run) {
  const std::string number = std::to_string(step["step"].get<std::uint64_t>());
  VARVE_RETURN_IF_ERROR(Kv(transaction, run).Put(kProgressKey, number));
  VARVE_RETURN_IF_ERROR(PlaySpan(step, Trace(transaction, run)));
  if (step.contains("event")) {
    const Step& event = step["event"];
    VARVE_RETURN_IF_ERROR(Events(transaction, run)
                              .Append(event["stream"].get<std::string>(),
                                      event["type"].get<std::string>(), event["payload"].dump())
                              .status());
  }
  if (step.contains("json")) {
    VARVE_RETURN_IF_ERROR(PlayDocument(step["json"], Json(transaction, run)));
  }
  if (step.contains("state")) {
    VARVE_RETURN_IF_ERROR(PlayState(step["state"], Cells(transaction, run)));
  }
  if (step.contains("kv")) {
    VARVE_RETURN_IF_ERROR(
        Kv(transaction, run)
            .Put(step["kv"]["key"].get<std::string>(), step["kv"]["value"].get<std::string>()));
  }
  if (!step.contains("text")) return absl::OkStatus();
  const std::string text = step["text"].get<std::string>();
  const std::string metadata =
      Step{{"kind", step["kind"]}, {"step", step["step"]}, {"text", text}}.dump();
  return Vectors(transaction, run).Insert(kTexts, "step/" + number, Embed(text), metadata);
}

}  // namespace varve::agent_run
