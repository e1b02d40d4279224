#include "examples/agent_run/recorded_state.h"

#include <limits>
#include <optional>

#include "kernel/base/status.h"
#include "primitives/event/event.h"
#include "primitives/json/json.h"
#include "primitives/kv/kv.h"
#include "primitives/state/state.h"
#include "primitives/trace/trace.h"
#include "primitives/vector/vector.h"

namespace varve::agent_run {
namespace {

constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

absl::Status Differs(std::string_view what, std::string_view name) {
  return MakeStatus(absl::StatusCode::kInternal, "the run differs from the recording: ", what, " ",
                    name);
}

absl::Status CompareValues(const RecordedState& expected, Kv kv) {
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t count, kv.Count());
  if (count != expected.values.size()) return Differs("number of", "values");
  for (const auto& [key, value] : expected.values) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<KvRow> row, kv.Get(key));
    if (!row.has_value() || row->value != value) return Differs("value", key);
  }
  return absl::OkStatus();
}

absl::Status CompareDocuments(const RecordedState& expected, Json json) {
  VARVE_ASSIGN_OR_RETURN(const JsonList list, json.List());
  if (list.documents.size() != expected.documents.size()) return Differs("number of", "documents");
  for (const auto& [name, document] : expected.documents) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<JsonValue> found, json.GetDocument(name));
    if (!found.has_value() || *found != document) return Differs("document", name);
  }
  return absl::OkStatus();
}

absl::Status CompareStreams(const RecordedState& expected, Events events) {
  VARVE_ASSIGN_OR_RETURN(const auto streams, events.ListStreams({.limit = kAll}));
  if (streams.size() != expected.streams.size()) return Differs("number of", "streams");
  for (const auto& [name, types] : expected.streams) {
    std::vector<std::string> found;
    EventScan scan = events.Scan(name);
    for (; scan.valid(); scan.Next()) found.emplace_back(scan.event().type);
    VARVE_RETURN_IF_ERROR(scan.status());
    if (found != types) return Differs("stream", name);
    VARVE_ASSIGN_OR_RETURN(const ChainVerdict verdict, events.VerifyChain(name));
    if (verdict.bad.has_value()) return Differs("hash chain of stream", name);
  }
  return absl::OkStatus();
}

absl::Status CompareCells(const RecordedState& expected, Cells cells) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<Cell> list, cells.List({.limit = kAll}));
  if (list.size() != expected.cells.size()) return Differs("number of", "cells");
  for (const Cell& cell : list) {
    const auto at = expected.cells.find(std::string(cell.name));
    if (at == expected.cells.end() || at->second != cell.value) return Differs("cell", cell.name);
  }
  return absl::OkStatus();
}

absl::Status CompareSpans(const RecordedState& expected, Trace trace) {
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t count, trace.Count());
  if (count != expected.spans.size()) return Differs("number of", "spans");
  for (const std::string& id : expected.spans) {
    VARVE_ASSIGN_OR_RETURN(const bool exists, trace.Exists(*SpanId::Parse(id)));
    if (!exists) return Differs("span", id);
  }
  return absl::OkStatus();
}

absl::Status CompareTexts(const RecordedState& expected, Vectors vectors) {
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t count, vectors.Count(kTexts));
  if (count != expected.texts.size()) return Differs("number of", "texts");
  for (const std::string& key : expected.texts) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<VectorRow> row, vectors.Get(kTexts, key));
    if (!row.has_value()) return Differs("text", key);
  }
  return absl::OkStatus();
}

// RFC 6901; an index equal to the length appends.
void SetAt(nlohmann::json& document, const std::string& path, const nlohmann::json& value) {
  document[nlohmann::json::json_pointer(path)] = value;
}

}  // namespace

RecordedState StateAfter(const std::vector<Step>& steps, std::uint64_t count) {
  RecordedState state;
  for (std::uint64_t i = 0; i < count; ++i) {
    const Step& step = steps[i];
    const std::string number = std::to_string(step["step"].get<std::uint64_t>());
    state.values[kProgressKey] = number;
    state.spans.insert(step["span"]["id"].get<std::string>());
    if (step.contains("event")) {
      state.streams[step["event"]["stream"]].push_back(step["event"]["type"]);
    }
    if (step.contains("json")) {
      const Step& change = step["json"];
      nlohmann::json& document = state.documents[change["document"]];
      if (change["op"] == "create") {
        document = change["value"];
      } else {
        SetAt(document, change["path"], change["value"]);
      }
    }
    if (step.contains("state")) state.cells[step["state"]["cell"]] = step["state"]["to"];
    if (step.contains("kv")) state.values[step["kv"]["key"]] = step["kv"]["value"];
    if (step.contains("text")) state.texts.insert("step/" + number);
  }
  return state;
}

absl::Status Compare(const RecordedState& expected, Reader& reader, const RunId& run) {
  VARVE_RETURN_IF_ERROR(CompareValues(expected, Kv(reader, run)));
  VARVE_RETURN_IF_ERROR(CompareDocuments(expected, Json(reader, run)));
  VARVE_RETURN_IF_ERROR(CompareStreams(expected, Events(reader, run)));
  VARVE_RETURN_IF_ERROR(CompareCells(expected, Cells(reader, run)));
  VARVE_RETURN_IF_ERROR(CompareSpans(expected, Trace(reader, run)));
  return CompareTexts(expected, Vectors(reader, run));
}

}  // namespace varve::agent_run
