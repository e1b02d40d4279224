#include "cli/wal_dump.h"

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "cli/log_scan.h"
#include "kernel/base/status.h"
#include "kernel/entry.h"
#include "kernel/primitive.h"

namespace varve::cli {
namespace {

std::string HexByte(std::uint8_t byte) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "0x%02x", byte);
  return text.data();
}

// An entry with the names that the registry has for it.
struct NamedEntry {
  const Entry& entry;
  std::string primitive;  // empty where it is not registered
  std::string type_name;
  EntryDescription description;
};

NamedEntry NameEntry(const Entry& entry, const PrimitiveRegistry& registry) {
  NamedEntry named{entry, "", "", registry.Describe(entry)};
  if (const EntrySpec* spec = registry.FindEntry(entry.type)) named.type_name = spec->name;
  if (const Primitive* primitive = registry.FindByEntryType(entry.type)) {
    named.primitive = primitive->spec().name;
  }
  return named;
}

// Descriptions are text for people, but what they quote may be any bytes.
std::string Printable(const std::string& text) { return IsUtf8(text) ? text : EscapeBytes(text); }

Json EntryToJson(const NamedEntry& named, bool payload) {
  const Entry& entry = named.entry;
  Json object = {{"type", entry.type},
                 {"type_name", named.type_name},
                 {"primitive", named.primitive},
                 {"payload_version", entry.payload_version},
                 {"safe_ignore", entry.safe_ignore}};
  if (!entry.run.is_nil()) object["run"] = entry.run.ToString();
  object["operation"] = Printable(named.description.operation);
  object["subject"] = Printable(named.description.subject);
  object["detail"] = Printable(named.description.detail);
  object["payload_bytes"] = entry.payload.size();
  if (payload) object["payload_base64"] = EncodeBase64(entry.payload);
  return object;
}

std::string EntryToText(const NamedEntry& named, bool payload) {
  const std::string type =
      named.type_name.empty() ? "entry " + HexByte(named.entry.type) : named.type_name;
  std::string text = "    " + type;
  for (const std::string* part : {&named.description.subject, &named.description.detail}) {
    if (!part->empty()) text += "  " + EscapeBytes(*part);
  }
  if (named.primitive.empty()) {
    text += "  (primitive not registered)  " + FormatBytes(named.entry.payload.size());
  }
  if (!named.entry.run.is_nil()) text += "  run " + named.entry.run.ToString();
  if (payload) text += "  " + EncodeBase64(named.entry.payload);
  return text;
}

// Where a record stands.
struct Place {
  const wal::SegmentFile& segment;
  std::uint64_t offset;
};

std::string RecordToText(const wal::RecordHeader& header, const Place& place) {
  const bool watermark = header.kind == wal::RecordKind::kWatermark;
  return "LSN " + std::to_string(header.lsn.value()) + "  " + FormatTime(header.commit_time) +
         "  " +
         (watermark ? "watermark"
                    : std::to_string(header.entry_count) +
                          (header.entry_count == 1 ? " entry, " : " entries, ") +
                          FormatBytes(header.body_length)) +
         "  durable up to " + std::to_string(header.durable_lsn.value()) + "  segment " +
         std::to_string(place.segment.number) + " at " + std::to_string(place.offset);
}

Json RecordToJson(const wal::RecordHeader& header, const Place& place) {
  const bool watermark = header.kind == wal::RecordKind::kWatermark;
  return Json{{"lsn", header.lsn.value()},
              {"kind", watermark ? "watermark" : "transaction"},
              {"commit_time_us", header.commit_time.micros()},
              {"durable_lsn", header.durable_lsn.value()},
              {"segment", place.segment.number},
              {"offset", place.offset},
              {"body_bytes", header.body_length}};
}

absl::Status PrintRecord(const wal::Record& record, const Place& place,
                         const PrimitiveRegistry& registry, bool payload, Output& output) {
  output.Line(RecordToText(record.header, place));
  Json entries = Json::array();
  EntryReader reader(record.body);
  Entry entry;
  while (reader.Next(entry)) {
    const NamedEntry named = NameEntry(entry, registry);
    if (output.json()) {
      entries.push_back(EntryToJson(named, payload));
    } else {
      output.Line(EntryToText(named, payload));
    }
  }
  Json object = RecordToJson(record.header, place);
  object["entries"] = std::move(entries);
  output.Object(object);
  return AddContext(reader.status(), place.segment.path);
}

// The segments that can hold records from `from` on: all but those whose successor starts at or
// before it.
std::size_t FirstSegmentFor(const LogFiles& log, Lsn from) {
  std::size_t first = 0;
  for (std::size_t i = 1; i < log.segments.size(); ++i) {
    if (!log.segments[i].unused && log.segments[i].header.first_lsn <= from) first = i;
  }
  return first;
}

// Beyond the last record asked for; only steers DumpSegment, never shown.
bool IsBeyond(const wal::Record& record, const DumpArguments& arguments) {
  return record.header.lsn.value() > arguments.to;
}

// False once the last record asked for was passed.
absl::StatusOr<bool> DumpSegment(const LogFiles& log, std::size_t index,
                                 const DumpArguments& arguments, const PrimitiveRegistry& registry,
                                 Session& session) {
  const wal::SegmentFile& segment = log.segments[index];
  bool beyond = false;
  const absl::StatusOr<SegmentScan> scan = ScanLogSegment(
      log, index, [&](const wal::Record& record, std::uint64_t offset) -> absl::Status {
        beyond = IsBeyond(record, arguments);
        if (beyond || Interrupted()) return absl::CancelledError("interrupted");
        if (record.header.lsn.value() < arguments.from) return absl::OkStatus();
        return PrintRecord(record, {segment, offset}, registry, arguments.payload,
                           session.output());
      });
  if (beyond) return false;
  VARVE_RETURN_IF_ERROR(scan.status());
  if (scan->ending == SegmentEnding::kTorn) {
    session.output().Note(segment.path + ": a torn tail from offset " +
                          std::to_string(scan->tail.end.end_offset) + " on (" + scan->tail.fault +
                          "); the next open discards it");
  }
  return true;
}

}  // namespace

void DeclareDump(Arguments& arguments, DumpArguments& to) {
  arguments.Number({.name = "--from",
                    .help = "The first LSN (default: the oldest there is)",
                    .value_name = "LSN"},
                   to.from);
  arguments.Number(
      {.name = "--to", .help = "The last LSN (default: the newest)", .value_name = "LSN"}, to.to);
  arguments.Flag({.name = "--payload", .help = "Also the payload of each entry, as base64"},
                 to.payload);
}

absl::StatusOr<Answer> RunDump(const DumpArguments& arguments, Session& session) {
  if (arguments.from > arguments.to) {
    return InvalidArgument("--from ", arguments.from, " is above --to ", arguments.to);
  }
  VARVE_ASSIGN_OR_RETURN(const LogFiles log, FindLog(session));
  const PrimitiveRegistry registry = session.MakeRegistry();
  for (std::size_t i = FirstSegmentFor(log, Lsn(arguments.from)); i < log.segments.size(); ++i) {
    VARVE_ASSIGN_OR_RETURN(const bool more, DumpSegment(log, i, arguments, registry, session));
    if (!more) break;
  }
  return Answer::kYes;
}

}  // namespace varve::cli
