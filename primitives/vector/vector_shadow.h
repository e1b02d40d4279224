// The shadow of a matrix: its rows once more, a byte a component, and a proof of how far off that
// can be.
//
// A search for one query waits for memory. With a shadow it reads a quarter of it: whatever the
// proof cannot exclude is scored by the exact kernels, all else is no answer. So the shadow decides
// what is looked at and never what is answered.
//
//   row    x = scale * c + offset + e      c integers of -127 to 127, e the rest
//   query  q = step * d + f                d integers of up to 16 bits, f the rest
//
// c.d is summed exactly, in integers. By Cauchy and Schwarz, and by the triangle inequality,
//
//   |q.x - (step * scale * (c.d) + step * offset * sum(d))| <= |q| |e| + |f| |x - e|
//   |x - q| >= |(x - e) - (q - f)| - |e| - |f|
//
// |e| and |f| are measured, not assumed, so that the proof does not depend on how c, d, scale and
// offset are chosen. What floats round away on either side is in the constants of
// vector_shadow.cc, derived there.
#ifndef VARVE_PRIMITIVES_VECTOR_VECTOR_SHADOW_H_
#define VARVE_PRIMITIVES_VECTOR_VECTOR_SHADOW_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "primitives/vector/vector_block.h"

namespace varve::vector {

// Narrower rows are not worth the 16 bytes beside their codes.
inline constexpr std::size_t kShadowDimensionMin = 32;

// A shadow block belongs to a block of rows: a head of kLanes floats each of
//   scale, offset, error (at least |e|), size (dot and cosine: at least |x| and |x - e|;
//   L2: at most the square of |x - e|),
// then for each pair of dimensions the two codes of each row. Whole cache lines.
enum class ShadowHead : std::uint8_t { kScale, kOffset, kError, kSize };
inline constexpr std::size_t kShadowHeadBytes = 4 * kLanes * sizeof(float);
inline constexpr std::size_t kShadowPairBytes = 2 * kLanes;

[[nodiscard]] constexpr std::size_t ShadowPairs(std::size_t dimension) {
  return (dimension + 1) / 2;
}
[[nodiscard]] constexpr std::size_t ShadowBlockBytes(std::size_t dimension) {
  return kShadowHeadBytes + (ShadowPairs(dimension) + 1) / 2 * 2 * kShadowPairBytes;
}

// A block of prepared rows to a shadow block, aligned to a cache line.
void EncodeShadow(const VectorShape& shape, const float* block, std::byte* shadow);

// A query as the shadow is asked with it. Immutable; any thread.
class ShadowQuery final {
 public:
  // `query`: as it was given, not prepared.
  ShadowQuery(const VectorShape& shape, std::span<const float> query);

  // False for zeros and for what is too large or too small for the proof: ask the rows.
  [[nodiscard]] bool usable() const { return usable_; }
  [[nodiscard]] const VectorShape& shape() const { return shape_; }
  // The codes of two dimensions in each: the even one in the low half.
  [[nodiscard]] std::span<const std::int32_t> pairs() const { return pairs_; }

  // What the kernels compute with. For a row with the sum of products `sum`
  //   about = scale_factor * scale * sum + offset_factor * offset
  // and the row can be left out where
  //   dot, cosine  about + (error_factor * error + size_factor * size + least_bound) < limit
  //   L2           size + square - about > (error + limit)^2
  struct Factors {
    float scale_factor = 0;
    float offset_factor = 0;
    float error_factor = 0;
    float size_factor = 0;
    float square = 0;
    float limit = 0;  // of LimitFor
  };
  // For rows whose score is to be at least `threshold`.
  [[nodiscard]] Factors FactorsFor(float threshold) const;

 private:
  [[nodiscard]] float LimitFor(float threshold) const;

  VectorShape shape_;
  bool usable_ = false;
  std::vector<std::int32_t> pairs_;
  Factors factors_;
  double rest_ = 0;  // at least |f|
};

inline constexpr float kShadowLeastBound = 0x1p-100f;

// hits[query * block_count + block]: bit `lane` is set where the row may have a score of at least
// the threshold that `factors[query]` was made for; where it is not, the row's score is less.
void SiftShadow(std::span<const ShadowQuery> queries, const ShadowQuery::Factors* factors,
                const std::byte* shadows, std::size_t block_count, std::uint16_t* hits);

}  // namespace varve::vector

#endif  // VARVE_PRIMITIVES_VECTOR_VECTOR_SHADOW_H_
