// One thread's part of a search: blocks of rows go in, the best k stay.
#ifndef VARVE_PRIMITIVES_VECTOR_VECTOR_SIEVE_H_
#define VARVE_PRIMITIVES_VECTOR_VECTOR_SIEVE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "primitives/vector/vector_kernels.h"
#include "primitives/vector/vector_shadow.h"
#include "primitives/vector/vector_top_k.h"

namespace varve::vector {

// For a group of queries that look at each row together. One thread; the queries outlive it.
class Sieve final {
 public:
  Sieve(const QueryPack& queries, const VectorSearchOptions& options);

  // Looks at `rows` rows in blocks from `blocks` on. `key_if_admitted(row)` gives the key of a row
  // that may be an answer, nullopt for others; it is asked only for rows whose score would do.
  template <typename KeyIfAdmitted>
  void Look(const float* blocks, std::size_t rows, const KeyIfAdmitted& key_if_admitted) {
    const std::size_t block_count = (rows + kLanes - 1) / kLanes;
    for (std::size_t begin = 0; begin < block_count; begin += blocks_at_once_) {
      const std::size_t count = std::min(blocks_at_once_, block_count - begin);
      LookAtBlocks(blocks + begin * BlockFloats(queries_.shape().dimension), begin, count, rows,
                   key_if_admitted);
    }
  }

  // The same for one query, with a shadow block for each block, all of them full: only rows that
  // the shadow does not exclude are looked at.
  template <typename KeyIfAdmitted>
  void LookBehind(const ShadowQuery& query, const std::byte* shadows, const float* blocks,
                  std::size_t block_count, const KeyIfAdmitted& key_if_admitted) {
    const std::size_t dimension = queries_.shape().dimension;
    const std::size_t rows = block_count * kLanes;
    for (std::size_t begin = 0; begin < block_count; begin += kSiftedAtOnce) {
      const std::size_t count = std::min(kSiftedAtOnce, block_count - begin);
      if (unsifted_ > 0) {
        --unsifted_;
        LookAtBlocks(blocks + begin * BlockFloats(dimension), begin, count, rows, key_if_admitted);
        continue;
      }
      std::uint16_t left[kSiftedAtOnce];
      SiftShadow(query, query.FactorsFor(best_[0].threshold()),
                 shadows + begin * ShadowBlockBytes(dimension), count, left);
      std::size_t looked_at = 0;
      for (std::size_t at = 0; at < count; ++at) {
        if (left[at] == 0) continue;
        ++looked_at;
        LookAtBlocks(blocks + (begin + at) * BlockFloats(dimension), begin + at, 1, rows,
                     key_if_admitted);
      }
      if (looked_at * 2 > count) unsifted_ = kUnsifted;
    }
  }

  [[nodiscard]] std::vector<TopK>& best() { return best_; }

 private:
  // Blocks that the shadow is asked about at a time: few, for what it excludes grows with what has
  // been found.
  static constexpr std::size_t kSiftedAtOnce = 16;
  // Where it excludes little (a filter that few match, answers that are many), rows are looked at
  // without it for so many times.
  static constexpr std::size_t kUnsifted = 8;

  // Requires count <= blocks_at_once_. `begin`: which block of `rows` rows stands at `blocks`.
  template <typename KeyIfAdmitted>
  void LookAtBlocks(const float* blocks, std::size_t begin, std::size_t count, std::size_t rows,
                    const KeyIfAdmitted& key_if_admitted) {
    for (std::size_t query = 0; query < queries_.count(); ++query) {
      thresholds_[query] = best_[query].threshold();
    }
    ScoreBlocks(queries_, blocks, count, thresholds_.data(), scores_.get(), hits_.data());
    for (std::size_t place = 0; place < queries_.count() * count; ++place) {
      if (hits_[place] == 0) continue;
      TakeHits(place / count, place, (begin + place % count) * kLanes, rows, key_if_admitted);
    }
  }

  template <typename KeyIfAdmitted>
  void TakeHits(std::size_t query, std::size_t place, std::size_t first_row, std::size_t rows,
                const KeyIfAdmitted& key_if_admitted) {
    TopK& best = best_[query];
    for (std::uint32_t hits = hits_[place]; hits != 0; hits &= hits - 1) {
      const auto lane = static_cast<std::size_t>(__builtin_ctz(hits));
      if (first_row + lane >= rows) return;
      const float score = scores_[place * kLanes + lane];
      if (score < best.threshold()) continue;
      const std::optional<std::string_view> key = key_if_admitted(first_row + lane);
      if (!key.has_value()) continue;
      const Found found{.score = score, .key = *key};
      if (best.Wants(found)) best.Add(found);
    }
  }

  const QueryPack& queries_;
  std::size_t blocks_at_once_;
  std::size_t unsifted_ = 0;
  std::vector<float> thresholds_;
  Floats scores_;
  std::vector<std::uint16_t> hits_;
  std::vector<TopK> best_;
};

}  // namespace varve::vector

#endif  // VARVE_PRIMITIVES_VECTOR_VECTOR_SIEVE_H_
