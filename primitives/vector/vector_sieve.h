// One thread's part of a search: blocks of rows go in, the best k stay.
#ifndef VARVE_PRIMITIVES_VECTOR_VECTOR_SIEVE_H_
#define VARVE_PRIMITIVES_VECTOR_VECTOR_SIEVE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "primitives/vector/vector_kernels.h"
#include "primitives/vector/vector_shadow.h"
#include "primitives/vector/vector_top_k.h"

namespace varve::vector {

// Queries for both: the shadow, and the exact kernels where it leaves something to one of them.
class ShadowPack final {
 public:
  ShadowPack(const VectorShape& shape, std::span<const float> queries, std::size_t count);

  [[nodiscard]] bool usable() const;  // all of them are
  [[nodiscard]] std::span<const ShadowQuery> queries() const { return queries_; }
  [[nodiscard]] const QueryPack& Alone(std::size_t query) const { return alone_[query]; }

 private:
  std::vector<ShadowQuery> queries_;
  std::vector<QueryPack> alone_;
};

// For a group of queries that look at each row together. One thread; the queries outlive it.
class Sieve final {
 public:
  Sieve(const QueryPack& queries, const VectorSearchOptions& options);

  // Looks at `rows` rows in blocks from `blocks` on. `key_if_admitted(row)` gives the key of a row
  // that may be an answer, nullopt for others; it is asked only for rows whose score would do.
  template <typename KeyIfAdmitted>
  void Look(const float* blocks, std::size_t rows, const KeyIfAdmitted& key_if_admitted) {
    Look(blocks, 0, (rows + kLanes - 1) / kLanes, rows, key_if_admitted);
  }

  // The same with a shadow block for each block, all of them full: only rows that the shadow does
  // not exclude are looked at. `shadow` is of the sieve's queries.
  template <typename KeyIfAdmitted>
  void LookBehind(const ShadowPack& shadow, const std::byte* shadows, const float* blocks,
                  std::size_t block_count, const KeyIfAdmitted& key_if_admitted) {
    const std::size_t dimension = queries_.shape().dimension;
    const std::size_t rows = block_count * kLanes;
    for (std::size_t begin = 0; begin < block_count; begin += kSiftedAtOnce) {
      const std::size_t count = std::min(kSiftedAtOnce, block_count - begin);
      if (unsifted_ > 0) {
        --unsifted_;
        Look(blocks + begin * BlockFloats(dimension), begin, count, rows, key_if_admitted);
        continue;
      }
      Sift(shadow, shadows + begin * ShadowBlockBytes(dimension), count);
      for (std::size_t at = 0; at < count; ++at) {
        LookAtLeft(shadow, blocks + (begin + at) * BlockFloats(dimension), at, count, begin + at,
                   key_if_admitted);
      }
    }
  }

  [[nodiscard]] std::vector<TopK>& best() { return best_; }

 private:
  // Blocks that the shadow is asked about at a time: few, for what it excludes grows with what has
  // been found.
  static constexpr std::size_t kSiftedAtOnce = 16;
  // What a block costs one query alone, in its shares of what it costs all together.
  static constexpr std::size_t kAloneCost = 4;

  // Fills left_ for `count` blocks. Where much is left, stops asking for a while.
  void Sift(const ShadowPack& shadow, const std::byte* shadows, std::size_t count);

  // Looks at the block at `block` for the queries that have something left in it. It is number `at`
  // of `count` in left_, and number `number` of all.
  template <typename KeyIfAdmitted>
  void LookAtLeft(const ShadowPack& shadow, const float* block, std::size_t at, std::size_t count,
                  std::size_t number, const KeyIfAdmitted& key_if_admitted) {
    std::size_t having = 0;
    for (std::size_t query = 0; query < queries_.count(); ++query) {
      having += left_[query * count + at] != 0 ? 1 : 0;
    }
    if (having == 0) return;
    const std::size_t rows = (number + 1) * kLanes;
    if (having * kAloneCost > queries_.count()) {
      return LookAtBlocks(block, number, 1, rows, key_if_admitted);
    }
    for (std::size_t query = 0; query < queries_.count(); ++query) {
      if (left_[query * count + at] == 0) continue;
      const float threshold = best_[query].threshold();
      ScoreBlocks(shadow.Alone(query), block, 1, &threshold, scores_.get(), hits_.data());
      TakeHits(query, 0, number * kLanes, rows, key_if_admitted);
    }
  }

  // Blocks begin to begin + count of `rows` rows; `blocks` is where the first of them stands.
  template <typename KeyIfAdmitted>
  void Look(const float* blocks, std::size_t begin, std::size_t count, std::size_t rows,
            const KeyIfAdmitted& key_if_admitted) {
    for (std::size_t at = 0; at < count; at += blocks_at_once_) {
      LookAtBlocks(blocks + at * BlockFloats(queries_.shape().dimension), begin + at,
                   std::min(blocks_at_once_, count - at), rows, key_if_admitted);
    }
  }

  // Requires count <= blocks_at_once_.
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
  std::vector<ShadowQuery::Factors> factors_;
  std::vector<std::uint16_t> left_;
  Floats scores_;
  std::vector<std::uint16_t> hits_;
  std::vector<TopK> best_;
};

}  // namespace varve::vector

#endif  // VARVE_PRIMITIVES_VECTOR_VECTOR_SIEVE_H_
