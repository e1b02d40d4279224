#include "primitives/vector/vector_shadow.h"

// Registers of a size unknown to the compiler cannot stand in arrays.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "primitives/vector/vector_shadow_kernels.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace varve::vector {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, kLanes>;
using SumTag = hn::Rebind<std::int32_t, Tag>;
#if HWY_TARGET != HWY_SCALAR
using PairTag = hn::Repartition<std::int16_t, SumTag>;  // two dimensions of a row for each sum
using CodeTag = hn::Rebind<std::int8_t, PairTag>;
#endif
using Floats16 = hn::Vec<Tag>;
constexpr std::size_t kWidth = hn::MaxLanes(Tag());
constexpr std::size_t kVectors = kLanes / kWidth;  // registers for one pair of a block

// How many queries share one pass over the codes of a block.
constexpr std::size_t kTileQueries = kVectors == 1 ? 8 : kVectors == 2 ? 3 : kVectors == 4 ? 2 : 1;

template <std::size_t kQueries>
struct Sums {
  hn::Vec<SumTag> of[kQueries][kVectors];
};

// The products of codes, summed: exact, so their order means nothing.
#if HWY_TARGET == HWY_SCALAR
template <std::size_t kQueries>
HWY_INLINE Sums<kQueries> SumCodes(const ShadowQuery* queries, const std::byte* shadow) {
  Sums<kQueries> result;
  for (std::size_t query = 0; query < kQueries; ++query) {
    const auto* codes = reinterpret_cast<const std::int8_t*>(shadow + kShadowHeadBytes);
    std::int32_t sums[kLanes] = {};
    for (const std::int32_t pair : queries[query].pairs()) {
      const auto even = static_cast<std::int16_t>(pair & 0xFFFF);
      const auto odd = static_cast<std::int16_t>(pair >> 16);
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        sums[lane] += codes[lane * 2] * even + codes[lane * 2 + 1] * odd;
      }
      codes += kShadowPairBytes;
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      result.of[query][lane] = hn::Set(SumTag(), sums[lane]);
    }
  }
  return result;
}
#else
template <std::size_t kQueries>
struct Accumulators {
  hn::Vec<SumTag> even[kQueries][kVectors];
  hn::Vec<SumTag> odd[kQueries][kVectors];  // where the instructions keep some apart
};

template <std::size_t kQueries>
HWY_INLINE void AddPair(const std::int32_t* const* pairs, std::size_t pair,
                        const std::int8_t* codes, Accumulators<kQueries>& sums) {
  const PairTag pair_tag;
  hn::Vec<PairTag> rows[kVectors];
#pragma GCC unroll 16
  for (std::size_t part = 0; part < kVectors; ++part) {
    rows[part] = hn::PromoteTo(pair_tag, hn::Load(CodeTag(), codes + part * kWidth * 2));
  }
#pragma GCC unroll 16
  for (std::size_t query = 0; query < kQueries; ++query) {
    const auto both = hn::BitCast(pair_tag, hn::Set(SumTag(), pairs[query][pair]));
#pragma GCC unroll 16
    for (std::size_t part = 0; part < kVectors; ++part) {
      sums.even[query][part] = hn::ReorderWidenMulAccumulate(
          SumTag(), rows[part], both, sums.even[query][part], sums.odd[query][part]);
    }
  }
}

template <std::size_t kQueries>
HWY_INLINE Sums<kQueries> SumCodes(const ShadowQuery* queries, const std::byte* shadow) {
  const std::int32_t* pairs[kQueries];
  Accumulators<kQueries> sums;
#pragma GCC unroll 16
  for (std::size_t query = 0; query < kQueries; ++query) {
    pairs[query] = queries[query].pairs().data();
#pragma GCC unroll 16
    for (std::size_t part = 0; part < kVectors; ++part) {
      sums.even[query][part] = hn::Zero(SumTag());
      sums.odd[query][part] = hn::Zero(SumTag());
    }
  }
  const auto* codes = reinterpret_cast<const std::int8_t*>(shadow + kShadowHeadBytes);
  const std::size_t pair_count = queries[0].pairs().size();
  constexpr std::size_t kAtOnce = kQueries == 1 ? 4 : 2;
  std::size_t pair = 0;
  for (; pair + kAtOnce <= pair_count; pair += kAtOnce) {
#pragma GCC unroll 4
    for (std::size_t at = 0; at < kAtOnce; ++at) {
      AddPair<kQueries>(pairs, pair + at, codes + at * kShadowPairBytes, sums);
    }
    codes += kAtOnce * kShadowPairBytes;
  }
  for (; pair < pair_count; ++pair, codes += kShadowPairBytes) {
    AddPair<kQueries>(pairs, pair, codes, sums);
  }
  Sums<kQueries> result;
#pragma GCC unroll 16
  for (std::size_t query = 0; query < kQueries; ++query) {
#pragma GCC unroll 16
    for (std::size_t part = 0; part < kVectors; ++part) {
      result.of[query][part] =
          hn::RearrangeToOddPlusEven(sums.even[query][part], sums.odd[query][part]);
    }
  }
  return result;
}
#endif

HWY_INLINE Floats16 LoadHead(const std::byte* shadow, ShadowHead which, std::size_t part) {
  return hn::Load(Tag(), reinterpret_cast<const float*>(shadow) +
                             static_cast<std::size_t>(which) * kLanes + part * kWidth);
}

// The rows that the proof excludes. What is no number excludes nothing.
template <bool kDistance>
HWY_INLINE hn::Mask<Tag> Excluded(const ShadowQuery::Factors& factors, const std::byte* shadow,
                                  std::size_t part, hn::Vec<SumTag> sums) {
  const Tag tag;
  const Floats16 scale =
      hn::Mul(hn::Set(tag, factors.scale_factor), LoadHead(shadow, ShadowHead::kScale, part));
  const Floats16 about = hn::Add(
      hn::Mul(scale, hn::ConvertTo(tag, sums)),
      hn::Mul(hn::Set(tag, factors.offset_factor), LoadHead(shadow, ShadowHead::kOffset, part)));
  const Floats16 error = LoadHead(shadow, ShadowHead::kError, part);
  const Floats16 size = LoadHead(shadow, ShadowHead::kSize, part);
  const Floats16 limit = hn::Set(tag, factors.limit);
  if constexpr (kDistance) {
    const Floats16 square = hn::Sub(hn::Add(size, hn::Set(tag, factors.square)), about);
    const Floats16 reach = hn::Add(error, limit);
    return hn::Gt(square, hn::Mul(reach, reach));
  } else {
    const Floats16 bound = hn::Add(hn::Add(hn::Mul(hn::Set(tag, factors.error_factor), error),
                                           hn::Mul(hn::Set(tag, factors.size_factor), size)),
                                   hn::Set(tag, kShadowLeastBound));
    return hn::Lt(hn::Add(about, bound), limit);
  }
}

template <bool kDistance, std::size_t kQueries>
HWY_INLINE void SiftTile(const ShadowQuery* queries, const ShadowQuery::Factors* factors,
                         const std::byte* shadows, std::size_t block_count, std::uint16_t* hits) {
  const Tag tag;
  const std::size_t block_bytes = ShadowBlockBytes(queries[0].shape().dimension);
  for (std::size_t block = 0; block < block_count; ++block) {
    const std::byte* const shadow = shadows + block * block_bytes;
    const Sums<kQueries> sums = SumCodes<kQueries>(queries, shadow);
#pragma GCC unroll 16
    for (std::size_t query = 0; query < kQueries; ++query) {
      std::uint32_t excluded = 0;
#pragma GCC unroll 16
      for (std::size_t part = 0; part < kVectors; ++part) {
        std::uint8_t bits[8] = {};
        hn::StoreMaskBits(
            tag, Excluded<kDistance>(factors[query], shadow, part, sums.of[query][part]), bits);
        excluded |= (std::uint32_t{bits[0]} | std::uint32_t{bits[1]} << 8) << (part * kWidth);
      }
      hits[query * block_count + block] = static_cast<std::uint16_t>(~excluded);
    }
  }
}

template <bool kDistance>
HWY_INLINE void SiftBlocks(std::span<const ShadowQuery> queries,
                           const ShadowQuery::Factors* factors, const std::byte* shadows,
                           std::size_t block_count, std::uint16_t* hits) {
  std::size_t query = 0;
  for (; query + kTileQueries <= queries.size(); query += kTileQueries) {
    SiftTile<kDistance, kTileQueries>(&queries[query], factors + query, shadows, block_count,
                                      hits + query * block_count);
  }
  if constexpr (kTileQueries > 2) {
    for (; query + 2 <= queries.size(); query += 2) {
      SiftTile<kDistance, 2>(&queries[query], factors + query, shadows, block_count,
                             hits + query * block_count);
    }
  }
  for (; query < queries.size(); ++query) {
    SiftTile<kDistance, 1>(&queries[query], factors + query, shadows, block_count,
                           hits + query * block_count);
  }
}

HWY_ATTR void SiftProducts(std::span<const ShadowQuery> queries,
                           const ShadowQuery::Factors* factors, const std::byte* shadows,
                           std::size_t block_count, std::uint16_t* hits) {
  SiftBlocks<false>(queries, factors, shadows, block_count, hits);
}
HWY_ATTR void SiftDistances(std::span<const ShadowQuery> queries,
                            const ShadowQuery::Factors* factors, const std::byte* shadows,
                            std::size_t block_count, std::uint16_t* hits) {
  SiftBlocks<true>(queries, factors, shadows, block_count, hits);
}

}  // namespace HWY_NAMESPACE
}  // namespace varve::vector
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace varve::vector {

HWY_EXPORT(SiftProducts);
HWY_EXPORT(SiftDistances);

void SiftShadow(std::span<const ShadowQuery> queries, const ShadowQuery::Factors* factors,
                const std::byte* shadows, std::size_t block_count, std::uint16_t* hits) {
  if (queries.front().shape().metric == VectorMetric::kL2) {
    return HWY_DYNAMIC_DISPATCH(SiftDistances)(queries, factors, shadows, block_count, hits);
  }
  return HWY_DYNAMIC_DISPATCH(SiftProducts)(queries, factors, shadows, block_count, hits);
}

}  // namespace varve::vector
#endif  // HWY_ONCE
