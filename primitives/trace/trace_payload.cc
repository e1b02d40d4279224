#include "primitives/trace/trace_payload.h"

#include <iterator>

#include "kernel/base/codec.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"

namespace varve::trace {

namespace {

constexpr std::size_t kTagHeaderBytes = 2;        // length u16
constexpr std::size_t kAttributeHeaderBytes = 6;  // key length u16, value length u32

absl::Status DataLoss(std::string_view what, std::size_t bytes) {
  return MakeStatus(absl::StatusCode::kDataLoss, what, " (", bytes, " bytes)");
}

void AppendTags(std::string& to, const TagList& tags) {
  for (const std::string_view tag : tags) {
    AppendLittleEndian(to, static_cast<std::uint16_t>(tag.size()));
    to.append(tag);
  }
}

void AppendAttributes(std::string& to, const std::vector<Attribute>& attributes) {
  for (const Attribute& attribute : attributes) {
    AppendLittleEndian(to, static_cast<std::uint16_t>(attribute.key.size()));
    AppendLittleEndian(to, static_cast<std::uint32_t>(attribute.value.size()));
    to.append(attribute.key).append(attribute.value);
  }
}

void AppendRow(std::string& to, const RowImage& image) {
  to.push_back(static_cast<char>(image.kind));
  to.push_back(static_cast<char>(image.status));
  AppendLittleEndian(to, image.end.has_value() ? RowLayout::kEndedFlag : std::uint16_t{0});
  AppendLittleEndian(to, static_cast<std::uint16_t>(image.name.size()));
  AppendLittleEndian(to, static_cast<std::uint16_t>(image.tags.size()));
  AppendLittleEndian(to, image.parent.value());
  AppendLittleEndian(to, image.start.micros());
  AppendLittleEndian(to, image.end.value_or(Timestamp()).micros());
  AppendLittleEndian(to, static_cast<std::uint32_t>(image.message.size()));
  AppendLittleEndian(to, static_cast<std::uint32_t>(image.attributes.size()));
  to.append(image.name).append(image.message);
  AppendTags(to, image.tags);
  AppendAttributes(to, image.attributes);
}

// False: not so many tags, each a name, ascending. Nothing is reserved for a count that the bytes
// may not hold.
bool ReadTags(ByteReader& reader, std::size_t count, TagList& to) {
  if (count > kSpanTagsMax) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view tag = reader.ReadBytes(reader.Read<std::uint16_t>());
    if (!reader.ok() || !IsName(tag) || (!to.empty() && tag <= to.back())) return false;
    to.push_back(tag);
  }
  return true;
}

// False: not so many attributes, ascending by key, each with a value where `removals` are none.
bool ReadAttributes(ByteReader& reader, std::size_t count, bool removals,
                    std::vector<Attribute>& to) {
  if (count > kSpanAttributesMax) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const auto key_bytes = reader.Read<std::uint16_t>();
    const auto value_bytes = reader.Read<std::uint32_t>();
    const Attribute attribute{.key = reader.ReadBytes(key_bytes),
                              .value = reader.ReadBytes(value_bytes)};
    if (!reader.ok() || attribute.key.empty() || attribute.key.size() > kNameBytesMax) return false;
    if (!IsUtf8(attribute.key) || !IsUtf8(attribute.value)) return false;
    if (attribute.value.empty() && !removals) return false;
    if (!to.empty() && attribute.key <= to.back().key) return false;
    to.push_back(attribute);
  }
  return true;
}

bool IsTime(Timestamp time) { return time <= kSpanTimeMax; }
bool IsKind(std::uint8_t kind) { return kind >= 1 && kind <= std::size(kSpanKinds); }
bool IsStatus(std::uint8_t status) {
  return status <= static_cast<std::uint8_t>(SpanStatus::kError);
}

// Kind, times and parent agree with each other and with their limits.
bool IsWhole(const RowImage& image, std::uint64_t stored_end, bool ended) {
  if (!IsTime(image.start) || !IsTime(Timestamp(stored_end))) return false;
  if (!ended && stored_end != 0) return false;
  return !ended || *image.end >= image.start;
}

}  // namespace

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         name.find('\0') == std::string_view::npos && IsUtf8(name);
}

bool IsMessage(std::string_view message) {
  return message.size() <= kSpanMessageBytesMax && IsUtf8(message);
}

std::size_t EncodedRowBytes(const RowImage& image) {
  std::size_t bytes = RowLayout::kBytes + image.name.size() + image.message.size();
  for (const std::string_view tag : image.tags) bytes += kTagHeaderBytes + tag.size();
  for (const Attribute& attribute : image.attributes) {
    bytes += kAttributeHeaderBytes + attribute.key.size() + attribute.value.size();
  }
  return bytes;
}

std::string EncodeRow(const RowImage& image) {
  std::string row;
  row.reserve(EncodedRowBytes(image));
  AppendRow(row, image);
  return row;
}

std::string EncodeRecord(SpanId span, const RowImage& image) {
  std::string payload;
  payload.reserve(sizeof(std::uint64_t) + EncodedRowBytes(image));
  AppendLittleEndian(payload, span.value());
  AppendRow(payload, image);
  return payload;
}

std::string EncodeFinish(const FinishPayload& finish) {
  std::string payload;
  AppendLittleEndian(payload, finish.span.value());
  AppendLittleEndian(payload, finish.end.micros());
  payload.push_back(static_cast<char>(finish.status.value_or(SpanStatus::kUnset)));
  unsigned flags = 0;
  if (finish.not_before_start) flags |= FinishLayout::kNotBeforeStartFlag;
  if (finish.status.has_value()) flags |= FinishLayout::kStatusFlag;
  payload.push_back(static_cast<char>(flags));
  payload.append(finish.message);
  return payload;
}

std::string EncodeAnnotate(const AnnotatePayload& annotate) {
  std::string payload;
  AppendLittleEndian(payload, annotate.span.value());
  AppendLittleEndian(payload, static_cast<std::uint16_t>(annotate.added.size()));
  AppendLittleEndian(payload, static_cast<std::uint16_t>(annotate.removed.size()));
  AppendLittleEndian(payload, static_cast<std::uint32_t>(annotate.attributes.size()));
  AppendTags(payload, annotate.added);
  AppendTags(payload, annotate.removed);
  AppendAttributes(payload, annotate.attributes);
  return payload;
}

std::string EncodeDelete(SpanId span) {
  std::string payload;
  AppendLittleEndian(payload, span.value());
  return payload;
}

absl::StatusOr<RowImage> DecodeRow(std::string_view row) {
  if (row.size() > kSpanBytesMax) return DataLoss("span: longer than a span may be", row.size());
  ByteReader reader(row);
  const auto kind = reader.Read<std::uint8_t>();
  const auto status = reader.Read<std::uint8_t>();
  const auto flags = reader.Read<std::uint16_t>();
  const auto name_bytes = reader.Read<std::uint16_t>();
  const auto tag_count = reader.Read<std::uint16_t>();
  RowImage image;
  image.parent = SpanId(reader.Read<std::uint64_t>());
  image.start = Timestamp(reader.Read<std::uint64_t>());
  const auto end = reader.Read<std::uint64_t>();
  const auto message_bytes = reader.Read<std::uint32_t>();
  const auto attribute_count = reader.Read<std::uint32_t>();
  image.name = reader.ReadBytes(name_bytes);
  image.message = reader.ReadBytes(message_bytes);
  if (!reader.ok()) return DataLoss("span: shorter than its lengths say", row.size());
  if (!IsKind(kind) || !IsStatus(status)) {
    return DataLoss("span: a kind or status that there is not", row.size());
  }
  image.kind = static_cast<SpanKind>(kind);
  image.status = static_cast<SpanStatus>(status);
  const bool ended = (flags & RowLayout::kEndedFlag) != 0;
  if (ended) image.end = Timestamp(end);
  if ((flags & ~RowLayout::kEndedFlag) != 0 || !IsWhole(image, end, ended)) {
    return DataLoss("span: flags and times contradict each other", row.size());
  }
  if (!IsName(image.name) || !IsMessage(image.message)) {
    return DataLoss("span: a name or message that there cannot be", row.size());
  }
  if (!ReadTags(reader, tag_count, image.tags) ||
      !ReadAttributes(reader, attribute_count, /*removals=*/false, image.attributes) ||
      !reader.rest().empty()) {
    return DataLoss("span: tags or attributes that there cannot be", row.size());
  }
  return image;
}

absl::StatusOr<RecordPayload> DecodeRecord(std::string_view payload) {
  ByteReader reader(payload);
  RecordPayload record;
  record.span = SpanId(reader.Read<std::uint64_t>());
  if (record.span.is_none()) return DataLoss("TraceRecord: no span id", payload.size());
  record.row = reader.rest();
  VARVE_ASSIGN_OR_RETURN(record.image, DecodeRow(record.row));
  return record;
}

absl::StatusOr<FinishPayload> DecodeFinish(std::string_view payload) {
  ByteReader reader(payload);
  FinishPayload finish;
  finish.span = SpanId(reader.Read<std::uint64_t>());
  finish.end = Timestamp(reader.Read<std::uint64_t>());
  const auto status = reader.Read<std::uint8_t>();
  const auto flags = reader.Read<std::uint8_t>();
  finish.message = reader.rest();
  finish.not_before_start = (flags & FinishLayout::kNotBeforeStartFlag) != 0;
  const bool has_status = (flags & FinishLayout::kStatusFlag) != 0;
  constexpr unsigned kKnown = FinishLayout::kNotBeforeStartFlag | FinishLayout::kStatusFlag;
  if (!reader.ok() || finish.span.is_none() || !IsTime(finish.end) || (flags & ~kKnown) != 0 ||
      !IsStatus(status) || !IsMessage(finish.message) ||
      (!has_status && (status != 0 || !finish.message.empty()))) {
    return DataLoss("TraceFinish: not a span, an end and a status", payload.size());
  }
  if (has_status) finish.status = static_cast<SpanStatus>(status);
  return finish;
}

absl::StatusOr<AnnotatePayload> DecodeAnnotate(std::string_view payload) {
  ByteReader reader(payload);
  AnnotatePayload annotate;
  annotate.span = SpanId(reader.Read<std::uint64_t>());
  const auto added_count = reader.Read<std::uint16_t>();
  const auto removed_count = reader.Read<std::uint16_t>();
  const auto attribute_count = reader.Read<std::uint32_t>();
  if (!reader.ok() || annotate.span.is_none() || payload.size() > kSpanBytesMax ||
      !ReadTags(reader, added_count, annotate.added) ||
      !ReadTags(reader, removed_count, annotate.removed) ||
      !ReadAttributes(reader, attribute_count, /*removals=*/true, annotate.attributes) ||
      !reader.rest().empty()) {
    return DataLoss("TraceAnnotate: not a span, tags and attributes", payload.size());
  }
  return annotate;
}

absl::StatusOr<SpanId> DecodeDelete(std::string_view payload) {
  ByteReader reader(payload);
  const SpanId span(reader.Read<std::uint64_t>());
  if (span.is_none() || !reader.rest().empty()) {
    return DataLoss("TraceDelete: not a span id", payload.size());
  }
  return span;
}

}  // namespace varve::trace
