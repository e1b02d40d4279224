#include "kernel/table/arena.h"

#include <algorithm>

namespace varve::table {
namespace {

// An empty memtable must cost nothing, a full one few chunks: they double from one to the other.
constexpr std::size_t kChunkBytesMin = std::size_t{4} << 10;
constexpr std::size_t kChunkBytesMax = std::size_t{1} << 20;
// A request above this part of the next chunk gets a chunk of its own, so that at most this part of
// a chunk is ever wasted at its end.
constexpr std::size_t kLargeDivisor = 4;

}  // namespace

char* Arena::AllocateInNewChunk(std::size_t bytes) {
  const std::size_t next_chunk = std::clamp(chunk_bytes_ * 2, kChunkBytesMin, kChunkBytesMax);
  const bool large = bytes > next_chunk / kLargeDivisor;
  chunks_.push_back(std::make_unique_for_overwrite<char[]>(large ? bytes : next_chunk));
  char* const chunk = chunks_.back().get();
  if (large) return chunk;
  chunk_bytes_ = next_chunk;
  next_ = chunk + bytes;
  left_ = next_chunk - bytes;
  return chunk;
}

}  // namespace varve::table
