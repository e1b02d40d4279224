// The bytes of Event: entry payloads, table keys and row values. Normative text:
// docs/format/event.md.
//
// An EventAppend carries a batch ready made, and the batch is stored as it is, in one row: Apply
// adds the time and one hash for each event, and copies the rest.
#ifndef VARVE_PRIMITIVES_EVENT_EVENT_PAYLOAD_H_
#define VARVE_PRIMITIVES_EVENT_EVENT_PAYLOAD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/base/ids.h"
#include "kernel/base/limits.h"
#include "primitives/event/event_hash.h"

namespace varve::event {

// One entry, and so one row, holds at most this many events; a handle splits what is more.
inline constexpr std::size_t kBatchEventsMax = 1024;
// A handle begins another entry where one would grow past this, unless it is a single event.
inline constexpr std::size_t kBatchBytesTarget = std::size_t{128} << 10;

struct AppendLayout {  // docs/format/event.md, EVENT-1. Frozen at payload version 1.
  static constexpr std::size_t kStreamLengthOffset = 0;  // u16
  static constexpr std::size_t kStreamOffset = 2;        // then the batch, to the end
};

struct BatchLayout {                               // EVENT-2. Frozen at payload version 1.
  static constexpr std::size_t kCountOffset = 0;   // u32
  static constexpr std::size_t kEventsOffset = 4;  // one behind the other, to the end
};

struct EventLayout {                                      // EVENT-3. Frozen at payload version 1.
  static constexpr std::size_t kTypeLengthOffset = 0;     // u16
  static constexpr std::size_t kPayloadLengthOffset = 2;  // u32
  static constexpr std::size_t kTypeOffset = 6;           // then the payload
};
// What one event of the largest size takes in a batch.
inline constexpr std::size_t kEventBytesMax =
    EventLayout::kTypeOffset + kNameBytesMax + kValueBytesMax;

struct PositionLayout {                                  // EVENT-4. Frozen at payload version 1.
  static constexpr std::size_t kPositionOffset = 0;      // u64; not in EventForgetConsumer
  static constexpr std::size_t kStreamLengthOffset = 8;  // u16, then the stream, the consumer
};

struct ChunkLayout {  // EVENT-8, a row of the events table. Frozen at payload version 1.
  static constexpr std::size_t kTimeOffset = 0;     // u64
  static constexpr std::size_t kCountOffset = 8;    // u32
  static constexpr std::size_t kHashesOffset = 12;  // count x 32 bytes, then the events
};

struct HeadLayout {  // EVENT-7, a row of the streams table. Frozen at payload version 1.
  static constexpr std::size_t kLengthOffset = 0;         // u64
  static constexpr std::size_t kHashOffset = 8;           // 32 bytes
  static constexpr std::size_t kFirstTimeOffset = 40;     // u64
  static constexpr std::size_t kLastTimeOffset = 48;      // u64
  static constexpr std::size_t kPayloadBytesOffset = 56;  // u64
  static constexpr std::size_t kBytes = 64;
};

// kInvalidArgument: empty. kResourceExhausted: past kNameBytesMax. `what` names it in the message.
[[nodiscard]] absl::Status CheckName(std::string_view what, std::string_view name);

// Views below borrow from the bytes that they were decoded from.

struct EventImage {
  std::string_view type{};
  std::string_view payload{};
  std::string_view bytes{};  // the whole event as it stands in the batch: what is hashed
};

struct AppendPayload {
  std::string_view stream{};
  std::string_view batch{};
  std::vector<EventImage> events{};
};

struct PositionPayload {
  std::uint64_t position = 0;
  std::string_view stream{};
  std::string_view consumer{};
};

struct Chunk {
  Timestamp time{};
  std::string_view hashes{};
  std::vector<EventImage> events{};

  [[nodiscard]] EventHash HashAt(std::size_t index) const;
};

struct Head {
  std::uint64_t length = 0;
  EventHash hash{};
  Timestamp first_time{};
  Timestamp last_time{};
  std::uint64_t payload_bytes = 0;
};

// Encoders are given what is within its limits (the caller's bug where not).

// `to` becomes an EventAppend without events; AppendEvent adds one.
void BeginAppend(std::string& to, std::string_view stream);
void AppendEvent(std::string& to, std::string_view stream, std::string_view type,
                 std::string_view payload);
[[nodiscard]] std::size_t EncodedEventBytes(std::string_view type, std::string_view payload);

[[nodiscard]] std::string EncodePosition(std::string_view stream, std::string_view consumer,
                                         std::uint64_t position);
[[nodiscard]] std::string EncodeConsumer(std::string_view stream, std::string_view consumer);
[[nodiscard]] std::string EncodeHead(const Head& head);
// A row of the events table: everything but the hashes, which stand zero at kHashesOffset.
[[nodiscard]] std::string EncodeChunk(Timestamp time, const AppendPayload& append);

// Decoders answer kDataLoss for whatever the encoders cannot have written.
[[nodiscard]] absl::StatusOr<AppendPayload> DecodeAppend(std::string_view payload);
[[nodiscard]] absl::StatusOr<PositionPayload> DecodePosition(std::string_view payload);
[[nodiscard]] absl::StatusOr<PositionPayload> DecodeConsumer(std::string_view payload);
[[nodiscard]] absl::StatusOr<Head> DecodeHead(std::string_view row);
[[nodiscard]] absl::StatusOr<Chunk> DecodeChunk(std::string_view row);

// Table keys (EVENT-6): names with their length before them, so that none is the prefix of another.
[[nodiscard]] std::string NamePrefix(std::string_view stream);
[[nodiscard]] std::string NamePrefix(std::string_view stream, std::string_view second);
[[nodiscard]] std::string WithSequence(std::string prefix, std::uint64_t sequence);

struct SequenceKey {
  std::string_view stream{};
  std::string_view second{};  // a type; empty in the events table
  std::uint64_t sequence = 0;
};
[[nodiscard]] absl::StatusOr<SequenceKey> ParseEventKey(std::string_view key);
[[nodiscard]] absl::StatusOr<SequenceKey> ParseTypeKey(std::string_view key);
// Of the consumers table; `sequence` is 0.
[[nodiscard]] absl::StatusOr<SequenceKey> ParseConsumerKey(std::string_view key);

}  // namespace varve::event

#endif  // VARVE_PRIMITIVES_EVENT_EVENT_PAYLOAD_H_
