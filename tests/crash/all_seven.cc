#include "tests/crash/all_seven.h"

#include <cstdio>
#include <optional>
#include <string_view>
#include <vector>

#include "kernel/base/status.h"
#include "kernel/registry.h"
#include "primitives/event/event.h"
#include "primitives/json/json.h"
#include "primitives/kv/kv.h"
#include "primitives/run/runs.h"
#include "primitives/state/state.h"
#include "primitives/trace/trace.h"
#include "primitives/vector/vector.h"

namespace varve::crash {
namespace {

// Entries that every transaction but the last one of a life writes into the run.
constexpr std::uint64_t kStepsPerTransaction = 10;

// Where in a life of the run a transaction stands.
struct Place {
  explicit Place(std::uint64_t transaction)
      : number(transaction),
        position((number - 1) % kLifeTransactions),
        first(number - position),
        creates(position == 0),
        deletes(position + 1 == kLifeTransactions),
        pauses(position % 2 == 1) {}
  std::uint64_t number;
  std::uint64_t position;  // from 0
  std::uint64_t first;     // number of the one that created the run
  bool creates;
  bool deletes;
  bool pauses;
};

std::string Digits(std::uint64_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "%06llu", static_cast<unsigned long long>(number));
  return text;
}

std::string Numbered(std::uint64_t number) { return "{\"n\":" + std::to_string(number) + "}"; }

absl::Status WriteKv(Transaction& transaction, const RunId& run, const Place& place) {
  Kv kv(transaction, run);
  VARVE_RETURN_IF_ERROR(kv.Put("last", Digits(place.number)));
  return kv.Increment("count").status();
}

absl::Status WriteJson(Transaction& transaction, const RunId& run, const Place& place) {
  Json json(transaction, run);
  if (place.creates) {
    VARVE_RETURN_IF_ERROR(
        json.Create("plan", {{"done", JsonValue::array({place.number})}, {"last", place.number}}));
    return json.CreateIndex("by_last", "/last", JsonIndexKind::kNumber);
  }
  VARVE_RETURN_IF_ERROR(json.Push("plan", "/done", place.number));
  return json.Set("plan", "/last", place.number);
}

absl::Status WriteEvents(Transaction& transaction, const RunId& run, const Place& place) {
  return Events(transaction, run)
      .Append("log", place.creates ? "begin" : "go_on", Numbered(place.number))
      .status();
}

absl::Status WriteState(Transaction& transaction, const RunId& run, const Place& place) {
  return Cells(transaction, run).Set("phase", Digits(place.number)).status();
}

// Each span below the one before, which it ends.
absl::Status WriteTrace(Transaction& transaction, const RunId& run, const Place& place) {
  Trace trace(transaction, run);
  SpanRecord span;
  span.id = SpanId(place.number);
  span.kind = place.creates ? SpanKind::kDecision : SpanKind::kToolCall;
  const std::string name = Digits(place.number);
  span.name = name;
  span.start = Timestamp(place.number);
  span.tags = {"seven"};
  if (place.creates) return trace.Record(span).status();
  const SpanId before(place.number - 1);
  VARVE_RETURN_IF_ERROR(trace.RecordChild(before, span).status());
  return trace.Finish(before, {.end = Timestamp(place.number), .status = SpanStatus::kOk});
}

absl::Status WriteVectors(Transaction& transaction, const RunId& run, const Place& place) {
  Vectors vectors(transaction, run);
  if (place.creates) {
    VARVE_RETURN_IF_ERROR(vectors.Create("seen", {.dimension = 2, .metric = VectorMetric::kL2}));
  }
  const float at = static_cast<float>(place.number);
  VARVE_RETURN_IF_ERROR(vectors.Upsert("seen", "last", std::vector<float>{at, 1}));
  return vectors.Insert("seen", Digits(place.number), std::vector<float>{at, 0},
                        place.number % 2 == 1 ? R"({"odd":true})" : R"({"odd":false})");
}

absl::Status WriteRegister(Transaction& transaction, const RunId& run, const Place& place) {
  Runs runs(transaction);
  const std::string name = Digits(place.number);
  if (place.creates) return runs.Create({.id = run, .name = name, .tags = {name}}).status();
  VARVE_RETURN_IF_ERROR(runs.Update(run, {.name = name, .tags = std::vector<std::string>{name}}));
  return place.pauses ? runs.End(run, RunStatus::kPaused) : runs.Begin(run);
}

absl::Status ReadKv(Reader& reader, const RunId& run, Findings& found) {
  KvScan scan = Kv(reader, run).Scan();
  for (const KvRow& row : scan) found["kv " + std::string(row.key)] = row.value;
  return scan.status();
}

absl::Status ReadJson(Reader& reader, const RunId& run, Findings& found) {
  const Json json(reader, run);
  VARVE_ASSIGN_OR_RETURN(const JsonList list, json.List());
  for (const JsonInfo& info : list.documents) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<JsonValue> document, json.GetDocument(info.name));
    if (!document.has_value()) continue;
    VARVE_ASSIGN_OR_RETURN(found["json " + info.name], FormatJson(*document));
    const std::uint64_t last = document->value("last", std::uint64_t{0});
    for (const std::uint64_t value : {last - 1, last}) {
      VARVE_ASSIGN_OR_RETURN(const JsonNames names, json.Find("/last", value));
      std::string& line = found[value == last ? "json found" : "json found, as it was before"];
      line = "by " + names.index;
      for (const std::string& name : names.names) line += " " + name;
    }
  }
  VARVE_ASSIGN_OR_RETURN(const std::vector<JsonIndexInfo> indexes, json.Indexes());
  for (const JsonIndexInfo& index : indexes) found["json index " + index.name] = index.pointer;
  return absl::OkStatus();
}

absl::Status ReadEvents(Reader& reader, const RunId& run, Findings& found) {
  const Events events(reader, run);
  VARVE_ASSIGN_OR_RETURN(const std::vector<StreamInfo> streams, events.ListStreams());
  for (const StreamInfo& stream : streams) {
    for (const std::optional<std::string_view> type :
         {std::optional<std::string_view>(), std::optional<std::string_view>("go_on")}) {
      std::string& line = found["event " + stream.name + (type.has_value() ? " go_on" : "")];
      EventScan scan = events.Scan(stream.name, {.type = type});
      for (const Event& event : scan) line.append(event.payload).append(";");
      VARVE_RETURN_IF_ERROR(scan.status());
    }
    VARVE_ASSIGN_OR_RETURN(const ChainVerdict chain, events.VerifyChain(stream.name));
    found["event " + stream.name + " chain"] =
        std::to_string(chain.verified) + " of " + std::to_string(stream.length) + chain.fault;
  }
  return absl::OkStatus();
}

absl::Status ReadState(Reader& reader, const RunId& run, Findings& found) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<Cell> cells, Cells(reader, run).List());
  for (const Cell& cell : cells) {
    found["state " + std::string(cell.name)] =
        std::string(cell.value) + " version " + std::to_string(cell.version);
  }
  return absl::OkStatus();
}

absl::Status ReadTrace(Reader& reader, const RunId& run, Findings& found) {
  const Trace trace(reader, run);
  VARVE_ASSIGN_OR_RETURN(const TreePage tree, trace.Tree());
  for (const TreeSpan& at : tree.spans) {
    found["trace " + at.span.name] = std::string(NameOf(at.span.kind)) + " at depth " +
                                     std::to_string(at.depth) + " " +
                                     std::string(NameOf(at.span.status));
  }
  if (tree.spans.empty()) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t all, trace.Count());
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t tagged,
                         trace.Count({.kind = SpanKind::kToolCall, .tags = {"seven"}}));
  VARVE_ASSIGN_OR_RETURN(const SpanPage open, trace.Find({.finished = false}));
  found["trace counts"] = std::to_string(all) + " spans, " + std::to_string(tagged) + " calls, " +
                          std::to_string(open.spans.size()) + " open";
  return absl::OkStatus();
}

// The query is the vector of the last transaction, so the nearest are those of the latest.
absl::Status ReadVectors(Reader& reader, const RunId& run, Findings& found) {
  const Vectors vectors(reader, run);
  VARVE_ASSIGN_OR_RETURN(const std::vector<VectorCollection> collections, vectors.List());
  for (const VectorCollection& collection : collections) {
    const std::string title = "vector " + collection.name;
    VARVE_ASSIGN_OR_RETURN(const std::uint64_t count, vectors.Count(collection.name));
    found[title + " rows"] = std::to_string(count);
    VARVE_ASSIGN_OR_RETURN(const std::optional<VectorRow> last,
                           vectors.Get(collection.name, "last"));
    if (!last.has_value()) continue;
    for (const bool odd : {false, true}) {
      VectorSearchOptions options{.k = 100, .threads = 1};
      if (odd) options.filter = VectorFilter::Eq("odd", true);
      VARVE_ASSIGN_OR_RETURN(const std::vector<VectorHit> hits,
                             vectors.Search(collection.name, last->vector, options));
      std::string& line = found[title + (odd ? " nearest odd" : " nearest")];
      for (const VectorHit& hit : hits) line.append(hit.key).append(" ");
    }
  }
  return absl::OkStatus();
}

absl::Status ReadRegister(Reader& reader, const RunId& run, Findings& found) {
  const Runs runs(reader);
  VARVE_ASSIGN_OR_RETURN(const std::optional<RunInfo> info, runs.Get(run));
  if (!info.has_value()) return absl::OkStatus();
  found["run"] = info->name + " " + std::string(RunStatusName(info->status));
  VARVE_ASSIGN_OR_RETURN(const std::vector<RunInfo> same,
                         runs.List({.status = info->status, .tag = info->name}));
  for (const RunInfo& other : same) {
    if (other.id == run) found["run found"] = "by status and tag";
  }
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t count, runs.StepCount(run));
  VARVE_ASSIGN_OR_RETURN(const std::vector<RunStep> steps, runs.Steps(run));
  found["run steps"] = std::to_string(steps.size()) + " of " + std::to_string(count);
  return absl::OkStatus();
}

// What is left where nothing may be.
absl::Status ReadRemains(Reader& reader, const RunId& run, Findings& found) {
  for (const auto& primitive : reader.registry().primitives()) {
    const PrimitiveSpec& spec = primitive->spec();
    for (const TableSpec& table : spec.tables) {
      std::uint64_t rows = 0;
      const auto own = reader.Scan({spec.id, table.number}, run, KeyRange::All());
      for (; own->valid(); own->Next()) ++rows;
      VARVE_RETURN_IF_ERROR(own->status());
      // The register of runs is in the default run; its keys end with the id.
      const auto listed = reader.Scan({spec.id, table.number}, RunId(), KeyRange::All());
      for (; listed->valid(); listed->Next()) rows += listed->row().key.ends_with(run.view());
      VARVE_RETURN_IF_ERROR(listed->status());
      if (rows == 0) continue;
      found["remains of " + spec.name + " " + table.name] = std::to_string(rows) + " rows";
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteThroughSeven(Transaction& transaction, const RunId& run, std::uint64_t number) {
  const Place place(number);
  if (place.deletes) return Runs(transaction).Delete(run);
  VARVE_RETURN_IF_ERROR(WriteRegister(transaction, run, place));
  VARVE_RETURN_IF_ERROR(WriteKv(transaction, run, place));
  VARVE_RETURN_IF_ERROR(WriteJson(transaction, run, place));
  VARVE_RETURN_IF_ERROR(WriteEvents(transaction, run, place));
  VARVE_RETURN_IF_ERROR(WriteState(transaction, run, place));
  VARVE_RETURN_IF_ERROR(WriteTrace(transaction, run, place));
  return WriteVectors(transaction, run, place);
}

Findings SevenAfter(std::uint64_t number) {
  if (number == 0 || Place(number).deletes) return {};
  const Place place(number);
  const std::string count = std::to_string(place.position + 1);
  const std::string last = Digits(number);
  Findings all;
  all["run"] = last + (place.pauses ? " paused" : " active");
  all["run found"] = "by status and tag";
  const std::string steps = std::to_string(kStepsPerTransaction * (place.position + 1));
  all["run steps"] = steps + " of " + steps;
  all["kv count"] = count;
  all["kv last"] = last;
  all["json index by_last"] = "/last";
  all["json found"] = "by by_last plan";
  all["json found, as it was before"] = "by by_last";
  all["event log chain"] = count + " of " + count;
  all["event log go_on"] = "";
  all["state phase"] = last + " version " + count;
  all["trace counts"] = count + " spans, " + std::to_string(place.position) + " calls, 1 open";
  all["vector seen rows"] = std::to_string(place.position + 2);
  all["vector seen nearest"] = "last ";
  all["vector seen nearest odd"] = "";
  std::string done;
  for (std::uint64_t each = place.first; each <= number; ++each) {
    done.append(done.empty() ? "" : ",").append(std::to_string(each));
    all["event log"].append(Numbered(each)).append(";");
    if (each != place.first) all["event log go_on"].append(Numbered(each)).append(";");
    all["trace " + Digits(each)] = std::string(each == place.first ? "decision" : "tool_call") +
                                   " at depth " + std::to_string(each - place.first) +
                                   (each == number ? " unset" : " ok");
    const std::uint64_t back = number - (each - place.first);
    all["vector seen nearest"].append(Digits(back)).append(" ");
    if (back % 2 == 1) all["vector seen nearest odd"].append(Digits(back)).append(" ");
  }
  all["json plan"] = "{\"done\":[" + done + "],\"last\":" + std::to_string(number) + "}";
  return all;
}

absl::StatusOr<Findings> ReadSeven(Reader& reader, const RunId& run) {
  Findings found;
  VARVE_RETURN_IF_ERROR(ReadRegister(reader, run, found));
  const bool is_listed = !found.empty();
  VARVE_RETURN_IF_ERROR(ReadKv(reader, run, found));
  VARVE_RETURN_IF_ERROR(ReadJson(reader, run, found));
  VARVE_RETURN_IF_ERROR(ReadEvents(reader, run, found));
  VARVE_RETURN_IF_ERROR(ReadState(reader, run, found));
  VARVE_RETURN_IF_ERROR(ReadTrace(reader, run, found));
  VARVE_RETURN_IF_ERROR(ReadVectors(reader, run, found));
  if (!is_listed) VARVE_RETURN_IF_ERROR(ReadRemains(reader, run, found));
  return found;
}

absl::Status CheckFreshlyOpened(Store& store) {
  VARVE_ASSIGN_OR_RETURN(ReadView view, store.View());
  for (const auto& primitive : store.registry().primitives()) {
    VARVE_RETURN_IF_ERROR(
        primitive->CheckRows(view, [](std::uint64_t) { return absl::OkStatus(); }));
  }
  const Runs runs(view);
  VARVE_ASSIGN_OR_RETURN(const std::vector<RunInfo> active,
                         runs.List({.status = RunStatus::kActive}));
  VARVE_ASSIGN_OR_RETURN(const std::vector<RunInfo> orphans, runs.Orphans());
  if (orphans.size() == active.size()) return absl::OkStatus();
  return absl::InternalError(std::to_string(orphans.size()) + " orphans, but " +
                             std::to_string(active.size()) + " runs were left active");
}

}  // namespace varve::crash
