// Tests: primitives/trace/trace_otlp_export.cc
// Tests: primitives/trace/trace_otlp_import.cc
#include "primitives/trace/trace_otlp.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/primitives/trace/trace_store_fixture.h"

namespace varve {
namespace {

using absl::StatusCode;
using Json = nlohmann::json;

class TraceOtlpTest : public TraceStoreTest {
 protected:
  RunId run_ = *Uuid::Parse("5b8efff7-9803-8103-d269-b633813fc60c");
  static constexpr const char* kTraceId = "5b8efff798038103d269b633813fc60c";

  Json Export(const OtlpExportOptions& options = {}) {
    ReadView view = View();
    const absl::StatusOr<OtlpRequest> request = ExportOtlp(view, run_, options);
    EXPECT_TRUE(request.ok()) << request.status();
    EXPECT_EQ(request->json.find('\n'), std::string::npos);
    return Json::parse(request->json);
  }
  static Json SpansOf(const Json& request) {
    return request["resourceSpans"][0]["scopeSpans"][0]["spans"];
  }
  absl::StatusOr<OtlpImport> Import(std::string_view request, const OtlpImportOptions& options = {},
                                    const RunId& into = {}) {
    Transaction transaction = Begin();
    const absl::StatusOr<OtlpImport> import = ImportOtlp(transaction, into, request, options);
    if (import.ok()) {
      EXPECT_TRUE(transaction.Commit().ok());
    }
    return import;
  }
  // A request with these spans; each gets the trace id and, where it has none, a start.
  static std::string Request(Json spans) {
    for (Json& span : spans) {
      if (!span.contains("traceId")) span["traceId"] = kTraceId;
    }
    return Json{{"resourceSpans", {{{"scopeSpans", {{{"spans", spans}}}}}}}}.dump();
  }
};

TEST_F(TraceOtlpTest, ASpanIsWhatTheSpecificationSays) {
  Record({.id = SpanId(0xEEE19B7EC3C1B173), .name = "plan", .start = Timestamp(1)}, run_);
  Record({.id = SpanId(0xEEE19B7EC3C1B174),
          .kind = SpanKind::kToolCall,
          .name = "search",
          .parent = SpanId(0xEEE19B7EC3C1B173),
          .start = Timestamp(1544712660000000),
          .end = Timestamp(1544712661000000),
          .status = SpanStatus::kError,
          .status_message = "no answer",
          .tags = {"web", "api"},
          .attributes = R"({"b":true,"d":1.5,"i":-7,"l":[1,"x",null],"m":{"k":2},"s":"text",
                            "u":18446744073709551615})"},
         run_);
  const Json request = Export({.service_name = "agent"});
  EXPECT_EQ(
      request["resourceSpans"][0]["resource"],
      Json::parse(R"({"attributes":[{"key":"service.name","value":{"stringValue":"agent"}}]})"));
  EXPECT_EQ(request["resourceSpans"][0]["scopeSpans"][0]["scope"]["name"], "varve");
  ASSERT_EQ(SpansOf(request).size(), 2u);
  EXPECT_EQ(SpansOf(request)[0], Json::parse(R"({
    "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b173",
    "name": "plan", "kind": 1, "startTimeUnixNano": "1000",
    "attributes": [{"key": "varve.kind", "value": {"stringValue": "custom"}}],
    "status": {"code": 0}})"));
  EXPECT_EQ(SpansOf(request)[1], Json::parse(R"({
    "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174",
    "parentSpanId": "eee19b7ec3c1b173", "name": "search", "kind": 3,
    "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": "1544712661000000000",
    "attributes": [
      {"key": "varve.kind", "value": {"stringValue": "tool_call"}},
      {"key": "varve.tags", "value": {"arrayValue": {"values": [
        {"stringValue": "api"}, {"stringValue": "web"}]}}},
      {"key": "b", "value": {"boolValue": true}},
      {"key": "d", "value": {"doubleValue": 1.5}},
      {"key": "i", "value": {"intValue": "-7"}},
      {"key": "l", "value": {"arrayValue": {"values": [
        {"intValue": "1"}, {"stringValue": "x"}, {}]}}},
      {"key": "m", "value": {"kvlistValue": {"values": [
        {"key": "k", "value": {"intValue": "2"}}]}}},
      {"key": "s", "value": {"stringValue": "text"}},
      {"key": "u", "value": {"doubleValue": 18446744073709551615.0}}],
    "status": {"code": 2, "message": "no answer"}})"));
}

TEST_F(TraceOtlpTest, ALastMomentStillFitsInNanoseconds) {
  Record({.id = SpanId(1), .name = "n", .start = kSpanTimeMax, .end = kSpanTimeMax}, run_);
  EXPECT_EQ(SpansOf(Export())[0]["endTimeUnixNano"], "18446744073709551000");
}

TEST_F(TraceOtlpTest, TheDefaultRunNeedsATraceId) {
  Record(1);
  ReadView view = View();
  EXPECT_EQ(ExportOtlp(view, RunId()).status().code(), StatusCode::kInvalidArgument);
  const absl::StatusOr<OtlpRequest> request = ExportOtlp(view, RunId(), {.trace_id = run_});
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(SpansOf(Json::parse(request->json))[0]["traceId"], kTraceId);
  EXPECT_EQ(ExportOtlp(view, run_, {.service_name = "\xFF"}).status().code(),
            StatusCode::kInvalidArgument);
}

TEST_F(TraceOtlpTest, RequestsGoOnByTheirCursor) {
  for (std::uint64_t id = 1; id <= 5; ++id) {
    Record({.id = SpanId(id), .name = "n", .start = Timestamp(id)}, run_);
  }
  ReadView view = View();
  OtlpExportOptions options;
  options.query.limit = 2;
  std::vector<std::uint64_t> counts;
  std::string names;
  do {
    const OtlpRequest request = *ExportOtlp(view, run_, options);
    counts.push_back(request.spans);
    for (const Json& span : SpansOf(Json::parse(request.json))) {
      names += span["spanId"].get<std::string>().back();
    }
    options.query.cursor = request.cursor;
  } while (!options.query.cursor.empty());
  EXPECT_EQ(counts, (std::vector<std::uint64_t>{2, 2, 1}));
  EXPECT_EQ(names, "12345");
  EXPECT_EQ(SpansOf(Export({.query = {.kind = SpanKind::kError}})), Json::array());
}

TEST_F(TraceOtlpTest, WhatWasExportedIsImportedAsItWas) {
  Record({.id = SpanId(1), .kind = SpanKind::kThought, .name = "a", .start = Timestamp(5)}, run_);
  Record({.id = SpanId(2),
          .kind = SpanKind::kQuery,
          .name = "b",
          .parent = SpanId(1),
          .start = Timestamp(3),
          .end = Timestamp(4),
          .status = SpanStatus::kOk,
          .status_message = "m",
          .tags = {"t", "u"},
          .attributes =
              R"({"a":[{"b":[]}],"d":0.1,"e":{},"f":false,"i":-9223372036854775808,"s":""})"},
         run_);
  const std::string exported = Export().dump();
  const RunId other = *RunId::FromBytes(std::string(16, 'o'));
  const absl::StatusOr<OtlpImport> import = Import(exported, {}, other);
  ASSERT_TRUE(import.ok()) << import.status();
  EXPECT_EQ(import->spans, 2u);
  EXPECT_EQ(import->orphans, 0u);
  EXPECT_EQ(import->trace_id, run_);
  for (const std::uint64_t id : {1, 2}) {
    const Span before = Get(id, run_);
    const Span after = Get(id, other);
    EXPECT_EQ(after.parent, before.parent);
    EXPECT_EQ(after.kind, before.kind);
    EXPECT_EQ(after.name, before.name);
    EXPECT_EQ(after.start, before.start);
    EXPECT_EQ(after.end, before.end);
    EXPECT_EQ(after.status, before.status);
    EXPECT_EQ(after.status_message, before.status_message);
    EXPECT_EQ(after.tags, before.tags);
    EXPECT_EQ(after.attributes, before.attributes);
  }
}

TEST_F(TraceOtlpTest, ChildrenMayStandBeforeTheirParents) {
  Json spans = Json::array();
  for (int id = 9; id >= 1; --id) {
    const std::string digit = std::to_string(id);
    const std::string above = std::to_string(id - 1);
    spans.push_back({{"spanId", "000000000000000" + digit},
                     {"parentSpanId", id == 1 ? "" : "000000000000000" + above},
                     {"name", "n"}});
  }
  ASSERT_TRUE(Import(Request(spans)).ok());
  EXPECT_EQ(Tree(), "1 2. 3.. 4... 5.... 6..... 7...... 8....... 9........");
}

TEST_F(TraceOtlpTest, AParentElsewhereIsKeptAsAnAttributeAndComesBack) {
  const absl::StatusOr<OtlpImport> import = Import(
      Request({{{"spanId", "0000000000000002"}, {"parentSpanId", "00000000000000ff"}}}), {}, run_);
  ASSERT_TRUE(import.ok()) << import.status();
  EXPECT_EQ(import->orphans, 1u);
  EXPECT_EQ(Get(2, run_).attributes, R"({"otlp.parent":"00000000000000ff"})");
  EXPECT_EQ(Get(2, run_).name, "(unnamed)");
  EXPECT_EQ(SpansOf(Export())[0]["parentSpanId"], "00000000000000ff");
  // Where the parent is in the run already, it is the parent.
  ASSERT_TRUE(
      Import(Request({{{"spanId", "0000000000000003"}, {"parentSpanId", "0000000000000002"}}}), {},
             run_)
          .ok());
  EXPECT_EQ(Get(3, run_).parent, SpanId(2));
}

TEST_F(TraceOtlpTest, WhatOnlyOpenTelemetryHasIsKeptAndComesBack) {
  const Json span = Json::parse(R"({"spanId": "0000000000000007", "name": "n", "kind": 5,
    "startTimeUnixNano": "1999", "endTimeUnixNano": 2000,
    "events": [{"name": "e", "timeUnixNano": "5"}], "links": [{"spanId": "0000000000000001"}],
    "status": {"code": "STATUS_CODE_ERROR"},
    "attributes": [{"key": "x", "value": {"bytesValue": "AAE="}}, {"key": "none", "value": {}}]})");
  ASSERT_TRUE(Import(Request({span}), {}, run_).ok());
  EXPECT_EQ(Get(7, run_).start, Timestamp(1));
  EXPECT_EQ(Get(7, run_).end, Timestamp(2));
  EXPECT_EQ(Get(7, run_).status, SpanStatus::kError);
  EXPECT_EQ(Json::parse(Get(7, run_).attributes)["x"], "AAE=");
  const Json back = SpansOf(Export())[0];
  EXPECT_EQ(back["kind"], 5);
  EXPECT_EQ(back["events"], span["events"]);
  EXPECT_EQ(back["links"], span["links"]);
  EXPECT_EQ(back["attributes"].size(), 2u);  // varve.kind and x
}

TEST_F(TraceOtlpTest, HexadecimalMayBeUpperCaseAndTimesMayBeNumbers) {
  const absl::StatusOr<OtlpImport> import =
      Import(Request({{{"traceId", "5B8EFFF798038103D269B633813FC60C"},
                       {"spanId", "EEE19B7EC3C1B174"},
                       {"startTimeUnixNano", 1544712660000000000},
                       {"kind", 2}}}),
             {}, run_);
  ASSERT_TRUE(import.ok()) << import.status();
  EXPECT_EQ(import->trace_id, run_);
  EXPECT_EQ(Get(0xEEE19B7EC3C1B174, run_).start, Timestamp(1544712660000000));
  EXPECT_EQ(SpansOf(Export())[0]["traceId"], kTraceId);
}

TEST_F(TraceOtlpTest, ATraceIsChosenWhereThereAreSeveral) {
  const std::string other = "00000000000000000000000000000abc";
  const std::string request = Request(
      {{{"spanId", "0000000000000001"}}, {{"spanId", "0000000000000002"}, {"traceId", other}}});
  EXPECT_EQ(Import(request).status().code(), StatusCode::kInvalidArgument);
  const absl::StatusOr<OtlpImport> import = Import(request, {.trace_id = run_});
  ASSERT_TRUE(import.ok()) << import.status();
  EXPECT_EQ(import->spans, 1u);
  EXPECT_EQ(Find({}), "1");
  const absl::StatusOr<OtlpImport> none =
      Import(request, {.trace_id = *RunId::FromBytes(std::string(16, 'z'))});
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->spans, 0u);
  EXPECT_EQ(none->trace_id, std::nullopt);
}

TEST_F(TraceOtlpTest, WhatIsNoRequestIsRefused) {
  EXPECT_EQ(Import("").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Import("[]").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Import(std::string(100'000, '[')).status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(Import(R"({"resourceSpans":[]})")->spans, 0u);
  const Json good = {{"spanId", "0000000000000001"}, {"name", "n"}};
  const auto with = [&](const char* name, Json value) {
    Json span = good;
    span[name] = std::move(value);
    return Import(Request({span})).status().code();
  };
  const auto attribute = [](Json value) {
    return Json::array({{{"key", "k"}, {"value", std::move(value)}}});
  };
  for (const auto& [name, value] : std::vector<std::pair<const char*, Json>>{
           {"spanId", "1"},
           {"spanId", "0000000000000000"},
           {"traceId", "00000000000000000000000000000000"},
           {"traceId", "5b8efff7-98038103-d269-b633813fc6"},
           {"parentSpanId", "x"},
           {"parentSpanId", "0000000000000001"},  // its own parent
           {"kind", 6},
           {"kind", "CLIENT"},
           {"status", {{"code", 3}}},
           {"startTimeUnixNano", "-1"},
           {"startTimeUnixNano", 1.5},
           {"startTimeUnixNano", "18446744073709551616"},
           {"attributes", "x"},
           {"attributes", attribute({{"intValue", "x"}})},
           {"attributes", attribute({{"intValue", 9223372036854775808u}})},
           {"attributes", attribute({{"boolValue", 1}})},
           {"attributes", attribute({{"otherValue", 1}})},
           {"attributes", attribute({{"stringValue", "x"}, {"boolValue", true}})},
           {"attributes", attribute({{"arrayValue", {{"values", {"x"}}}}})},
           {"attributes", {attribute({})[0], attribute({})[0]}},
           {"name", std::string(300, 'n')}}) {
    EXPECT_EQ(with(name, value), StatusCode::kInvalidArgument) << name << ' ' << value;
  }
  EXPECT_EQ(Import(Request({good, good})).status().code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(Count(), 0u);
  EXPECT_EQ(with("kind", "SPAN_KIND_SERVER"), StatusCode::kOk);
}

TEST_F(TraceOtlpTest, SpansThatAreEachOthersParentsAreRefused) {
  EXPECT_EQ(
      Import(Request({{{"spanId", "0000000000000001"}, {"parentSpanId", "0000000000000002"}},
                      {{"spanId", "0000000000000002"}, {"parentSpanId", "0000000000000001"}}}))
          .status()
          .code(),
      StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace varve
