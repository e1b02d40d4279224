// EventPrimitive::CheckRows: I1 to I4, and the types table both ways.
#include <algorithm>

#include "kernel/base/codec.h"
#include "kernel/row_walk.h"
#include "primitives/event/event_chain.h"
#include "primitives/event/event_chunks.h"
#include "primitives/event/event_payload.h"
#include "primitives/event/event_primitive.h"

namespace varve {

namespace {

// Every row that holds events: one stream behind the other, so one chain is in memory at a time.
class StreamsCheck final {
 public:
  explicit StreamsCheck(RowWalk& walk) : walk_(walk) {}

  absl::Status Add(const RunId& run, const Row& row) {
    const absl::StatusOr<event::SequenceKey> key = event::ParseEventKey(row.key);
    if (!key.ok()) return InRun(key.status(), run);
    if (!open_ || run != run_ || key->stream != stream_) {
      VARVE_RETURN_IF_ERROR(Finish());
      run_ = run;
      stream_ = std::string(key->stream);
      chain_ = event::ChainCheck();
      open_ = true;
    }
    const absl::StatusOr<event::StoredChunk> chunk = event::DecodeStored(key->sequence, row);
    if (!chunk.ok()) return Bad(FromAbsl(chunk.status().message()));
    const std::string fault = chain_.Add(*chunk);
    if (!fault.empty()) return Bad(fault);
    return CheckTypes(*chunk);
  }

  // The stream that was looked at last has no more rows.
  absl::Status Finish() {
    if (!open_) return absl::OkStatus();
    const absl::StatusOr<std::optional<event::Head>> head =
        event::ReadHead(walk_.view(), run_, stream_);
    if (!head.ok()) return Bad(FromAbsl(head.status().message()));
    const std::string fault = chain_.Finish(*head);
    return fault.empty() ? absl::OkStatus() : Bad(fault);
  }

 private:
  [[nodiscard]] absl::Status Bad(std::string_view fault) const {
    return InRun(Broken("stream ", Quoted(stream_), ", event ", chain_.verified(), ": ", fault),
                 run_);
  }

  // Each type of the row's events must have its line.
  absl::Status CheckTypes(const event::StoredChunk& chunk) {
    std::string_view last;
    for (const event::EventImage& image : chunk.chunk.events) {
      if (image.type == last) continue;
      last = image.type;
      const std::string line =
          event::WithSequence(event::NamePrefix(stream_, image.type), chunk.first);
      VARVE_ASSIGN_OR_RETURN(const bool there, walk_.Has(kEventTypes, run_, line));
      if (there) continue;
      return InRun(Broken("stream ", Quoted(stream_), ", events from ", chunk.first, ": the type ",
                          Quoted(image.type), " does not lead to them"),
                   run_);
    }
    return absl::OkStatus();
  }

  RowWalk& walk_;
  bool open_ = false;
  RunId run_;
  std::string stream_;
  event::ChainCheck chain_;
};

absl::Status CheckStreams(RowWalk& walk) {
  StreamsCheck streams(walk);
  VARVE_RETURN_IF_ERROR(walk.Visit(
      kEventRows, [&](const RunId& run, const Row& row) { return streams.Add(run, row); }));
  return streams.Finish();
}

// A head whose stream has rows has been compared with them: here only one that has none shows.
absl::Status CheckHeads(RowWalk& walk) {
  return walk.Check(kEventStreams, [&](const RunId& run, const Row& row) -> absl::Status {
    VARVE_ASSIGN_OR_RETURN(const event::Head head, event::DecodeHead(row.value));
    const std::string first = event::WithSequence(event::NamePrefix(row.key), 0);
    VARVE_ASSIGN_OR_RETURN(const bool there, walk.Has(kEventRows, run, first));
    if (there) return absl::OkStatus();
    return Broken("stream ", Quoted(row.key), ": its head counts ", head.length,
                  " events, and there are none");
  });
}

absl::Status CheckConsumers(RowWalk& walk) {
  return walk.Check(kEventConsumers, [&](const RunId& run, const Row& row) -> absl::Status {
    VARVE_ASSIGN_OR_RETURN(const event::SequenceKey key, event::ParseConsumerKey(row.key));
    ByteReader reader(row.value);
    const auto position = reader.Read<std::uint64_t>();
    if (!reader.ok() || !reader.rest().empty()) {
      return Broken("consumer ", Quoted(key.second), " of stream ", Quoted(key.stream),
                    ": its row is not a position");
    }
    VARVE_ASSIGN_OR_RETURN(const std::optional<event::Head> head,
                           event::ReadHead(walk.view(), run, key.stream));
    const std::uint64_t length = head.has_value() ? head->length : 0;
    if (position <= length) return absl::OkStatus();
    return Broken("consumer ", Quoted(key.second), " stands at ", position, " of stream ",
                  Quoted(key.stream), ", which has ", length, " events");
  });
}

absl::Status CheckTypeLines(RowWalk& walk) {
  return walk.Check(kEventTypes, [&](const RunId& run, const Row& row) -> absl::Status {
    VARVE_ASSIGN_OR_RETURN(const event::SequenceKey key, event::ParseTypeKey(row.key));
    const std::string place = event::WithSequence(event::NamePrefix(key.stream), key.sequence);
    VARVE_ASSIGN_OR_RETURN(const std::optional<Row> found, walk.view().Get(kEventRows, run, place));
    if (found.has_value()) {
      VARVE_ASSIGN_OR_RETURN(const event::Chunk chunk, event::DecodeChunk(found->value));
      const bool holds =
          std::any_of(chunk.events.begin(), chunk.events.end(),
                      [&](const event::EventImage& image) { return image.type == key.second; });
      if (holds) return absl::OkStatus();
    }
    return Broken("stream ", Quoted(key.stream), ": the type ", Quoted(key.second),
                  " leads to events from ", key.sequence, ", which are not of it");
  });
}

}  // namespace

absl::Status EventPrimitive::CheckRows(ReadView& view, const CheckProgress& progress) const {
  RowWalk walk(view, progress);
  VARVE_RETURN_IF_ERROR(CheckStreams(walk));
  VARVE_RETURN_IF_ERROR(CheckHeads(walk));
  VARVE_RETURN_IF_ERROR(CheckConsumers(walk));
  return CheckTypeLines(walk);
}

}  // namespace varve
