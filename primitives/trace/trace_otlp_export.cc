#include <string>
#include <vector>

#include "kernel/base/status.h"
#include "nlohmann/json.hpp"
#include "primitives/trace/trace.h"
#include "primitives/trace/trace_attributes.h"
#include "primitives/trace/trace_otlp.h"
#include "primitives/trace/trace_otlp_names.h"

namespace varve {

namespace {

// Fields in the order in which they are put in, as the specification lists them.
using Json = nlohmann::ordered_json;
using Parsed = nlohmann::json;

constexpr const char* kScopeName = "varve";
constexpr const char* kScopeVersion = "0.1.0";

Json KeyValue(std::string_view key, Json value) {
  return {{"key", std::string(key)}, {"value", std::move(value)}};
}

// 64-bit integers are text in OTLP/JSON; no nesting is deeper than kSpanAttributeDepthMax.
Json ToAnyValue(const Parsed& value) {
  switch (value.type()) {
    case Parsed::value_t::string:
      return {{"stringValue", value.get_ref<const std::string&>()}};
    case Parsed::value_t::boolean:
      return {{"boolValue", value.get<bool>()}};
    case Parsed::value_t::number_integer:
      return {{"intValue", std::to_string(value.get<std::int64_t>())}};
    case Parsed::value_t::number_unsigned:
      if (value.get<std::uint64_t>() > std::uint64_t{INT64_MAX}) {
        return {{"doubleValue", value.get<double>()}};
      }
      return {{"intValue", std::to_string(value.get<std::uint64_t>())}};
    case Parsed::value_t::number_float:
      return {{"doubleValue", value.get<double>()}};
    case Parsed::value_t::array: {
      Json values = Json::array();
      for (const Parsed& element : value) values.push_back(ToAnyValue(element));
      return {{"arrayValue", {{"values", std::move(values)}}}};
    }
    case Parsed::value_t::object: {
      Json values = Json::array();
      for (const auto& [key, member] : value.items()) {
        values.push_back(KeyValue(key, ToAnyValue(member)));
      }
      return {{"kvlistValue", {{"values", std::move(values)}}}};
    }
    default:
      return Json::object();  // null: an AnyValue without a value
  }
}

std::string Nanos(Timestamp time) { return std::to_string(time.micros() * otlp::kNanosPerMicro); }

std::string TraceIdText(const Uuid& id) {
  std::string text = id.ToString();
  std::erase(text, '-');
  return text;
}

// Takes a member out of `attributes`; null where there is none.
Parsed Take(Parsed& attributes, const char* name) {
  const auto found = attributes.find(name);
  if (found == attributes.end()) return nullptr;
  Parsed value = std::move(*found);
  attributes.erase(found);
  return value;
}

int KindNumber(const Parsed& kept, SpanKind kind) {
  if (kept.is_number_integer() && kept >= 0 && kept <= 5) return kept.get<int>();
  return kind == SpanKind::kToolCall || kind == SpanKind::kQuery ? otlp::kKindClient
                                                                 : otlp::kKindInternal;
}

Json TagsValue(const std::vector<std::string>& tags) {
  Json values = Json::array();
  for (const std::string& tag : tags) values.push_back({{"stringValue", tag}});
  return {{"arrayValue", {{"values", std::move(values)}}}};
}

std::string ParentText(const Span& span, const Parsed& kept) {
  if (!span.parent.is_none()) return span.parent.ToString();
  if (!kept.is_string()) return {};
  const std::optional<SpanId> parent = SpanId::Parse(kept.get_ref<const std::string&>());
  return parent.has_value() ? parent->ToString() : std::string();
}

absl::StatusOr<Json> ToOtlpSpan(const Span& span, const std::string& trace_id) {
  Parsed attributes = Parsed::parse(span.attributes, nullptr, /*allow_exceptions=*/false);
  if (!attributes.is_object()) {
    return MakeStatus(absl::StatusCode::kDataLoss, "trace: the attributes of the span ",
                      span.id.ToString(), " are not JSON");
  }
  const Parsed kind = Take(attributes, otlp::kOtlpKindAttribute);
  const Parsed events = Take(attributes, otlp::kEventsAttribute);
  const Parsed links = Take(attributes, otlp::kLinksAttribute);
  const std::string parent = ParentText(span, Take(attributes, otlp::kParentAttribute));
  attributes.erase(otlp::kKindAttribute);  // ours stand there, and no key may stand there twice
  attributes.erase(otlp::kTagsAttribute);

  Json to = {{"traceId", trace_id}, {"spanId", span.id.ToString()}};
  if (!parent.empty()) to["parentSpanId"] = parent;
  to["name"] = span.name;
  to["kind"] = KindNumber(kind, span.kind);
  to["startTimeUnixNano"] = Nanos(span.start);
  if (span.end.has_value()) to["endTimeUnixNano"] = Nanos(*span.end);
  Json list = Json::array();
  list.push_back(KeyValue(otlp::kKindAttribute, {{"stringValue", std::string(NameOf(span.kind))}}));
  if (!span.tags.empty()) list.push_back(KeyValue(otlp::kTagsAttribute, TagsValue(span.tags)));
  for (const auto& [key, value] : attributes.items()) {
    list.push_back(KeyValue(key, ToAnyValue(value)));
  }
  to["attributes"] = std::move(list);
  if (events.is_array()) to["events"] = events;
  if (links.is_array()) to["links"] = links;
  Json status = Json::object();
  if (!span.status_message.empty()) status["message"] = span.status_message;
  status["code"] = static_cast<int>(span.status);
  to["status"] = std::move(status);
  return to;
}

}  // namespace

absl::StatusOr<OtlpRequest> ExportOtlp(Reader& reader, const RunId& run,
                                       const OtlpExportOptions& options) {
  const Uuid trace_id = options.trace_id.value_or(run);
  if (trace_id.is_nil()) {
    return InvalidArgument(
        "OpenTelemetry has no trace without an id, and the default run has none:",
        " set OtlpExportOptions::trace_id, for example to the store's uuid");
  }
  if (!trace::IsUtf8(options.service_name)) {
    return InvalidArgument("the service name of ", options.service_name.size(),
                           " bytes is not UTF-8");
  }
  VARVE_ASSIGN_OR_RETURN(SpanPage page, Trace(reader, run).Find(options.query));
  const std::string id_text = TraceIdText(trace_id);
  Json spans = Json::array();
  for (const Span& span : page.spans) {
    VARVE_ASSIGN_OR_RETURN(Json to, ToOtlpSpan(span, id_text));
    spans.push_back(std::move(to));
  }
  Json resource_attributes = Json::array();
  resource_attributes.push_back(KeyValue("service.name", {{"stringValue", options.service_name}}));
  Json scope_spans = Json::array();
  scope_spans.push_back(
      {{"scope", {{"name", kScopeName}, {"version", kScopeVersion}}}, {"spans", std::move(spans)}});
  Json resource_spans = Json::array();
  resource_spans.push_back({{"resource", {{"attributes", std::move(resource_attributes)}}},
                            {"scopeSpans", std::move(scope_spans)}});
  const Json request = {{"resourceSpans", std::move(resource_spans)}};
  return OtlpRequest{.json = request.dump(-1, ' ', false, Json::error_handler_t::replace),
                     .spans = page.spans.size(),
                     .cursor = std::move(page.cursor)};
}

}  // namespace varve
