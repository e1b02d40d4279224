#include "cli/run_arguments.h"

#include <charconv>

#include "cli/bytes_text.h"
#include "kernel/base/status.h"
#include "kernel/primitive.h"

namespace varve::cli {
namespace {

constexpr std::size_t kTextBytesMax = 100;

std::string Padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

// Descriptions are text for people, but what they quote may be any bytes.
std::string Printable(const std::string& text) { return IsUtf8(text) ? text : EscapeBytes(text); }

}  // namespace

absl::StatusOr<RunId> ParseRunId(std::string_view text) {
  const std::optional<Uuid> id = Uuid::Parse(text);
  if (id.has_value()) return *id;
  return InvalidArgument("\"", text,
                         "\" is no run id: give 36 characters such as "
                         "018f4e1c-7a31-7c58-9d8e-2f60b1c4a5d3 (`run list` shows them)");
}

absl::StatusOr<RunMoment> ParseRunMoment(std::string_view text) {
  RunMoment moment;
  const std::size_t at = text.find('@');
  VARVE_ASSIGN_OR_RETURN(moment.run, ParseRunId(text.substr(0, at)));
  if (at == std::string_view::npos) return moment;
  const std::string_view number = text.substr(at + 1);
  std::uint64_t step = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), step);
  if (error != std::errc() || end != number.data() + number.size()) {
    return InvalidArgument("\"", number, "\" is no step: give RUN@STEP, a number from 1 up");
  }
  moment.step = step;
  return moment;
}

Json RunInfoToJson(const RunInfo& info) {
  Json object = {{"run", info.id.ToString()},
                 {"status", std::string(RunStatusName(info.status))},
                 {"name", BytesToJson(info.name)}};
  if (!info.parent.is_nil()) object["parent"] = info.parent.ToString();
  if (!info.forked_from.is_nil()) {
    object["forked_from"] = info.forked_from.ToString();
    object["forked_at_lsn"] = info.forked_at.value();
  }
  Json tags = Json::array();
  for (const std::string& tag : info.tags) tags.push_back(BytesToJson(tag));
  object["tags"] = tags;
  if (!info.metadata.empty()) object["metadata"] = Json::parse(info.metadata, nullptr, false);
  if (!info.outcome.empty()) object["outcome"] = BytesToJson(info.outcome);
  object["created_us"] = info.created.micros();
  object["status_since_us"] = info.status_since.micros();
  object["status_lsn"] = info.status_lsn.value();
  return object;
}

std::string RunInfoToText(const RunInfo& info) {
  std::string line = info.id.ToString() + "  " +
                     Padded(std::string(RunStatusName(info.status)), 9) + "  " +
                     FormatTime(info.status_since) + "  " + ShortText(info.name, kTextBytesMax);
  for (const std::string& tag : info.tags) line += " #" + EscapeBytes(tag);
  return line;
}

DescribedStep DescribeStep(const RunStep& step, const PrimitiveRegistry& registry) {
  DescribedStep described;
  const EntrySpec* spec = registry.FindEntry(step.entry_type);
  const Primitive* primitive = registry.FindByEntryType(step.entry_type);
  described.entry = spec != nullptr ? spec->name : "type " + std::to_string(step.entry_type);
  if (step.payload.size() < step.payload_bytes) {
    described.description.detail = std::to_string(step.payload_bytes) + " bytes";
  } else if (primitive != nullptr) {
    described.description = primitive->Describe({.type = step.entry_type,
                                                 .payload_version = step.payload_version,
                                                 .payload = step.payload});
  }
  return described;
}

Json StepToJson(const RunStep& step, const PrimitiveRegistry& registry) {
  const DescribedStep described = DescribeStep(step, registry);
  return {{"step", step.number},
          {"lsn", step.lsn.value()},
          {"commit_time_us", step.commit_time.micros()},
          {"entry", described.entry},
          {"operation", Printable(described.description.operation)},
          {"subject", Printable(described.description.subject)},
          {"detail", Printable(described.description.detail)},
          {"payload_bytes", step.payload_bytes}};
}

std::string StepToText(const RunStep& step, const PrimitiveRegistry& registry) {
  const DescribedStep described = DescribeStep(step, registry);
  return Padded(std::to_string(step.number), 6) + Padded(FormatTime(step.commit_time), 29) +
         Padded(described.entry, 16) + ShortText(described.description.subject, 48) + "  " +
         ShortText(described.description.detail, kTextBytesMax);
}

std::string ShortText(std::string_view bytes, std::size_t bytes_max) {
  if (bytes.size() <= bytes_max) return EscapeBytes(bytes);
  return EscapeBytes(bytes.substr(0, bytes_max)) + "...";
}

}  // namespace varve::cli
