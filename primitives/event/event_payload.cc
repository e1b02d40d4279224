#include "primitives/event/event_payload.h"

#include "kernel/base/codec.h"
#include "kernel/base/status.h"

namespace varve::event {

namespace {

template <typename... Parts>
absl::Status DataLoss(const Parts&... parts) {
  return MakeStatus(absl::StatusCode::kDataLoss, parts...);
}

bool IsName(std::string_view name) { return !name.empty() && name.size() <= kNameBytesMax; }

void AppendBigEndian16(std::string& to, std::size_t value) {
  to.push_back(static_cast<char>(value >> 8));
  to.push_back(static_cast<char>(value));
}

// Takes a name with its big-endian length off the front of `rest`; false where none stands there.
bool TakeName(std::string_view& rest, std::string_view& name) {
  if (rest.size() < 2) return false;
  const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(rest[0])) << 8 |
                           static_cast<unsigned char>(rest[1]);
  if (size > rest.size() - 2) return false;
  name = rest.substr(2, size);
  rest.remove_prefix(2 + size);
  return IsName(name);
}

bool TakeSequence(std::string_view rest, std::uint64_t& sequence) {
  if (rest.size() != sizeof sequence) return false;
  sequence = LoadBigEndian64(rest.data());
  return true;
}

absl::Status CheckCount(std::string_view what, std::uint64_t count) {
  if (count >= 1 && count <= kBatchEventsMax) return absl::OkStatus();
  return DataLoss(what, ": ", count, " events; a batch has 1 to ", kBatchEventsMax);
}

// `bytes` are exactly `count` events.
absl::Status ReadEvents(std::string_view what, std::string_view bytes, std::uint64_t count,
                        std::vector<EventImage>& to) {
  if (bytes.size() > kEventBytesMax) return DataLoss(what, ": ", bytes.size(), " bytes of events");
  to.reserve(count);
  ByteReader reader(bytes);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string_view before = reader.rest();
    const std::uint16_t type_length = reader.Read<std::uint16_t>();
    const std::uint32_t payload_length = reader.Read<std::uint32_t>();
    EventImage image;
    image.type = reader.ReadBytes(type_length);
    image.payload = reader.ReadBytes(payload_length);
    if (!reader.ok() || !IsName(image.type) || image.payload.size() > kValueBytesMax) {
      return DataLoss(what, ": event ", i, " of the batch is cut or has a bad length");
    }
    image.bytes = before.substr(0, before.size() - reader.rest().size());
    to.push_back(image);
  }
  if (!reader.rest().empty()) {
    return DataLoss(what, ": ", reader.rest().size(), " bytes behind the last event");
  }
  return absl::OkStatus();
}

// Stream (with its length) and consumer, to the end.
absl::Status ReadConsumer(std::string_view what, ByteReader& reader, PositionPayload& to) {
  to.stream = reader.ReadBytes(reader.Read<std::uint16_t>());
  to.consumer = reader.rest();
  if (reader.ok() && IsName(to.stream) && IsName(to.consumer)) return absl::OkStatus();
  return DataLoss(what, ": not a stream and a consumer");
}

}  // namespace

absl::Status CheckName(std::string_view what, std::string_view name) {
  if (name.empty()) return InvalidArgument("the ", what, " is empty: it has 1 byte at least");
  if (name.size() > kNameBytesMax) {
    return ResourceExhausted("the ", what, " has ", name.size(), " bytes: the limit is ",
                             kNameBytesMax);
  }
  return absl::OkStatus();
}

EventHash Chunk::HashAt(std::size_t index) const {
  EventHash hash;
  std::memcpy(hash.data(), hashes.data() + index * hash.size(), hash.size());
  return hash;
}

void BeginAppend(std::string& to, std::string_view stream) {
  to.clear();
  AppendLittleEndian(to, static_cast<std::uint16_t>(stream.size()));
  to.append(stream);
  AppendLittleEndian(to, std::uint32_t{0});
}

void AppendEvent(std::string& to, std::string_view stream, std::string_view type,
                 std::string_view payload) {
  char* const count = to.data() + AppendLayout::kStreamOffset + stream.size();
  StoreLittleEndian(count, LoadLittleEndian<std::uint32_t>(count) + 1);
  AppendLittleEndian(to, static_cast<std::uint16_t>(type.size()));
  AppendLittleEndian(to, static_cast<std::uint32_t>(payload.size()));
  to.append(type);
  to.append(payload);
}

std::size_t EncodedEventBytes(std::string_view type, std::string_view payload) {
  return EventLayout::kTypeOffset + type.size() + payload.size();
}

std::string EncodePosition(std::string_view stream, std::string_view consumer,
                           std::uint64_t position) {
  std::string payload;
  AppendLittleEndian(payload, position);
  return payload + EncodeConsumer(stream, consumer);
}

std::string EncodeConsumer(std::string_view stream, std::string_view consumer) {
  std::string payload;
  AppendLittleEndian(payload, static_cast<std::uint16_t>(stream.size()));
  payload.append(stream);
  payload.append(consumer);
  return payload;
}

std::string EncodeHead(const Head& head) {
  std::string row;
  row.reserve(HeadLayout::kBytes);
  AppendLittleEndian(row, head.length);
  row.append(AsBytes(head.hash));
  AppendLittleEndian(row, head.first_time.micros());
  AppendLittleEndian(row, head.last_time.micros());
  AppendLittleEndian(row, head.payload_bytes);
  return row;
}

std::string EncodeChunk(Timestamp time, const AppendPayload& append) {
  std::string row;
  row.reserve(sizeof(std::uint64_t) + append.batch.size() +
              append.events.size() * sizeof(EventHash));
  AppendLittleEndian(row, time.micros());
  row.append(append.batch.substr(0, BatchLayout::kEventsOffset));
  row.append(append.events.size() * sizeof(EventHash), '\0');
  row.append(append.batch.substr(BatchLayout::kEventsOffset));
  return row;
}

absl::StatusOr<AppendPayload> DecodeAppend(std::string_view payload) {
  constexpr std::string_view kWhat = "EventAppend";
  AppendPayload append;
  ByteReader reader(payload);
  append.stream = reader.ReadBytes(reader.Read<std::uint16_t>());
  append.batch = reader.rest();
  const std::uint32_t count = reader.Read<std::uint32_t>();
  if (!reader.ok() || !IsName(append.stream)) {
    return DataLoss(kWhat, ": not a stream and a batch (", payload.size(), " bytes)");
  }
  VARVE_RETURN_IF_ERROR(CheckCount(kWhat, count));
  VARVE_RETURN_IF_ERROR(ReadEvents(kWhat, reader.rest(), count, append.events));
  return append;
}

absl::StatusOr<PositionPayload> DecodePosition(std::string_view payload) {
  ByteReader reader(payload);
  PositionPayload position;
  position.position = reader.Read<std::uint64_t>();
  VARVE_RETURN_IF_ERROR(ReadConsumer("Event position", reader, position));
  return position;
}

absl::StatusOr<PositionPayload> DecodeConsumer(std::string_view payload) {
  ByteReader reader(payload);
  PositionPayload consumer;
  VARVE_RETURN_IF_ERROR(ReadConsumer("EventForgetConsumer", reader, consumer));
  return consumer;
}

absl::StatusOr<Head> DecodeHead(std::string_view row) {
  ByteReader reader(row);
  Head head;
  head.length = reader.Read<std::uint64_t>();
  const std::string_view hash = reader.ReadBytes(head.hash.size());
  head.first_time = Timestamp(reader.Read<std::uint64_t>());
  head.last_time = Timestamp(reader.Read<std::uint64_t>());
  head.payload_bytes = reader.Read<std::uint64_t>();
  if (!reader.ok() || !reader.rest().empty()) {
    return DataLoss("Event stream row: ", row.size(), " bytes, not ", HeadLayout::kBytes);
  }
  std::memcpy(head.hash.data(), hash.data(), hash.size());
  return head;
}

absl::StatusOr<Chunk> DecodeChunk(std::string_view row) {
  constexpr std::string_view kWhat = "Event row";
  ByteReader reader(row);
  Chunk chunk;
  chunk.time = Timestamp(reader.Read<std::uint64_t>());
  const std::uint32_t count = reader.Read<std::uint32_t>();
  if (!reader.ok()) return DataLoss(kWhat, ": cut after ", row.size(), " bytes");
  VARVE_RETURN_IF_ERROR(CheckCount(kWhat, count));
  chunk.hashes = reader.ReadBytes(count * sizeof(EventHash));
  if (!reader.ok()) return DataLoss(kWhat, ": cut within its hashes");
  VARVE_RETURN_IF_ERROR(ReadEvents(kWhat, reader.rest(), count, chunk.events));
  return chunk;
}

std::string NamePrefix(std::string_view stream) {
  std::string key;
  AppendBigEndian16(key, stream.size());
  key.append(stream);
  return key;
}

std::string NamePrefix(std::string_view stream, std::string_view second) {
  return NamePrefix(stream) + NamePrefix(second);
}

std::string WithSequence(std::string prefix, std::uint64_t sequence) {
  AppendBigEndian64(prefix, sequence);
  return prefix;
}

absl::StatusOr<SequenceKey> ParseEventKey(std::string_view key) {
  SequenceKey parsed;
  if (TakeName(key, parsed.stream) && TakeSequence(key, parsed.sequence)) return parsed;
  return DataLoss("Event row: its key is not a stream and a sequence");
}

absl::StatusOr<SequenceKey> ParseTypeKey(std::string_view key) {
  SequenceKey parsed;
  if (TakeName(key, parsed.stream) && TakeName(key, parsed.second) &&
      TakeSequence(key, parsed.sequence)) {
    return parsed;
  }
  return DataLoss("Event type row: its key is not a stream, a type and a sequence");
}

absl::StatusOr<SequenceKey> ParseConsumerKey(std::string_view key) {
  SequenceKey parsed;
  if (TakeName(key, parsed.stream) && TakeName(key, parsed.second) && key.empty()) return parsed;
  return DataLoss("Event consumer row: its key is not a stream and a consumer");
}

}  // namespace varve::event
