#include "kernel/table/arena.h"

#include <algorithm>

namespace varve::table {
namespace {

// An empty memtable must cost nothing, a full one few chunks: they double from one to the other.
constexpr std::size_t kChunkBytesMin = std::size_t{4} << 10;
constexpr std::size_t kChunkBytesMax = 2 * kLargePageBytes;
// A request above this part of the next chunk gets a chunk of its own, so that at most this part of
// a chunk is ever wasted at its end.
constexpr std::size_t kLargeDivisor = 4;

}  // namespace

char* Arena::AllocateInNewChunk(std::size_t bytes) {
  const std::size_t next_chunk = std::clamp(chunk_bytes_ * 2, kChunkBytesMin, kChunkBytesMax);
  const bool large = bytes > next_chunk / kLargeDivisor;
  char* const chunk = TakeChunk(large ? bytes : next_chunk);
  if (large) return chunk;
  chunk_bytes_ = next_chunk;
  next_ = chunk + bytes;
  left_ = next_chunk - bytes;
  return chunk;
}

char* Arena::TakeChunk(std::size_t bytes) {
  if (bytes >= kLargePageBytes) {
    large_chunks_.push_back(MapPages(bytes));
    return large_chunks_.back().get();
  }
  chunks_.push_back(std::make_unique_for_overwrite<char[]>(bytes));
  return chunks_.back().get();
}

}  // namespace varve::table
