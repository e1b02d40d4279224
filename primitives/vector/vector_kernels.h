// The arithmetic of a search: scores of blocks of rows for a batch of queries, on the widest
// registers that the processor has. The only place that knows Highway.
//
// VEC-9 says which sums are made in which order; every target keeps to it, bit for bit, because a
// lane never meets another and no product is fused with a sum.
#ifndef VARVE_PRIMITIVES_VECTOR_VECTOR_KERNELS_H_
#define VARVE_PRIMITIVES_VECTOR_VECTOR_KERNELS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "primitives/vector/vector_block.h"

namespace varve::vector {

// Queries, prepared (PrepareVector) and laid out for the kernels: tiles of kTile queries,
// dimension-major within a tile. Immutable; any thread.
class QueryPack final {
 public:
  static constexpr std::size_t kTile = 8;

  // `queries` holds `count` vectors of shape.dimension components, one after the other.
  QueryPack(const VectorShape& shape, std::span<const float> queries, std::size_t count);

  [[nodiscard]] const VectorShape& shape() const { return shape_; }
  [[nodiscard]] std::size_t count() const { return count_; }
  // Queries of one tile: 1 where there is only one query, else kTile.
  [[nodiscard]] std::size_t stride() const { return count_ == 1 ? 1 : kTile; }
  [[nodiscard]] const float* Tile(std::size_t tile) const {
    return floats_.get() + tile * stride() * shape_.dimension;
  }

 private:
  VectorShape shape_;
  std::size_t count_;
  Floats floats_;
};

// The scores of `block_count` blocks standing one behind the other at `blocks` (64-byte aligned).
//   scores[(query * block_count + block) * kLanes + lane]
//   hits[query * block_count + block]: bit `lane` is set where that score >= thresholds[query]
void ScoreBlocks(const QueryPack& queries, const float* blocks, std::size_t block_count,
                 const float* thresholds, float* scores, std::uint16_t* hits);

}  // namespace varve::vector

#endif  // VARVE_PRIMITIVES_VECTOR_VECTOR_KERNELS_H_
