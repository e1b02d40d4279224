#include "primitives/trace/trace_describe.h"

#include "absl/strings/escaping.h"
#include "kernel/base/status.h"
#include "primitives/trace/trace_index.h"
#include "primitives/trace/trace_payload.h"

namespace varve::trace {

namespace {

constexpr std::size_t kShownBytesMax = 80;

std::string ForPeople(std::string_view bytes) {
  std::string text = absl::CHexEscape(ToAbsl(bytes.substr(0, kShownBytesMax)));
  if (bytes.size() > kShownBytesMax) text += "... (" + std::to_string(bytes.size()) + " bytes)";
  return text;
}

EntryDescription Undecodable(std::string_view operation, const absl::Status& status) {
  return {std::string(operation), "?", std::string(FromAbsl(status.message()))};
}

void AppendTags(std::string& to, std::string_view sign, const TagList& tags) {
  std::string all;
  for (const std::string_view tag : tags) {
    if (all.size() > kShownBytesMax) break;
    all.append(all.empty() ? "" : " ").append(sign).append(tag);
  }
  if (!all.empty()) to += ' ' + ForPeople(all);
}

std::string StatusText(SpanStatus status, std::string_view message) {
  std::string text(NameOf(status));
  if (!message.empty()) text += " \"" + ForPeople(message) + '"';
  return text;
}

std::string TimesText(const RowImage& image) {
  std::string text = std::to_string(image.start.micros()) + " us";
  if (!image.end.has_value()) return text + ", open";
  return text + " + " + std::to_string(image.end->micros() - image.start.micros()) + " us";
}

// What a span is, without its attributes.
std::string SpanText(const RowImage& image) {
  std::string text(NameOf(image.kind));
  text += " \"" + ForPeople(image.name) + "\" " + TimesText(image);
  if (!image.parent.is_none()) text += " below " + image.parent.ToString();
  if (image.status != SpanStatus::kUnset || !image.message.empty()) {
    text += ' ' + StatusText(image.status, image.message);
  }
  AppendTags(text, "#", image.tags);
  return text;
}

}  // namespace

EntryDescription DescribeRecord(std::string_view payload) {
  const absl::StatusOr<RecordPayload> record = DecodeRecord(payload);
  if (!record.ok()) return Undecodable("record", record.status());
  return {"record", record->span.ToString(), SpanText(record->image)};
}

EntryDescription DescribeFinish(std::string_view payload) {
  const absl::StatusOr<FinishPayload> finish = DecodeFinish(payload);
  if (!finish.ok()) return Undecodable("finish", finish.status());
  std::string detail = "at " + std::to_string(finish->end.micros()) + " us";
  if (finish->status.has_value()) detail += ' ' + StatusText(*finish->status, finish->message);
  return {"finish", finish->span.ToString(), detail};
}

EntryDescription DescribeAnnotate(std::string_view payload) {
  const absl::StatusOr<AnnotatePayload> annotate = DecodeAnnotate(payload);
  if (!annotate.ok()) return Undecodable("annotate", annotate.status());
  std::string detail = std::to_string(annotate->attributes.size()) + " attributes";
  AppendTags(detail, "+", annotate->added);
  AppendTags(detail, "-", annotate->removed);
  return {"annotate", annotate->span.ToString(), detail};
}

EntryDescription DescribeDelete(std::string_view payload) {
  const absl::StatusOr<SpanId> span = DecodeDelete(payload);
  if (!span.ok()) return Undecodable("delete", span.status());
  return {"delete", span->ToString(), "and everything below it"};
}

RowDescription DescribeSpanRow(std::string_view key, std::string_view value) {
  const absl::StatusOr<SpanId> span = ParseSpanKey(key);
  const absl::StatusOr<RowImage> image = DecodeRow(value);
  if (!span.ok()) return {ForPeople(key), std::string(FromAbsl(span.status().message()))};
  if (!image.ok()) return {span->ToString(), std::string(FromAbsl(image.status().message()))};
  std::string content = SpanText(*image);
  if (!image->attributes.empty()) content += ' ' + ForPeople(ToJson(image->attributes));
  return {span->ToString(), content};
}

}  // namespace varve::trace
