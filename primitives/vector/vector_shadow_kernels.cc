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

struct Sums {
  hn::Vec<SumTag> of[kVectors];
};

// The products of codes, summed: exact, so their order means nothing.
#if HWY_TARGET == HWY_SCALAR
HWY_INLINE Sums SumCodes(const std::int32_t* pairs, std::size_t pair_count,
                         const std::byte* shadow) {
  const auto* codes = reinterpret_cast<const std::int8_t*>(shadow + kShadowHeadBytes);
  std::int32_t sums[kLanes] = {};
  for (std::size_t pair = 0; pair < pair_count; ++pair) {
    const auto even = static_cast<std::int16_t>(pairs[pair] & 0xFFFF);
    const auto odd = static_cast<std::int16_t>(pairs[pair] >> 16);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sums[lane] += codes[lane * 2] * even + codes[lane * 2 + 1] * odd;
    }
    codes += kLanes * 2;
  }
  Sums result;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    result.of[lane] = hn::Set(SumTag(), sums[lane]);
  }
  return result;
}
#else
HWY_INLINE Sums SumCodes(const std::int32_t* pairs, std::size_t pair_count,
                         const std::byte* shadow) {
  const SumTag sum_tag;
  const PairTag pair_tag;
  const CodeTag code_tag;
  const auto* codes = reinterpret_cast<const std::int8_t*>(shadow + kShadowHeadBytes);
  hn::Vec<SumTag> sums[kVectors];
  hn::Vec<SumTag> others[kVectors];
#pragma GCC unroll 16
  for (std::size_t part = 0; part < kVectors; ++part) {
    sums[part] = hn::Zero(sum_tag);
    others[part] = hn::Zero(sum_tag);
  }
  for (std::size_t pair = 0; pair < pair_count; ++pair) {
    const auto query = hn::BitCast(pair_tag, hn::Set(sum_tag, pairs[pair]));
#pragma GCC unroll 16
    for (std::size_t part = 0; part < kVectors; ++part) {
      const auto row = hn::PromoteTo(pair_tag, hn::Load(code_tag, codes + part * kWidth * 2));
      sums[part] = hn::ReorderWidenMulAccumulate(sum_tag, row, query, sums[part], others[part]);
    }
    codes += kLanes * 2;
  }
  Sums result;
#pragma GCC unroll 16
  for (std::size_t part = 0; part < kVectors; ++part) {
    result.of[part] = hn::RearrangeToOddPlusEven(sums[part], others[part]);
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

template <bool kDistance>
HWY_INLINE void SiftBlocks(const ShadowQuery& query, const ShadowQuery::Factors& factors,
                           const std::byte* shadows, std::size_t block_count, std::uint16_t* hits) {
  const Tag tag;
  const std::size_t block_bytes = ShadowBlockBytes(query.shape().dimension);
  for (std::size_t block = 0; block < block_count; ++block) {
    const std::byte* const shadow = shadows + block * block_bytes;
    const Sums sums = SumCodes(query.pairs().data(), query.pairs().size(), shadow);
    std::uint32_t excluded = 0;
#pragma GCC unroll 16
    for (std::size_t part = 0; part < kVectors; ++part) {
      std::uint8_t bits[8] = {};
      hn::StoreMaskBits(tag, Excluded<kDistance>(factors, shadow, part, sums.of[part]), bits);
      excluded |= (std::uint32_t{bits[0]} | std::uint32_t{bits[1]} << 8) << (part * kWidth);
    }
    hits[block] = static_cast<std::uint16_t>(~excluded);
  }
}

HWY_ATTR void SiftProducts(const ShadowQuery& query, const ShadowQuery::Factors& factors,
                           const std::byte* shadows, std::size_t block_count, std::uint16_t* hits) {
  SiftBlocks<false>(query, factors, shadows, block_count, hits);
}
HWY_ATTR void SiftDistances(const ShadowQuery& query, const ShadowQuery::Factors& factors,
                            const std::byte* shadows, std::size_t block_count,
                            std::uint16_t* hits) {
  SiftBlocks<true>(query, factors, shadows, block_count, hits);
}

}  // namespace HWY_NAMESPACE
}  // namespace varve::vector
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace varve::vector {

HWY_EXPORT(SiftProducts);
HWY_EXPORT(SiftDistances);

void SiftShadow(const ShadowQuery& query, const ShadowQuery::Factors& factors,
                const std::byte* shadows, std::size_t block_count, std::uint16_t* hits) {
  if (query.shape().metric == VectorMetric::kL2) {
    return HWY_DYNAMIC_DISPATCH(SiftDistances)(query, factors, shadows, block_count, hits);
  }
  return HWY_DYNAMIC_DISPATCH(SiftProducts)(query, factors, shadows, block_count, hits);
}

}  // namespace varve::vector
#endif  // HWY_ONCE
