// Events::VerifyChain: every hash of a stream, computed again.
#include "kernel/base/status.h"
#include "primitives/event/event.h"
#include "primitives/event/event_chunks.h"
#include "primitives/event/event_primitive.h"

namespace varve {

namespace {

// A chain as far as it has been checked.
struct Checked {
  std::uint64_t length = 0;
  EventHash hash{};
  Timestamp time{};
};

ChainVerdict Bad(const Checked& checked, std::string fault) {
  return {.verified = checked.length, .bad = checked.length, .fault = std::move(fault)};
}

// The fault of the first event of the row that is not as it was appended; empty where all are.
std::string CheckChunk(const event::StoredChunk& chunk, Checked& checked) {
  if (chunk.first != checked.length) {
    return "it is missing: the next row begins at sequence " + std::to_string(chunk.first);
  }
  if (chunk.chunk.time < checked.time) return "its time is before that of the event before it";
  for (std::size_t index = 0; index < chunk.chunk.events.size(); ++index) {
    const EventHash hash = event::ChainHash(checked.hash, checked.length, chunk.chunk.time,
                                            chunk.chunk.events[index].bytes);
    if (hash != chunk.chunk.HashAt(index)) {
      return "its stored hash is " + event::HashText(chunk.chunk.HashAt(index)) +
             ", its content and the events before it give " + event::HashText(hash);
    }
    checked.hash = hash;
    ++checked.length;
  }
  checked.time = chunk.chunk.time;
  return {};
}

std::string CheckHead(const std::optional<event::Head>& head, const Checked& checked) {
  if (!head.has_value()) return checked.length == 0 ? "" : "the stream has events but no head";
  if (head->length != checked.length) {
    return "the head of the stream counts " + std::to_string(head->length) + " events";
  }
  if (head->hash != checked.hash) {
    return "the head of the stream has the hash " + event::HashText(head->hash) + ", not " +
           event::HashText(checked.hash);
  }
  return {};
}

}  // namespace

absl::StatusOr<ChainVerdict> Events::VerifyChain(std::string_view stream) const {
  VARVE_RETURN_IF_ERROR(event::CheckName("stream name", stream));
  Checked checked;
  const std::unique_ptr<RowScan> scan =
      reader_->Scan(kEventRows, run_, KeyRange::Prefix(event::NamePrefix(stream)));
  for (; scan->valid(); scan->Next()) {
    const absl::StatusOr<event::SequenceKey> key = event::ParseEventKey(scan->row().key);
    if (!key.ok()) return Bad(checked, std::string(FromAbsl(key.status().message())));
    const absl::StatusOr<event::StoredChunk> chunk =
        event::DecodeStored(key->sequence, scan->row());
    if (!chunk.ok()) return Bad(checked, std::string(FromAbsl(chunk.status().message())));
    std::string fault = CheckChunk(*chunk, checked);
    if (!fault.empty()) return Bad(checked, std::move(fault));
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  VARVE_ASSIGN_OR_RETURN(const std::optional<event::Head> head,
                         event::ReadHead(*reader_, run_, stream));
  std::string fault = CheckHead(head, checked);
  if (!fault.empty()) return Bad(checked, std::move(fault));
  return ChainVerdict{.verified = checked.length};
}

}  // namespace varve
