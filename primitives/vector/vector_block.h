// Where numbers stand in memory while a search reads them.
//
// Rows stand in blocks of kLanes, dimension-major: first the first component of each row of the
// block, then the second of each, and so on. One vector register then works on as many rows as it
// has lanes, and each row's sum is made by one lane alone, in the order of the dimensions, however
// wide registers are: that is why every processor gives the same score (VEC-9).
#ifndef VARVE_PRIMITIVES_VECTOR_VECTOR_BLOCK_H_
#define VARVE_PRIMITIVES_VECTOR_VECTOR_BLOCK_H_

#include <cstddef>
#include <memory>
#include <span>

#include "primitives/vector/vector_types.h"

namespace varve::vector {

inline constexpr std::size_t kLanes = 16;

// Sums begin anew after so many dimensions, and the sums of the chunks are summed in their order:
// a smaller rounding error, and a chunk that stays in the cache while all queries look at it.
inline constexpr std::size_t kChunkDimensions = 128;

struct FreeFloats {
  void operator()(float* floats) const;
};
using Floats = std::unique_ptr<float[], FreeFloats>;
// Zeros, aligned to a cache line.
[[nodiscard]] Floats MakeFloats(std::size_t count);

[[nodiscard]] constexpr std::size_t BlockFloats(std::size_t dimension) {
  return dimension * kLanes;
}

// What scores are computed from: `vector` itself, or under cosine its direction, each component
// divided by the Euclidean norm in double precision and rounded once (zeros stay zeros).
void PrepareVector(VectorMetric metric, std::span<const float> vector, std::span<float> prepared);

// Puts a prepared vector into lane `lane` of the block at `block`.
void StoreLane(std::span<const float> prepared, std::size_t lane, float* block);

}  // namespace varve::vector

#endif  // VARVE_PRIMITIVES_VECTOR_VECTOR_BLOCK_H_
