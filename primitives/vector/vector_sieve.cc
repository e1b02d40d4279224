#include "primitives/vector/vector_sieve.h"

#include <algorithm>
#include <limits>

namespace varve::vector {

namespace {

// How many scores are computed before they are looked at.
constexpr std::size_t kScoresAtOnce = 32768;
constexpr std::size_t kBlocksAtOnceMax = 64;

// Where the shadow excludes little (a filter that few match, answers that are many), rows are
// looked at without it for so many times.
constexpr std::size_t kUnsifted = 8;

}  // namespace

ShadowPack::ShadowPack(const VectorShape& shape, std::span<const float> queries,
                       std::size_t count) {
  for (std::size_t query = 0; query < count; ++query) {
    const std::span<const float> one = queries.subspan(query * shape.dimension, shape.dimension);
    queries_.emplace_back(shape, one);
    alone_.emplace_back(shape, one, 1);
  }
}

bool ShadowPack::usable() const {
  return std::ranges::all_of(queries_, [](const ShadowQuery& query) { return query.usable(); });
}

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

void Sieve::Sift(const ShadowPack& shadow, const std::byte* shadows, std::size_t count) {
  factors_.resize(queries_.count());
  left_.resize(queries_.count() * kSiftedAtOnce);
  for (std::size_t query = 0; query < queries_.count(); ++query) {
    factors_[query] = shadow.queries()[query].FactorsFor(best_[query].threshold());
  }
  SiftShadow(shadow.queries(), factors_.data(), shadows, count, left_.data());
  const auto all = static_cast<std::ptrdiff_t>(queries_.count() * count);
  const std::ptrdiff_t none = std::count(left_.begin(), left_.begin() + all, 0);
  const std::ptrdiff_t cost = queries_.count() == 1 ? 2 : kAloneCost;
  if ((all - none) * cost > all) unsifted_ = kUnsifted;
}

}  // namespace varve::vector
