#include "cli/trace_arguments.h"

#include <cstdio>

#include "kernel/base/status.h"

namespace varve::cli {

void DeclareTraceRun(Arguments& arguments, std::string& run) {
  arguments.Text({.name = "--run",
                  .help = "The run whose spans are meant (default: the default run)",
                  .value_name = "UUID"},
                 run);
}

void DeclareSpan(Arguments& arguments, SpanArguments& to) {
  arguments.Text({.name = "span", .help = "The span, 16 hexadecimal digits", .required = true},
                 to.span);
  DeclareTraceRun(arguments, to.run);
}

absl::StatusOr<SpanId> ParseSpan(const std::string& text, std::string_view what) {
  const std::optional<SpanId> id = SpanId::Parse(text);
  if (!id) {
    return InvalidArgument("the ", what, " \"", EscapeBytes(text),
                           "\" is no span id; it looks like 00f067aa0ba902b7");
  }
  return *id;
}

std::vector<std::string> SplitTags(const std::string& tags) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < tags.size();) {
    const std::size_t comma = std::min(tags.find(',', begin), tags.size());
    parts.push_back(tags.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return parts;
}

std::vector<std::string> SpanKindNames() {
  std::vector<std::string> names;
  for (const SpanKind kind : kSpanKinds) names.emplace_back(NameOf(kind));
  return names;
}

std::vector<std::string> SpanStatusNames() {
  std::vector<std::string> names;
  for (const SpanStatus status : {SpanStatus::kUnset, SpanStatus::kOk, SpanStatus::kError}) {
    names.emplace_back(NameOf(status));
  }
  return names;
}

std::optional<Timestamp> TimeOf(std::optional<std::uint64_t> micros) {
  if (!micros) return std::nullopt;
  return Timestamp(*micros);
}

Json SpanToJson(const Span& span) {
  Json object = {{"id", span.id.ToString()}};
  if (!span.parent.is_none()) object["parent"] = span.parent.ToString();
  object["kind"] = std::string(NameOf(span.kind));
  object["name"] = BytesToJson(span.name);
  object["start_us"] = span.start.micros();
  if (span.end) object["end_us"] = span.end->micros();
  object["status"] = std::string(NameOf(span.status));
  if (!span.status_message.empty()) object["status_message"] = BytesToJson(span.status_message);
  object["tags"] = Json::array();
  for (const std::string& tag : span.tags) object["tags"].push_back(BytesToJson(tag));
  Json attributes = Json::parse(span.attributes, nullptr, /*allow_exceptions=*/false);
  object["attributes"] =
      attributes.is_discarded() ? BytesToJson(span.attributes) : std::move(attributes);
  object["lsn"] = span.lsn.value();
  object["commit_time_us"] = span.commit_time.micros();
  return object;
}

std::string DurationText(const Span& span) {
  if (!span.end) return "open";
  const auto micros = static_cast<double>(span.end->micros() - span.start.micros());
  char text[64];
  if (micros < 1e3) {
    std::snprintf(text, sizeof text, "%.0f us", micros);
  } else if (micros < 1e6) {
    std::snprintf(text, sizeof text, "%.1f ms", micros / 1e3);
  } else {
    std::snprintf(text, sizeof text, "%.1f s", micros / 1e6);
  }
  return text;
}

}  // namespace varve::cli
