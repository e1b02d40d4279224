#include "primitives/event/event.h"

#include <limits>
#include <utility>

#include "kernel/base/codec.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "kernel/entry.h"
#include "kernel/store.h"
#include "primitives/event/event_chunks.h"
#include "primitives/event/event_json.h"
#include "primitives/event/event_primitive.h"

namespace varve {

namespace {

absl::Status CheckEvent(const NewEvent& event) {
  VARVE_RETURN_IF_ERROR(event::CheckName("event type", event.type));
  if (event.payload.size() > kValueBytesMax) {
    return ResourceExhausted("the payload has ", event.payload.size(), " bytes: the limit is ",
                             kValueBytesMax);
  }
  return event::CheckJsonObject(event.payload);
}

absl::Status CheckLimit(std::uint64_t limit) {
  if (limit > 0) return absl::OkStatus();
  return InvalidArgument("a list with the limit 0 gives nothing: the least limit is 1");
}

// The payloads of the entries that append `events`, each within the size of one row.
std::vector<std::string> EncodeEntries(std::string_view stream, std::span<const NewEvent> events) {
  std::vector<std::string> payloads;
  std::size_t count = 0;
  for (const NewEvent& event : events) {
    const std::size_t bytes = event::EncodedEventBytes(event.type, event.payload);
    const bool full = payloads.empty() || count == event::kBatchEventsMax ||
                      payloads.back().size() + bytes > event::kBatchBytesTarget;
    if (full) {
      event::BeginAppend(payloads.emplace_back(), stream);
      count = 0;
    }
    event::AppendEvent(payloads.back(), stream, event.type, event.payload);
    ++count;
  }
  return payloads;
}

// Names in order, behind `prefix` + `after`, within `prefix`.
KeyRange ListRange(const std::string& prefix, const std::string& after, bool has_after) {
  KeyRange range = KeyRange::Prefix(prefix);
  if (has_after && after >= range.begin) range.begin = after + '\0';
  return range;
}

bool IsEmpty(const KeyRange& range) { return !range.end.empty() && range.begin >= range.end; }

StreamInfo InfoOf(std::string_view name, const event::Head& head) {
  return {.name = std::string(name),
          .length = head.length,
          .first_time = head.first_time,
          .last_time = head.last_time,
          .payload_bytes = head.payload_bytes,
          .head = head.hash};
}

absl::StatusOr<std::uint64_t> DecodeStoredPosition(std::string_view value) {
  if (value.size() == sizeof(std::uint64_t)) return LoadLittleEndian<std::uint64_t>(value.data());
  return MakeStatus(absl::StatusCode::kDataLoss, "Event consumer row: not a position");
}

absl::StatusOr<std::vector<EventCopy>> CopyFrom(Reader& reader, std::string_view stream,
                                                std::uint64_t from,
                                                const EventTailOptions& options) {
  std::vector<EventCopy> copies;
  EventScan scan = Events(reader, options.run).Scan(stream, {.from = from, .limit = options.limit});
  for (const Event& event : scan) copies.push_back(CopyOf(event));
  VARVE_RETURN_IF_ERROR(scan.status());
  return copies;
}

}  // namespace

Events::Events(Transaction& transaction, const RunId& run)
    : reader_(&transaction), transaction_(&transaction), run_(run) {}

Events::Events(Reader& reader, const RunId& run)
    : reader_(&reader), transaction_(nullptr), run_(run) {}

absl::Status Events::CheckWritable() const {
  if (transaction_ == nullptr) {
    return FailedPrecondition(
        "this Events is on a read-only view: write through one on a Transaction");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::uint64_t> Events::Append(std::string_view stream, std::string_view type,
                                             std::string_view payload) {
  const NewEvent event{.type = type, .payload = payload};
  VARVE_ASSIGN_OR_RETURN(const EventSpan span, AppendMany(stream, {&event, 1}));
  return span.first;
}

absl::StatusOr<EventSpan> Events::AppendMany(std::string_view stream,
                                             std::span<const NewEvent> events) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  VARVE_RETURN_IF_ERROR(event::CheckName("stream name", stream));
  if (events.empty()) return InvalidArgument("AppendMany without an event: give at least one");
  for (const NewEvent& event : events) VARVE_RETURN_IF_ERROR(CheckEvent(event));

  // All or none: whether they fit is known before the first is written.
  const std::vector<std::string> payloads = EncodeEntries(stream, events);
  std::uint64_t bytes = transaction_->bytes();
  for (const std::string& payload : payloads) {
    bytes += EncodedEntryBytes({.type = kEventAppend, .run = run_, .payload = payload});
  }
  if (bytes > kTransactionBytesMax) {
    return ResourceExhausted("the transaction would hold ", bytes,
                             " bytes, more than the limit of ", kTransactionBytesMax,
                             ": commit in smaller steps");
  }
  for (const std::string& payload : payloads) {
    VARVE_RETURN_IF_ERROR(
        transaction_->Write({.type = kEventAppend, .run = run_, .payload = payload}));
  }
  // A row that this transaction has just written: reading it is no read that can conflict.
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t length, Length(stream));
  return EventSpan{.first = length - events.size(), .count = events.size()};
}

absl::StatusOr<EventSpan> Events::Appended(std::string_view stream, Lsn lsn) const {
  VARVE_RETURN_IF_ERROR(event::CheckName("stream name", stream));
  if (lsn == Lsn() || lsn == kLsnMax) return EventSpan();  // of no transaction
  // This transaction's own rows have no LSN yet; they are later than all others.
  const auto reached = [](Lsn least) {
    return [least](const event::StoredChunk& chunk) {
      return chunk.lsn == Lsn() || chunk.lsn >= least;
    };
  };
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t first,
                         event::FirstSequenceWhere(*reader_, run_, stream, reached(lsn)));
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t end,
                         event::FirstSequenceWhere(*reader_, run_, stream, reached(lsn.Next())));
  return EventSpan{.first = first, .count = end - first};
}

absl::StatusOr<std::optional<Event>> Events::Get(std::string_view stream,
                                                 std::uint64_t sequence) const {
  VARVE_RETURN_IF_ERROR(event::CheckName("stream name", stream));
  VARVE_ASSIGN_OR_RETURN(const std::optional<event::StoredChunk> chunk,
                         event::ChunkAt(*reader_, run_, stream, sequence));
  if (!chunk.has_value() || sequence >= chunk->end()) return std::nullopt;
  const std::size_t index = sequence - chunk->first;
  const event::EventImage& image = chunk->chunk.events[index];
  return Event{.sequence = sequence,
               .type = image.type,
               .payload = image.payload,
               .time = chunk->chunk.time,
               .hash = chunk->chunk.HashAt(index),
               .lsn = chunk->lsn};
}

absl::StatusOr<std::optional<Event>> Events::Last(std::string_view stream) const {
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t length, Length(stream));
  if (length == 0) return std::nullopt;
  return Get(stream, length - 1);
}

EventScan Events::Scan(std::string_view stream, const EventScanOptions& options) const {
  return EventScan(*reader_, run_, stream, options);
}

absl::StatusOr<std::uint64_t> Events::FirstSince(std::string_view stream, Timestamp time) const {
  VARVE_RETURN_IF_ERROR(event::CheckName("stream name", stream));
  return event::FirstSequenceSince(*reader_, run_, stream, time);
}

absl::StatusOr<std::uint64_t> Events::Length(std::string_view stream) const {
  VARVE_RETURN_IF_ERROR(event::CheckName("stream name", stream));
  VARVE_ASSIGN_OR_RETURN(const std::optional<event::Head> head,
                         event::ReadHead(*reader_, run_, stream));
  return head.has_value() ? head->length : 0;
}

absl::StatusOr<std::optional<StreamInfo>> Events::Info(std::string_view stream) const {
  VARVE_RETURN_IF_ERROR(event::CheckName("stream name", stream));
  VARVE_ASSIGN_OR_RETURN(const std::optional<event::Head> head,
                         event::ReadHead(*reader_, run_, stream));
  if (!head.has_value()) return std::nullopt;
  return InfoOf(stream, *head);
}

absl::StatusOr<std::vector<StreamInfo>> Events::ListStreams(const EventListOptions& options) const {
  VARVE_RETURN_IF_ERROR(CheckLimit(options.limit));
  std::vector<StreamInfo> streams;
  const KeyRange range =
      ListRange(std::string(options.prefix), std::string(options.after), !options.after.empty());
  if (IsEmpty(range)) return streams;
  const std::unique_ptr<RowScan> scan = reader_->Scan(kEventStreams, run_, range);
  for (; scan->valid() && streams.size() < options.limit; scan->Next()) {
    VARVE_ASSIGN_OR_RETURN(const event::Head head, event::DecodeHead(scan->row().value));
    streams.push_back(InfoOf(scan->row().key, head));
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  return streams;
}

absl::Status Events::WriteConsumer(EntryType type, std::string_view stream,
                                   std::string_view consumer, std::uint64_t position) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  VARVE_RETURN_IF_ERROR(event::CheckName("stream name", stream));
  VARVE_RETURN_IF_ERROR(event::CheckName("consumer name", consumer));
  const std::string payload = type == kEventForgetConsumer
                                  ? event::EncodeConsumer(stream, consumer)
                                  : event::EncodePosition(stream, consumer, position);
  return transaction_->Write({.type = type, .run = run_, .payload = payload});
}

absl::Status Events::CommitPosition(std::string_view stream, std::string_view consumer,
                                    std::uint64_t position) {
  return WriteConsumer(kEventCommitPosition, stream, consumer, position);
}

absl::Status Events::ResetPosition(std::string_view stream, std::string_view consumer,
                                   std::uint64_t position) {
  return WriteConsumer(kEventResetPosition, stream, consumer, position);
}

absl::Status Events::ForgetConsumer(std::string_view stream, std::string_view consumer) {
  return WriteConsumer(kEventForgetConsumer, stream, consumer, 0);
}

absl::StatusOr<std::optional<std::uint64_t>> Events::Position(std::string_view stream,
                                                              std::string_view consumer) const {
  VARVE_RETURN_IF_ERROR(event::CheckName("stream name", stream));
  VARVE_RETURN_IF_ERROR(event::CheckName("consumer name", consumer));
  const std::string key = event::NamePrefix(stream, consumer);
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, reader_->Get(kEventConsumers, run_, key));
  if (!row.has_value()) return std::nullopt;
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t position, DecodeStoredPosition(row->value));
  return std::optional<std::uint64_t>(position);
}

// Consumers stand in the order of their length, then their name: a cursor is a name all the same.
absl::StatusOr<std::vector<ConsumerPosition>> Events::ListConsumers(
    std::string_view stream, const EventListOptions& options) const {
  VARVE_RETURN_IF_ERROR(CheckLimit(options.limit));
  VARVE_RETURN_IF_ERROR(event::CheckName("stream name", stream));
  std::vector<ConsumerPosition> consumers;
  const KeyRange range = ListRange(
      event::NamePrefix(stream), event::NamePrefix(stream, options.after), !options.after.empty());
  const std::unique_ptr<RowScan> scan = reader_->Scan(kEventConsumers, run_, range);
  for (; scan->valid() && consumers.size() < options.limit; scan->Next()) {
    VARVE_ASSIGN_OR_RETURN(const event::SequenceKey key, event::ParseConsumerKey(scan->row().key));
    if (!key.second.starts_with(options.prefix)) continue;
    VARVE_ASSIGN_OR_RETURN(const std::uint64_t position, DecodeStoredPosition(scan->row().value));
    consumers.push_back({.consumer = std::string(key.second), .position = position});
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  return consumers;
}

absl::StatusOr<std::vector<EventCopy>> Events::Tail(Store& store, std::string_view stream,
                                                    std::uint64_t from,
                                                    const EventTailOptions& options) {
  using Steady = std::chrono::steady_clock;
  const Steady::time_point begun = Steady::now();
  while (true) {
    Lsn seen;
    {
      // The view ends before the wait: it would hold back what checkpoints can free.
      VARVE_ASSIGN_OR_RETURN(ReadView view, store.View());
      seen = view.lsn();
      VARVE_ASSIGN_OR_RETURN(std::vector<EventCopy> copies, CopyFrom(view, stream, from, options));
      if (!copies.empty()) return copies;
    }
    const std::chrono::nanoseconds waited = Steady::now() - begun;
    if (waited >= options.patience) return std::vector<EventCopy>();
    VARVE_RETURN_IF_ERROR(store.WaitVisible(seen, options.patience - waited).status());
  }
}

EventCopy CopyOf(const Event& event) {
  return {.sequence = event.sequence,
          .type = std::string(event.type),
          .payload = std::string(event.payload),
          .time = event.time,
          .hash = event.hash,
          .lsn = event.lsn};
}

}  // namespace varve
