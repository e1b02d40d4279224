#include "primitives/event/event_chunks.h"

#include <algorithm>

#include "kernel/base/status.h"
#include "primitives/event/event_primitive.h"

namespace varve::event {

absl::StatusOr<StoredChunk> DecodeStored(std::uint64_t first, const Row& row) {
  VARVE_ASSIGN_OR_RETURN(Chunk chunk, DecodeChunk(row.value));
  return StoredChunk{.first = first, .lsn = row.lsn, .chunk = std::move(chunk)};
}

absl::StatusOr<std::optional<StoredChunk>> ChunkAt(Reader& reader, const RunId& run,
                                                   std::string_view stream,
                                                   std::uint64_t sequence) {
  const std::string prefix = NamePrefix(stream);
  KeyRange range{.begin = prefix, .end = WithSequence(prefix, sequence)};
  range.end.push_back('\0');  // the key itself is in
  const std::unique_ptr<RowScan> scan = reader.Scan(kEventRows, run, range, Order::kReverse);
  if (!scan->valid()) {
    VARVE_RETURN_IF_ERROR(scan->status());
    return std::nullopt;
  }
  VARVE_ASSIGN_OR_RETURN(const SequenceKey key, ParseEventKey(scan->row().key));
  VARVE_ASSIGN_OR_RETURN(StoredChunk chunk, DecodeStored(key.sequence, scan->row()));
  return std::optional<StoredChunk>(std::move(chunk));
}

absl::StatusOr<std::optional<Head>> ReadHead(Reader& reader, const RunId& run,
                                             std::string_view stream) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, reader.Get(kEventStreams, run, stream));
  if (!row.has_value()) return std::nullopt;
  VARVE_ASSIGN_OR_RETURN(const Head head, DecodeHead(row->value));
  return std::optional<Head>(head);
}

absl::StatusOr<std::uint64_t> FirstSequenceWhere(
    Reader& reader, const RunId& run, std::string_view stream,
    absl::FunctionRef<bool(const StoredChunk&)> reached) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Head> head, ReadHead(reader, run, stream));
  std::uint64_t low = 0;  // every event before it lies in a row for which it does not hold
  std::uint64_t high = head.has_value() ? head->length : 0;
  while (low < high) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<StoredChunk> chunk,
                           ChunkAt(reader, run, stream, low + (high - low) / 2));
    if (!chunk.has_value() || chunk->end() <= low + (high - low) / 2) {
      return MakeStatus(absl::StatusCode::kDataLoss, "Event stream: no row holds sequence ",
                        low + (high - low) / 2, ", which is below its length");
    }
    if (reached(*chunk)) {
      high = std::min(high, chunk->first);
    } else {
      low = chunk->end();
    }
  }
  return low;
}

absl::StatusOr<std::uint64_t> FirstSequenceSince(Reader& reader, const RunId& run,
                                                 std::string_view stream, Timestamp time) {
  return FirstSequenceWhere(reader, run, stream,
                            [time](const StoredChunk& chunk) { return chunk.chunk.time >= time; });
}

}  // namespace varve::event
