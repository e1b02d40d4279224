#include "primitives/vector/vector_sieve.h"

#include <algorithm>
#include <limits>

namespace varve::vector {

namespace {

// How many scores are computed before they are looked at.
constexpr std::size_t kScoresAtOnce = 32768;
constexpr std::size_t kBlocksAtOnceMax = 64;

}  // namespace

Sieve::Sieve(const QueryPack& queries, const VectorSearchOptions& options)
    : queries_(queries),
      blocks_at_once_(
          std::clamp<std::size_t>(kScoresAtOnce / (queries.count() * kLanes), 2, kBlocksAtOnceMax)),
      thresholds_(queries.count()),
      scores_(MakeFloats(queries.count() * blocks_at_once_ * kLanes)),
      hits_(queries.count() * blocks_at_once_) {
  const float least = options.threshold.value_or(-std::numeric_limits<float>::infinity());
  best_.assign(queries.count(), TopK(options.k, least));
}

}  // namespace varve::vector
