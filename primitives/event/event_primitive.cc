#include "primitives/event/event_primitive.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "primitives/event/event_payload.h"

namespace varve {

namespace {

constexpr std::size_t kDescribedBytesMax = 64;

absl::StatusOr<event::Head> ReadHead(std::string_view stream, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, context.Get(kEventStreams.number, stream));
  if (!row.has_value()) return event::Head();
  return event::DecodeHead(row->value);
}

// Moves the head behind the batch and writes the hash of each event to `hashes`.
void Chain(const event::AppendPayload& append, Timestamp time, event::Head& head, char* hashes) {
  if (head.length == 0) head.first_time = time;
  head.last_time = time;
  for (const event::EventImage& image : append.events) {
    head.hash = event::ChainHash(head.hash, head.length, time, image.bytes);
    std::memcpy(hashes, head.hash.data(), head.hash.size());
    hashes += head.hash.size();
    head.payload_bytes += image.payload.size();
    ++head.length;
  }
}

absl::Status PutTypes(const event::AppendPayload& append, std::uint64_t first,
                      ApplyContext& context) {
  std::vector<std::string_view> types;
  for (const event::EventImage& image : append.events) {
    if (types.empty() || types.back() != image.type) types.push_back(image.type);
  }
  std::sort(types.begin(), types.end());
  types.erase(std::unique(types.begin(), types.end()), types.end());
  for (const std::string_view type : types) {
    VARVE_RETURN_IF_ERROR(
        context.Put(kEventTypes.number,
                    event::WithSequence(event::NamePrefix(append.stream, type), first), {}));
  }
  return absl::OkStatus();
}

absl::Status ApplyAppend(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const event::AppendPayload append, event::DecodeAppend(entry.payload));
  VARVE_ASSIGN_OR_RETURN(event::Head head, ReadHead(append.stream, context));
  const std::uint64_t first = head.length;
  // A run that was copied from a store whose clock ran ahead must still have times in order.
  const Timestamp time = std::max(context.commit_time(), head.last_time);
  std::string row = event::EncodeChunk(time, append);
  Chain(append, time, head, row.data() + event::ChunkLayout::kHashesOffset);
  VARVE_RETURN_IF_ERROR(context.Put(
      kEventRows.number, event::WithSequence(event::NamePrefix(append.stream), first), row));
  VARVE_RETURN_IF_ERROR(PutTypes(append, first, context));
  return context.Put(kEventStreams.number, append.stream, event::EncodeHead(head));
}

absl::Status PutPosition(const event::PositionPayload& at, std::uint64_t position,
                         ApplyContext& context) {
  std::string value;
  AppendLittleEndian(value, position);
  return context.Put(kEventConsumers.number, event::NamePrefix(at.stream, at.consumer), value);
}

// Refuses a position that the stream has not reached. The same on replay, which finds the stream as
// it was; at commit the stream can only be longer, or erased with its run.
absl::Status CheckReached(const event::PositionPayload& at, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const event::Head head, ReadHead(at.stream, context));
  if (at.position <= head.length) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kOutOfRange, "position ", at.position,
                    " lies beyond the stream \"", absl::CHexEscape(ToAbsl(at.stream)),
                    "\", which has ", head.length, " events");
}

absl::Status ApplyCommitPosition(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const event::PositionPayload at, event::DecodePosition(entry.payload));
  VARVE_RETURN_IF_ERROR(CheckReached(at, context));
  VARVE_ASSIGN_OR_RETURN(
      const std::optional<Row> row,
      context.Get(kEventConsumers.number, event::NamePrefix(at.stream, at.consumer)));
  if (row.has_value()) {
    ByteReader reader(row->value);
    const std::uint64_t reached = reader.Read<std::uint64_t>();
    if (!reader.ok() || !reader.rest().empty()) {
      return MakeStatus(absl::StatusCode::kDataLoss, "Event consumer row: not a position");
    }
    if (reached >= at.position) return absl::OkStatus();
  }
  return PutPosition(at, at.position, context);
}

absl::Status ApplyResetPosition(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const event::PositionPayload at, event::DecodePosition(entry.payload));
  VARVE_RETURN_IF_ERROR(CheckReached(at, context));
  return PutPosition(at, at.position, context);
}

absl::Status ApplyForgetConsumer(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const event::PositionPayload at, event::DecodeConsumer(entry.payload));
  return context.Delete(kEventConsumers.number, event::NamePrefix(at.stream, at.consumer));
}

std::string ForPeople(std::string_view bytes) {
  std::string text = absl::CHexEscape(ToAbsl(bytes.substr(0, kDescribedBytesMax)));
  if (bytes.size() > kDescribedBytesMax) {
    text += "... (" + std::to_string(bytes.size()) + " bytes)";
  }
  return text;
}

std::string BatchForPeople(const std::vector<event::EventImage>& events) {
  std::string text = ForPeople(events.front().type) + " " + ForPeople(events.front().payload);
  if (events.size() > 1) text += " and " + std::to_string(events.size() - 1) + " more";
  return text;
}

EntryDescription Undecodable(std::string operation, const absl::Status& status) {
  return {std::move(operation), "?", std::string(FromAbsl(status.message()))};
}

EntryDescription DescribeAppend(std::string_view payload) {
  const absl::StatusOr<event::AppendPayload> append = event::DecodeAppend(payload);
  if (!append.ok()) return Undecodable("append", append.status());
  return {"append", ForPeople(append->stream), BatchForPeople(append->events)};
}

EntryDescription DescribePosition(std::string operation, std::string_view payload) {
  const absl::StatusOr<event::PositionPayload> at = event::DecodePosition(payload);
  if (!at.ok()) return Undecodable(std::move(operation), at.status());
  return {std::move(operation), ForPeople(at->stream),
          ForPeople(at->consumer) + " at " + std::to_string(at->position)};
}

RowDescription DescribeStreamRow(std::string_view key, std::string_view value) {
  const absl::StatusOr<event::Head> head = event::DecodeHead(value);
  if (!head.ok()) return {"stream " + ForPeople(key), ForPeople(value)};
  return {"stream " + ForPeople(key), std::to_string(head->length) + " events, head " +
                                          event::HashText(head->hash).substr(0, 16)};
}

RowDescription DescribeEventRow(std::string_view key, std::string_view value) {
  const absl::StatusOr<event::SequenceKey> at = event::ParseEventKey(key);
  const absl::StatusOr<event::Chunk> chunk = event::DecodeChunk(value);
  if (!at.ok() || !chunk.ok()) return {ForPeople(key), ForPeople(value)};
  return {"event " + ForPeople(at->stream) + " " + std::to_string(at->sequence),
          BatchForPeople(chunk->events)};
}

RowDescription DescribeConsumerRow(std::string_view key, std::string_view value) {
  const absl::StatusOr<event::SequenceKey> at = event::ParseConsumerKey(key);
  ByteReader reader(value);
  const std::uint64_t position = reader.Read<std::uint64_t>();
  if (!at.ok() || !reader.ok()) return {ForPeople(key), ForPeople(value)};
  return {"consumer " + ForPeople(at->second) + " of " + ForPeople(at->stream),
          "at " + std::to_string(position)};
}

}  // namespace

EventPrimitive::EventPrimitive() {
  spec_.id = kEventId;
  spec_.name = "varve.event";
  spec_.entry_range = kEventAppend;
  spec_.entries = {{.type = kEventAppend, .name = "EventAppend"},
                   {.type = kEventCommitPosition, .name = "EventCommitPosition"},
                   {.type = kEventResetPosition, .name = "EventResetPosition"},
                   {.type = kEventForgetConsumer, .name = "EventForgetConsumer"}};
  spec_.tables = {{.number = kEventStreams.number, .name = "streams"},
                  {.number = kEventRows.number, .name = "events"},
                  {.number = kEventConsumers.number, .name = "consumers"},
                  {.number = kEventTypes.number, .name = "types", .derived = true}};
}

absl::Status EventPrimitive::Apply(const Entry& entry, ApplyContext& context) const {
  if (entry.payload_version != 1) {
    return Unimplemented("Event: payload version ", entry.payload_version, " of entry type ",
                         entry.type, " is newer than this build, which reads 1: open with a newer",
                         " Varve");
  }
  switch (entry.type) {
    case kEventAppend:
      return ApplyAppend(entry, context);
    case kEventCommitPosition:
      return ApplyCommitPosition(entry, context);
    case kEventResetPosition:
      return ApplyResetPosition(entry, context);
    case kEventForgetConsumer:
      return ApplyForgetConsumer(entry, context);
    default:
      return Unimplemented("Event: entry type ", entry.type, " is not one of 48 to 51");
  }
}

RowDescription EventPrimitive::DescribeRow(std::uint8_t table, std::string_view key,
                                           std::string_view value) const {
  switch (table) {
    case kEventStreams.number:
      return DescribeStreamRow(key, value);
    case kEventRows.number:
      return DescribeEventRow(key, value);
    case kEventConsumers.number:
      return DescribeConsumerRow(key, value);
    default:
      return Primitive::DescribeRow(table, key, value);
  }
}

EntryDescription EventPrimitive::Describe(const Entry& entry) const {
  switch (entry.type) {
    case kEventAppend:
      return DescribeAppend(entry.payload);
    case kEventCommitPosition:
      return DescribePosition("commit position", entry.payload);
    case kEventResetPosition:
      return DescribePosition("reset position", entry.payload);
    case kEventForgetConsumer: {
      const absl::StatusOr<event::PositionPayload> at = event::DecodeConsumer(entry.payload);
      if (!at.ok()) return Undecodable("forget consumer", at.status());
      return {"forget consumer", ForPeople(at->stream), ForPeople(at->consumer)};
    }
    default:
      return {"unknown", "?", ForPeople(entry.payload)};
  }
}

}  // namespace varve
