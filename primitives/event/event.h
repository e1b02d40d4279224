// Event: streams of events that only grow, each event with a sequence, a time and a hash.
//
//   store.Update([](varve::Transaction& txn) -> absl::Status {
//     varve::Events events(txn);
//     VARVE_RETURN_IF_ERROR(
//         events.Append("agent/7", "thought", R"({"text":"look it up"})").status());
//     return events.Append("agent/7", "tool_call", R"({"tool":"search"})").status();
//   });
//
//   store.Read([](varve::ReadView& view) -> absl::Status {
//     varve::Events events(view);
//     varve::EventScan calls = events.Scan("agent/7", {.type = "tool_call", .limit = 100});
//     for (const varve::Event& event : calls) std::cout << event.sequence << event.payload << "\n";
//     return calls.status();
//   });
//
//   // Wait for what comes next, from another thread or process loop:
//   auto fresh = varve::Events::Tail(store, "agent/7", next,
//                                    {.patience = std::chrono::seconds(1)});
//
// Sequences count from 0 in each stream, without gaps. They are given at commit: appending reads
// nothing that could conflict, so any number of writers append to one stream and none has to retry.
// What Append answers is what the sequence is as far as the transaction can see; where other
// writers are at work, ask Appended with the receipt's LSN.
//
// A type is 1 to 256 bytes, a stream name too, any bytes. A payload is the text of one JSON object,
// at most 16 MiB and 128 levels deep (empty objects and arrays are no level); it is kept as it was
// given, byte for byte. Past a limit of size the answer is kResourceExhausted, otherwise
// kInvalidArgument, and nothing is written.
//
// Every read can also answer kDataLoss: a stored row failed its checksum.
#ifndef VARVE_PRIMITIVES_EVENT_EVENT_H_
#define VARVE_PRIMITIVES_EVENT_EVENT_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/reader.h"
#include "kernel/transaction.h"
#include "primitives/event/event_hash.h"
#include "primitives/event/event_scan.h"

namespace varve {

class Store;

// One event to append.
struct NewEvent {
  std::string_view type{};
  std::string_view payload{};
};

// Events `first` to `first + count - 1`.
struct EventSpan {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

// An event that outlives its reader.
struct EventCopy {
  std::uint64_t sequence = 0;
  std::string type{};
  std::string payload{};
  Timestamp time{};
  EventHash hash{};
  Lsn lsn{};
};

// What one look at a stream tells.
struct StreamInfo {
  std::string name{};
  std::uint64_t length = 0;  // events; the next sequence
  Timestamp first_time{};
  Timestamp last_time{};
  std::uint64_t payload_bytes = 0;
  EventHash head{};  // hash of the last event
};

struct ConsumerPosition {
  std::string consumer{};
  std::uint64_t position = 0;
};

// What VerifyChain found.
struct ChainVerdict {
  std::uint64_t verified = 0;          // events from the first on that are as they were appended
  std::optional<std::uint64_t> bad{};  // sequence of the first that is not, or is missing
  std::string fault{};                 // what is wrong with it; empty where nothing is
};

struct EventTailOptions {
  std::chrono::nanoseconds patience = std::chrono::seconds(10);  // zero: do not wait
  std::uint64_t limit = 1000;                                    // events; at least 1
  RunId run{};
};

// Names behind `after` (empty: from the first), at most `limit` (at least 1).
struct EventListOptions {
  std::string_view prefix{};
  std::string_view after{};
  std::uint64_t limit = 1000;
};

// The streams of one run. A thin, copyable handle; the transaction or reader must outlive it and
// everything it returns. One thread at a time, as its reader.
class Events final {
 public:
  // Reads and writes. `run`: whose streams; nil is the default run.
  explicit Events(Transaction& transaction, const RunId& run = {});
  // Reads. Every writing call answers kFailedPrecondition.
  explicit Events(Reader& reader, const RunId& run = {});

  // The sequence that the event has in this transaction. Others may append before it commits, and
  // the event then stands behind theirs: see Appended.
  [[nodiscard]] absl::StatusOr<std::uint64_t> Append(std::string_view stream, std::string_view type,
                                                     std::string_view payload);
  // All of them, one behind the other, or none. At least one, else kInvalidArgument.
  [[nodiscard]] absl::StatusOr<EventSpan> AppendMany(std::string_view stream,
                                                     std::span<const NewEvent> events);
  // What the transaction that committed at `lsn` (Receipt::lsn) appended to the stream; a count of
  // zero where it appended nothing. O(log events).
  [[nodiscard]] absl::StatusOr<EventSpan> Appended(std::string_view stream, Lsn lsn) const;

  [[nodiscard]] absl::StatusOr<std::optional<Event>> Get(std::string_view stream,
                                                         std::uint64_t sequence) const;
  [[nodiscard]] absl::StatusOr<std::optional<Event>> Last(std::string_view stream) const;
  // By sequence, type and time, either way: see EventScanOptions.
  [[nodiscard]] EventScan Scan(std::string_view stream, const EventScanOptions& options = {}) const;
  // The first event at or after `time`; the length where there is none. O(log events).
  [[nodiscard]] absl::StatusOr<std::uint64_t> FirstSince(std::string_view stream,
                                                         Timestamp time) const;

  // 0 where there is no such stream. In a transaction this is a read like any other: an Append that
  // must go where you looked conflicts with one in between.
  [[nodiscard]] absl::StatusOr<std::uint64_t> Length(std::string_view stream) const;
  // One row, however long the stream is. nullopt: there is no such stream.
  [[nodiscard]] absl::StatusOr<std::optional<StreamInfo>> Info(std::string_view stream) const;
  [[nodiscard]] absl::StatusOr<std::vector<StreamInfo>> ListStreams(
      const EventListOptions& options = {}) const;

  // How far a named consumer has got: the sequence of the event that it wants next. A position only
  // goes forward, whatever the order of commits: committing a smaller one changes nothing.
  // kOutOfRange: beyond the length of the stream. Never conflicts.
  [[nodiscard]] absl::Status CommitPosition(std::string_view stream, std::string_view consumer,
                                            std::uint64_t position);
  // Sets it, also back. kOutOfRange as above.
  [[nodiscard]] absl::Status ResetPosition(std::string_view stream, std::string_view consumer,
                                           std::uint64_t position = 0);
  // OK also where there is no such consumer.
  [[nodiscard]] absl::Status ForgetConsumer(std::string_view stream, std::string_view consumer);
  // nullopt: it has none.
  [[nodiscard]] absl::StatusOr<std::optional<std::uint64_t>> Position(
      std::string_view stream, std::string_view consumer) const;
  [[nodiscard]] absl::StatusOr<std::vector<ConsumerPosition>> ListConsumers(
      std::string_view stream, const EventListOptions& options = {}) const;

  // Computes the hash of every event again, from the first, and compares it with the stored one
  // and the last with the head. O(events).
  [[nodiscard]] absl::StatusOr<ChainVerdict> VerifyChain(std::string_view stream) const;

  // Events from `from` on, as soon as there is one; none where `patience` ends first. Blocks; woken
  // by commits. Call it without an open transaction or view of one's own.
  // kFailedPrecondition: the store was closed meanwhile.
  [[nodiscard]] static absl::StatusOr<std::vector<EventCopy>> Tail(
      Store& store, std::string_view stream, std::uint64_t from,
      const EventTailOptions& options = {});

 private:
  [[nodiscard]] absl::Status CheckWritable() const;
  [[nodiscard]] absl::Status WriteConsumer(EntryType type, std::string_view stream,
                                           std::string_view consumer, std::uint64_t position);

  Reader* reader_;
  Transaction* transaction_;  // null: read-only
  RunId run_;
};

[[nodiscard]] EventCopy CopyOf(const Event& event);

}  // namespace varve

#endif  // VARVE_PRIMITIVES_EVENT_EVENT_H_
