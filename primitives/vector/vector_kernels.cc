#include "primitives/vector/vector_kernels.h"

#include <algorithm>
#include <limits>
#include <vector>

// Registers of a size unknown to the compiler cannot stand in arrays.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "primitives/vector/vector_kernels.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace varve::vector {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, kLanes>;
using Floats16 = hn::Vec<Tag>;
constexpr std::size_t kWidth = hn::MaxLanes(Tag());
constexpr std::size_t kVectors = kLanes / kWidth;  // registers for one dimension of a block

// How many queries and blocks one pass of the innermost loop takes: their sums fill about half of
// the registers there are.
constexpr std::size_t kTileQueries = kVectors == 1 ? 8 : kVectors == 2 ? 4 : 2;
constexpr std::size_t kTileBlocks = kVectors == 1 ? 2 : 1;

template <bool kSquaredDifference>
HWY_INLINE Floats16 Term(Floats16 row, Floats16 query) {
  if constexpr (kSquaredDifference) {
    const Floats16 difference = hn::Sub(row, query);
    return hn::Mul(difference, difference);
  } else {
    return hn::Mul(row, query);
  }
}

// Where one pass works.
struct Pass {
  const float* queries;      // of the tile's first query, at the chunk's first dimension
  std::size_t query_stride;  // from one dimension to the next
  const float* blocks;       // of the first block, at the chunk's first dimension
  std::size_t block_stride;  // from one block to the next
  std::size_t dimensions;    // of the chunk
  float* sums;               // of the first query and block
  std::size_t sums_stride;   // from one query to the next
};

// Adds the chunk's sums of kQueries x kBlocks x kLanes pairs to `pass.sums`.
template <bool kSquaredDifference, std::size_t kQueries, std::size_t kBlocks>
HWY_INLINE void AddChunk(const Pass& pass) {
  const Tag tag;
  Floats16 sums[kQueries][kBlocks][kVectors];
#pragma GCC unroll 16
  for (std::size_t query = 0; query < kQueries; ++query) {
#pragma GCC unroll 4
    for (std::size_t block = 0; block < kBlocks; ++block) {
#pragma GCC unroll 16
      for (std::size_t part = 0; part < kVectors; ++part) sums[query][block][part] = hn::Zero(tag);
    }
  }
  const float* queries = pass.queries;
  const float* blocks = pass.blocks;
  const std::size_t block_stride = pass.block_stride;
  for (std::size_t dimension = 0; dimension < pass.dimensions; ++dimension) {
    Floats16 rows[kBlocks][kVectors];
#pragma GCC unroll 4
    for (std::size_t block = 0; block < kBlocks; ++block) {
#pragma GCC unroll 16
      for (std::size_t part = 0; part < kVectors; ++part) {
        rows[block][part] = hn::Load(tag, blocks + block * block_stride + part * kWidth);
      }
    }
#pragma GCC unroll 16
    for (std::size_t query = 0; query < kQueries; ++query) {
      const Floats16 component = hn::Set(tag, queries[query]);
#pragma GCC unroll 4
      for (std::size_t block = 0; block < kBlocks; ++block) {
#pragma GCC unroll 16
        for (std::size_t part = 0; part < kVectors; ++part) {
          sums[query][block][part] = hn::Add(
              sums[query][block][part], Term<kSquaredDifference>(rows[block][part], component));
        }
      }
    }
    queries += pass.query_stride;
    blocks += kLanes;
  }
#pragma GCC unroll 16
  for (std::size_t query = 0; query < kQueries; ++query) {
#pragma GCC unroll 4
    for (std::size_t block = 0; block < kBlocks; ++block) {
#pragma GCC unroll 16
      for (std::size_t part = 0; part < kVectors; ++part) {
        float* const to = pass.sums + query * pass.sums_stride + block * kLanes + part * kWidth;
        hn::Store(hn::Add(hn::Load(tag, to), sums[query][block][part]), tag, to);
      }
    }
  }
}

// Every query of one tile, with passes as wide as there are queries left.
template <bool kSquaredDifference, std::size_t kBlocks>
HWY_INLINE void AddTile(Pass pass, std::size_t query_count) {
  const auto advance = [&](std::size_t count) {
    pass.queries += count;
    pass.sums += count * pass.sums_stride;
    query_count -= count;
  };
  while (query_count >= kTileQueries) {
    AddChunk<kSquaredDifference, kTileQueries, kBlocks>(pass);
    advance(kTileQueries);
  }
  if constexpr (kTileQueries > 4) {
    if (query_count >= 4) {
      AddChunk<kSquaredDifference, 4, kBlocks>(pass);
      advance(4);
    }
  }
  if constexpr (kTileQueries > 2) {
    if (query_count >= 2) {
      AddChunk<kSquaredDifference, 2, kBlocks>(pass);
      advance(2);
    }
  }
  if (query_count == 1) AddChunk<kSquaredDifference, 1, kBlocks>(pass);
}

// The sums of kBlocks blocks for every query; `sums` are zeros at first.
template <bool kSquaredDifference, std::size_t kBlocks>
HWY_INLINE void SumBlocks(const QueryPack& queries, const float* blocks, float* sums,
                          std::size_t sums_stride) {
  const std::size_t dimension = queries.shape().dimension;
  const std::size_t stride = queries.stride();
  for (std::size_t begin = 0; begin < dimension; begin += kChunkDimensions) {
    for (std::size_t query = 0; query < queries.count(); query += stride) {
      const Pass pass{.queries = queries.Tile(query / stride) + begin * stride,
                      .query_stride = stride,
                      .blocks = blocks + begin * kLanes,
                      .block_stride = BlockFloats(dimension),
                      .dimensions = std::min(kChunkDimensions, dimension - begin),
                      .sums = sums + query * sums_stride,
                      .sums_stride = sums_stride};
      AddTile<kSquaredDifference, kBlocks>(pass, std::min(stride, queries.count() - query));
    }
  }
}

// From sum to score, VEC-10.
template <VectorMetric kMetric>
HWY_INLINE Floats16 ScoreOf(Floats16 sum) {
  const Tag tag;
  if constexpr (kMetric == VectorMetric::kCosine) {
    return hn::Max(hn::Set(tag, -1.0f), hn::Min(hn::Set(tag, 1.0f), sum));
  } else if constexpr (kMetric == VectorMetric::kDot) {
    const Floats16 least = hn::Set(tag, -std::numeric_limits<float>::infinity());
    return hn::IfThenElse(hn::IsNaN(sum), least, sum);
  } else {
    const Floats16 one = hn::Set(tag, 1.0f);
    return hn::Div(one, hn::Add(one, hn::Sqrt(sum)));
  }
}

// Turns the sums of one block into scores; the lanes at or above the threshold as bits.
template <VectorMetric kMetric>
HWY_INLINE std::uint16_t FinishBlock(float threshold, float* scores) {
  const Tag tag;
  const Floats16 least = hn::Set(tag, threshold);
  std::uint32_t hits = 0;
  for (std::size_t part = 0; part < kVectors; ++part) {
    const Floats16 score = ScoreOf<kMetric>(hn::Load(tag, scores + part * kWidth));
    hn::Store(score, tag, scores + part * kWidth);
    std::uint8_t bits[8] = {};
    hn::StoreMaskBits(tag, hn::Ge(score, least), bits);
    hits |= (std::uint32_t{bits[0]} | std::uint32_t{bits[1]} << 8) << (part * kWidth);
  }
  return static_cast<std::uint16_t>(hits);
}

template <VectorMetric kMetric>
HWY_INLINE void ScoreBlocksOf(const QueryPack& queries, const float* blocks,
                              std::size_t block_count, const float* thresholds, float* scores,
                              std::uint16_t* hits) {
  constexpr bool kSquaredDifference = kMetric == VectorMetric::kL2;
  const std::size_t block_floats = BlockFloats(queries.shape().dimension);
  const std::size_t stride = block_count * kLanes;
  std::fill_n(scores, queries.count() * stride, 0.0f);
  std::size_t block = 0;
  for (; block + kTileBlocks <= block_count; block += kTileBlocks) {
    SumBlocks<kSquaredDifference, kTileBlocks>(queries, blocks + block * block_floats,
                                               scores + block * kLanes, stride);
  }
  for (; block < block_count; ++block) {
    SumBlocks<kSquaredDifference, 1>(queries, blocks + block * block_floats,
                                     scores + block * kLanes, stride);
  }
  for (std::size_t query = 0; query < queries.count(); ++query) {
    for (std::size_t at = 0; at < block_count; ++at) {
      const std::size_t place = query * block_count + at;
      hits[place] = FinishBlock<kMetric>(thresholds[query], scores + place * kLanes);
    }
  }
}

HWY_ATTR void ScoreCosine(const QueryPack& queries, const float* blocks, std::size_t block_count,
                          const float* thresholds, float* scores, std::uint16_t* hits) {
  ScoreBlocksOf<VectorMetric::kCosine>(queries, blocks, block_count, thresholds, scores, hits);
}
HWY_ATTR void ScoreDot(const QueryPack& queries, const float* blocks, std::size_t block_count,
                       const float* thresholds, float* scores, std::uint16_t* hits) {
  ScoreBlocksOf<VectorMetric::kDot>(queries, blocks, block_count, thresholds, scores, hits);
}
HWY_ATTR void ScoreL2(const QueryPack& queries, const float* blocks, std::size_t block_count,
                      const float* thresholds, float* scores, std::uint16_t* hits) {
  ScoreBlocksOf<VectorMetric::kL2>(queries, blocks, block_count, thresholds, scores, hits);
}

}  // namespace HWY_NAMESPACE
}  // namespace varve::vector
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace varve::vector {

HWY_EXPORT(ScoreCosine);
HWY_EXPORT(ScoreDot);
HWY_EXPORT(ScoreL2);

QueryPack::QueryPack(const VectorShape& shape, std::span<const float> queries, std::size_t count)
    : shape_(shape), count_(count) {
  const std::size_t dimension = shape.dimension;
  const std::size_t tiles = (count + stride() - 1) / stride();
  floats_ = MakeFloats(tiles * stride() * dimension);
  std::vector<float> prepared(dimension);
  for (std::size_t query = 0; query < count; ++query) {
    PrepareVector(shape.metric, queries.subspan(query * dimension, dimension), prepared);
    float* const tile = floats_.get() + query / stride() * stride() * dimension;
    for (std::size_t at = 0; at < dimension; ++at) {
      tile[at * stride() + query % stride()] = prepared[at];
    }
  }
}

void ScoreBlocks(const QueryPack& queries, const float* blocks, std::size_t block_count,
                 const float* thresholds, float* scores, std::uint16_t* hits) {
  switch (queries.shape().metric) {
    case VectorMetric::kCosine:
      return HWY_DYNAMIC_DISPATCH(ScoreCosine)(queries, blocks, block_count, thresholds, scores,
                                               hits);
    case VectorMetric::kDot:
      return HWY_DYNAMIC_DISPATCH(ScoreDot)(queries, blocks, block_count, thresholds, scores, hits);
    case VectorMetric::kL2:
      return HWY_DYNAMIC_DISPATCH(ScoreL2)(queries, blocks, block_count, thresholds, scores, hits);
  }
}

}  // namespace varve::vector
#endif  // HWY_ONCE
