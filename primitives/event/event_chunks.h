// The rows of a stream's events, found by sequence, time or LSN. For event.cc and event_scan.cc.
#ifndef VARVE_PRIMITIVES_EVENT_EVENT_CHUNKS_H_
#define VARVE_PRIMITIVES_EVENT_EVENT_CHUNKS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "kernel/reader.h"
#include "primitives/event/event_payload.h"

namespace varve::event {

// One row of the events table, decoded. Borrows from the reader.
struct StoredChunk {
  std::uint64_t first = 0;  // sequence of its first event
  Lsn lsn{};
  Chunk chunk{};

  [[nodiscard]] std::uint64_t end() const { return first + chunk.events.size(); }
};

[[nodiscard]] absl::StatusOr<StoredChunk> DecodeStored(std::uint64_t first, const Row& row);
// The row that begins at `sequence` or last before it; nullopt where there is none.
[[nodiscard]] absl::StatusOr<std::optional<StoredChunk>> ChunkAt(Reader& reader, const RunId& run,
                                                                 std::string_view stream,
                                                                 std::uint64_t sequence);
// The stream's head, all zero where there is no such stream.
[[nodiscard]] absl::StatusOr<std::optional<Head>> ReadHead(Reader& reader, const RunId& run,
                                                           std::string_view stream);
// The first sequence of the first row for which `reached` holds; the length of the stream where it
// holds for none. `reached` must hold for every row behind one for which it holds. O(log events).
[[nodiscard]] absl::StatusOr<std::uint64_t> FirstSequenceWhere(
    Reader& reader, const RunId& run, std::string_view stream,
    absl::FunctionRef<bool(const StoredChunk&)> reached);
// The first event at or after `time`.
[[nodiscard]] absl::StatusOr<std::uint64_t> FirstSequenceSince(Reader& reader, const RunId& run,
                                                               std::string_view stream,
                                                               Timestamp time);

}  // namespace varve::event

#endif  // VARVE_PRIMITIVES_EVENT_EVENT_CHUNKS_H_
