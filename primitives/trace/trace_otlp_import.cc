#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "kernel/base/status.h"
#include "nlohmann/json.hpp"
#include "primitives/trace/trace.h"
#include "primitives/trace/trace_otlp.h"
#include "primitives/trace/trace_otlp_names.h"

namespace varve {

namespace {

using Json = nlohmann::json;

// Brackets open at once in a request: what attributes may have, in the three levels of JSON that
// each of theirs takes, and the frame around them.
constexpr int kRequestDepthMax = 512;
constexpr const char* kUnnamed = "(unnamed)";

// What a span of the request says, ready to be recorded.
struct ImportedSpan {
  SpanId id{};
  SpanId parent{};
  SpanKind kind = SpanKind::kCustom;
  std::string name{};
  Timestamp start{};
  std::optional<Timestamp> end{};
  SpanStatus status = SpanStatus::kUnset;
  std::string message{};
  std::vector<std::string> tags{};
  Json attributes = Json::object();
  enum class State : std::uint8_t { kWaiting, kBegun, kRecorded } state = State::kWaiting;
};

// Null where there is none.
const Json& Member(const Json& object, const char* name) {
  static const Json* const none = new Json();  // never destroyed
  if (!object.is_object()) return *none;
  const auto found = object.find(name);
  return found == object.end() ? *none : *found;
}

std::string TextOf(const Json& value) {
  return value.is_string() ? value.get_ref<const std::string&>() : std::string();
}

// A 64-bit number, as text or as a number.
template <typename Number>
std::optional<Number> NumberOf(const Json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > std::uint64_t{std::numeric_limits<Number>::max()}) return std::nullopt;
    return static_cast<Number>(number);
  }
  if (value.is_number_integer() && std::is_signed_v<Number>) return value.get<Number>();
  if (!value.is_string()) return std::nullopt;
  const std::string& text = value.get_ref<const std::string&>();
  Number number{};
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stopped != text.data() + text.size()) return std::nullopt;
  return number;
}

// An enum, as its number or, as some producers write it, by its name.
std::optional<int> EnumOf(const Json& value, std::string_view prefix,
                          std::initializer_list<std::string_view> names) {
  if (value.is_null()) return 0;
  int number = 0;
  for (const std::string_view name : names) {
    if (value == number || TextOf(value) == std::string(prefix).append(name)) return number;
    ++number;
  }
  return std::nullopt;
}

// nullopt: no AnyValue. Its depth is bounded by that of the request.
std::optional<Json> FromAnyValue(const Json& value);

std::optional<Json> FromValues(const Json& list) {
  Json array = Json::array();
  for (const Json& element : Member(list, "values")) {
    std::optional<Json> plain = FromAnyValue(element);
    if (!plain.has_value()) return std::nullopt;
    array.push_back(*std::move(plain));
  }
  return array;
}

// Of a list of {"key", "value"}; nullopt also where a key stands there twice.
std::optional<Json> FromKeyValues(const Json& list) {
  Json object = Json::object();
  if (list.is_null()) return object;
  if (!list.is_array()) return std::nullopt;
  for (const Json& pair : list) {
    const Json& key = Member(pair, "key");
    std::optional<Json> value = FromAnyValue(Member(pair, "value"));
    if (!key.is_string() || !value.has_value()) return std::nullopt;
    if (!object.emplace(key.get_ref<const std::string&>(), *std::move(value)).second) {
      return std::nullopt;
    }
  }
  return object;
}

std::optional<Json> FromAnyValue(const Json& value) {
  if (value.is_null() || (value.is_object() && value.empty())) return Json();
  if (!value.is_object() || value.size() != 1) return std::nullopt;
  const auto only = value.begin();
  const std::string& type = only.key();
  const Json& content = *only;
  if (type == "stringValue" || type == "bytesValue") {  // bytes stay the base64 text that they are
    return content.is_string() ? std::optional(content) : std::nullopt;
  }
  if (type == "boolValue") return content.is_boolean() ? std::optional(content) : std::nullopt;
  if (type == "intValue") {
    const std::optional<std::int64_t> number = NumberOf<std::int64_t>(content);
    return number.has_value() ? std::optional(Json(*number)) : std::nullopt;
  }
  if (type == "doubleValue") {  // NaN and infinities are text, which they stay
    return content.is_number() || content.is_string() ? std::optional(content) : std::nullopt;
  }
  if (type == "arrayValue") return FromValues(content);
  if (type == "kvlistValue") return FromKeyValues(Member(content, "values"));
  return std::nullopt;
}

// 32 hexadecimal digits.
std::optional<Uuid> ParseTraceId(const Json& value) {
  std::string text = TextOf(value);
  if (text.size() != 32 || text.find('-') != std::string::npos) return std::nullopt;
  for (const std::size_t dash : {8, 13, 18, 23}) text.insert(dash, 1, '-');
  const std::optional<Uuid> id = Uuid::Parse(text);
  return id.has_value() && !id->is_nil() ? id : std::nullopt;
}

absl::Status Malformed(const Json& span, std::string_view what) {
  return InvalidArgument("the span \"", TextOf(Member(span, "spanId")), "\" of the request has ",
                         what, ": see the OTLP specification, JSON encoding");
}

absl::Status ReadTimes(const Json& from, ImportedSpan& to) {
  const Json& start = Member(from, "startTimeUnixNano");
  const Json& end = Member(from, "endTimeUnixNano");
  const auto start_nanos = start.is_null() ? std::uint64_t{0} : NumberOf<std::uint64_t>(start);
  const auto end_nanos = end.is_null() ? std::uint64_t{0} : NumberOf<std::uint64_t>(end);
  if (!start_nanos.has_value() || !end_nanos.has_value()) {
    return Malformed(from, "a time that is no number of nanoseconds");
  }
  to.start = Timestamp(*start_nanos / otlp::kNanosPerMicro);
  if (*end_nanos != 0) to.end = Timestamp(*end_nanos / otlp::kNanosPerMicro);
  return absl::OkStatus();
}

// Takes our own fields out of the attributes, and puts OpenTelemetry's in.
absl::Status ReadAttributes(const Json& from, ImportedSpan& to) {
  std::optional<Json> attributes = FromKeyValues(Member(from, "attributes"));
  if (!attributes.has_value()) return Malformed(from, "attributes that are none");
  to.attributes = *std::move(attributes);
  const std::optional<SpanKind> ours =
      ParseSpanKind(TextOf(Member(to.attributes, otlp::kKindAttribute)));
  if (ours.has_value()) {
    to.kind = *ours;
    to.attributes.erase(otlp::kKindAttribute);
  }
  const Json& tags = Member(to.attributes, otlp::kTagsAttribute);
  if (tags.is_array() &&
      std::all_of(tags.begin(), tags.end(), [](const Json& tag) { return tag.is_string(); })) {
    for (const Json& tag : tags) to.tags.push_back(TextOf(tag));
    to.attributes.erase(otlp::kTagsAttribute);
  }
  const std::optional<int> kind =
      EnumOf(Member(from, "kind"), "SPAN_KIND_",
             {"UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"});
  if (!kind.has_value()) return Malformed(from, "a kind that is none");
  if (!ours.has_value() && *kind != 0) to.attributes[otlp::kOtlpKindAttribute] = *kind;
  for (const auto& [field, name] :
       {std::pair("events", otlp::kEventsAttribute), std::pair("links", otlp::kLinksAttribute)}) {
    const Json& list = Member(from, field);
    if (list.is_array() && !list.empty()) to.attributes[name] = list;
  }
  return absl::OkStatus();
}

absl::StatusOr<ImportedSpan> ReadSpan(const Json& from) {
  ImportedSpan to;
  const std::optional<SpanId> id = SpanId::Parse(TextOf(Member(from, "spanId")));
  if (!id.has_value()) return Malformed(from, "an id that is not 16 hexadecimal digits");
  to.id = *id;
  const std::string parent = TextOf(Member(from, "parentSpanId"));
  if (!parent.empty()) {
    const std::optional<SpanId> parent_id = SpanId::Parse(parent);
    if (!parent_id.has_value()) {
      return Malformed(from, "a parent that is not 16 hexadecimal digits");
    }
    to.parent = *parent_id;
  }
  to.name = TextOf(Member(from, "name"));
  if (to.name.empty()) to.name = kUnnamed;
  const Json& status = Member(from, "status");
  const std::optional<int> code =
      EnumOf(Member(status, "code"), "STATUS_CODE_", {"UNSET", "OK", "ERROR"});
  if (!code.has_value()) return Malformed(from, "a status that is none");
  to.status = static_cast<SpanStatus>(*code);
  to.message = TextOf(Member(status, "message"));
  VARVE_RETURN_IF_ERROR(ReadTimes(from, to));
  VARVE_RETURN_IF_ERROR(ReadAttributes(from, to));
  return to;
}

// The spans of a request that are to be imported.
class RequestSpans final {
 public:
  [[nodiscard]] absl::Status Read(const Json& request, const OtlpImportOptions& options) {
    const Json& resources = Member(request, "resourceSpans");
    if (!resources.is_array()) {
      return InvalidArgument("the request is not a JSON object with \"resourceSpans\"");
    }
    for (const Json& resource : resources) {
      for (const Json& scope : Member(resource, "scopeSpans")) {
        for (const Json& span : Member(scope, "spans")) {
          VARVE_RETURN_IF_ERROR(Add(span, options));
        }
      }
    }
    return absl::OkStatus();
  }

  // Parents before children: from each span, up to the first that is there, then down again.
  [[nodiscard]] absl::StatusOr<OtlpImport> RecordAll(Trace& trace) {
    OtlpImport import{.spans = spans_.size(), .orphans = 0, .trace_id = trace_id_};
    std::vector<ImportedSpan*> path;
    for (ImportedSpan& span : spans_) {
      for (ImportedSpan* at = &span; at != nullptr && at->state != State::kRecorded;
           at = ParentOf(*at)) {
        if (at->state == State::kBegun) {
          return InvalidArgument("the span ", at->id.ToString(),
                                 " of the request is an ancestor of itself");
        }
        at->state = State::kBegun;
        path.push_back(at);
      }
      for (; !path.empty(); path.pop_back()) {
        VARVE_RETURN_IF_ERROR(RecordOne(*path.back(), trace, import));
      }
    }
    return import;
  }

 private:
  using State = ImportedSpan::State;

  [[nodiscard]] absl::Status Add(const Json& span, const OtlpImportOptions& options) {
    const std::optional<Uuid> trace_id = ParseTraceId(Member(span, "traceId"));
    if (!trace_id.has_value()) {
      return Malformed(span, "a trace id that is not 32 hexadecimal digits");
    }
    if (options.trace_id.has_value() && *trace_id != *options.trace_id) return absl::OkStatus();
    if (trace_id_.value_or(*trace_id) != *trace_id) {
      return InvalidArgument("the request holds spans of several traces, and a run is one: import",
                             " them one by one with OtlpImportOptions::trace_id");
    }
    trace_id_ = trace_id;
    VARVE_ASSIGN_OR_RETURN(ImportedSpan to, ReadSpan(span));
    if (!index_.emplace(to.id.value(), spans_.size()).second) {
      return MakeStatus(absl::StatusCode::kAlreadyExists, "the span ", to.id.ToString(),
                        " stands in the request twice");
    }
    spans_.push_back(std::move(to));
    return absl::OkStatus();
  }

  // Within the request; null where it has none there.
  [[nodiscard]] ImportedSpan* ParentOf(const ImportedSpan& span) {
    const auto found = index_.find(span.parent.value());
    return found == index_.end() ? nullptr : &spans_[found->second];
  }

  [[nodiscard]] absl::Status RecordOne(ImportedSpan& span, Trace& trace, OtlpImport& import) {
    if (!span.parent.is_none() && ParentOf(span) == nullptr) {
      VARVE_ASSIGN_OR_RETURN(const bool exists, trace.Exists(span.parent));
      if (!exists) {
        span.attributes[otlp::kParentAttribute] = span.parent.ToString();
        span.parent = SpanId();
        ++import.orphans;
      }
    }
    const std::string attributes = span.attributes.dump();
    const absl::Status recorded = trace
                                      .Record({.id = span.id,
                                               .kind = span.kind,
                                               .name = span.name,
                                               .parent = span.parent,
                                               .start = span.start,
                                               .end = span.end,
                                               .status = span.status,
                                               .status_message = span.message,
                                               .tags = {span.tags.begin(), span.tags.end()},
                                               .attributes = attributes})
                                      .status();
    if (!recorded.ok()) return AddContext(recorded, "the span " + span.id.ToString());
    span.state = State::kRecorded;
    return absl::OkStatus();
  }

  std::vector<ImportedSpan> spans_;
  std::unordered_map<std::uint64_t, std::size_t> index_;
  std::optional<Uuid> trace_id_;
};

}  // namespace

absl::StatusOr<OtlpImport> ImportOtlp(Transaction& transaction, const RunId& run,
                                      std::string_view request, const OtlpImportOptions& options) {
  bool too_deep = false;
  const auto watch = [&](int depth, Json::parse_event_t, const Json&) {
    too_deep = too_deep || depth > kRequestDepthMax;
    return !too_deep;
  };
  const Json parsed = Json::parse(request, watch, /*allow_exceptions=*/false);
  if (too_deep) {
    return ResourceExhausted("the request has more than ", kRequestDepthMax,
                             " brackets open at once");
  }
  RequestSpans spans;
  VARVE_RETURN_IF_ERROR(spans.Read(parsed, options));
  Trace trace(transaction, run);
  return spans.RecordAll(trace);
}

}  // namespace varve
