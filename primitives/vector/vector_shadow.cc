// What floats round away, and where it is paid for. u is 2^-24, n at most 8192.
//
// The exact sum (VEC-9) rounds a term at most 200 times: difference twice, product, at most 127
// sums in a chunk and 63 of chunks. Relative to the sum of the terms' absolute values, which is at
// most |q| |x|, or under L2 the square of |x - q|, that is less than 2^-16 (kExactRounding).
//
// The kernels round `about` at most 6 times and compare with 2 more roundings, each relative to at
// most |q - f| times kSize (dot), or to the squares in the head and the query (L2): less than 2^-20
// (kSlack), which also is what every bound is inflated by, twice or more.
//
// Nothing overflows: rows of a length from kLengthMax on have the error infinity, so that nothing
// excludes them, and such queries do not use the shadow. Nothing that matters underflows: scale is
// zero or at least kScaleMin, step at least kStepMin, so their product is normal; products that are
// not normal are off by 2^-150 each, n of them by less than kShadowLeastBound or, under L2, by less
// than the square of kLeastDistance.
#include "primitives/vector/vector_shadow.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace varve::vector {

namespace {

constexpr double kExactRounding = 0x1p-16;
constexpr double kSlack = 0x1p-20;
constexpr double kInflated = 1 + kSlack;
constexpr double kMeasuring = 0x1p-48;  // how far off a length is that was measured in doubles
constexpr double kLengthMax = 0x1p60;
constexpr double kScaleMin = 0x1p-50;
constexpr double kStepMin = 0x1p-75;
constexpr double kLeastDistance = 0x1p-60;

constexpr double kCodeMax = 127;
// Adding it to a float of up to 2^21 and subtracting it leaves the integer that is nearest.
constexpr float kRounding = 0x1.8p23f;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

float RoundedUp(double value) {
  const auto rounded = static_cast<float>(value);
  return static_cast<double>(rounded) < value ? std::nextafterf(rounded, kInfinity) : rounded;
}

float RoundedDown(double value) { return -RoundedUp(-value); }

// The largest code of a query: what keeps the sum of products within 32 bits.
double QueryCodeMax(std::size_t dimension) {
  const std::int64_t most = std::numeric_limits<std::int32_t>::max();
  const std::int64_t each =
      most / (static_cast<std::int64_t>(kCodeMax) * static_cast<std::int64_t>(dimension));
  return static_cast<double>(std::min<std::int64_t>(each, 32767));
}

// One number for each row of a block.
template <typename Number>
struct Lanes {
  Number at[kLanes] = {};
};

struct Scales {
  Lanes<float> scale;
  Lanes<float> inverse;  // of the scale; zero where that is
  Lanes<float> offset;
};

// The middle of each row's range is its offset; what is farthest from it has the largest code.
Scales ChooseScales(const float* block, std::size_t dimension) {
  Lanes<float> low;
  Lanes<float> high;
  std::copy_n(block, kLanes, low.at);
  std::copy_n(block, kLanes, high.at);
  for (std::size_t dim = 1; dim < dimension; ++dim) {
    const float* const components = block + dim * kLanes;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      low.at[lane] = components[lane] < low.at[lane] ? components[lane] : low.at[lane];
      high.at[lane] = components[lane] > high.at[lane] ? components[lane] : high.at[lane];
    }
  }
  Scales scales;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const double sum = static_cast<double>(low.at[lane]) + static_cast<double>(high.at[lane]);
    const auto middle = static_cast<float>(sum / 2);
    const float reach = std::max(high.at[lane] - middle, middle - low.at[lane]);
    const double scale = static_cast<double>(reach) / kCodeMax;
    scales.offset.at[lane] = middle;
    if (scale < kScaleMin) continue;
    scales.scale.at[lane] = static_cast<float>(scale);
    scales.inverse.at[lane] = static_cast<float>(1 / scale);
  }
  return scales;
}

// Sums over a row: of codes and their squares, and of the squares of e.
struct RowSums {
  Lanes<std::int32_t> codes;
  Lanes<std::int32_t> code_squares;
  Lanes<double> rest_squares;
};

// The codes of one dimension, as floats, and what they leave. No code is beyond kCodeMax: what is
// divided by the scale is at most what the scale was made from, and two roundings later still
// nearest to that code.
Lanes<float> EncodeDimension(const float* components, const Scales& scales, RowSums& sums) {
  Lanes<float> codes;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const float code = (components[lane] - scales.offset.at[lane]) * scales.inverse.at[lane];
    codes.at[lane] = (code + kRounding) - kRounding;
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const double about =
        static_cast<double>(scales.scale.at[lane]) * static_cast<double>(codes.at[lane]) +
        static_cast<double>(scales.offset.at[lane]);
    const double rest = static_cast<double>(components[lane]) - about;
    sums.rest_squares.at[lane] += rest * rest;
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const float code = codes.at[lane];
    sums.codes.at[lane] += static_cast<std::int32_t>(code);
    sums.code_squares.at[lane] += static_cast<std::int32_t>(code * code);
  }
  return codes;
}

void StorePair(const Lanes<float>& even, const Lanes<float>& odd, std::byte* shadow) {
  std::uint16_t pairs[kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const auto low = static_cast<std::int32_t>(even.at[lane]);
    const auto high = static_cast<std::int32_t>(odd.at[lane]);
    pairs[lane] = static_cast<std::uint16_t>((low & 0xFF) | (high << 8));
  }
  std::memcpy(shadow, pairs, sizeof pairs);
}

float* Head(std::byte* shadow, ShadowHead which) {
  return reinterpret_cast<float*>(shadow) + static_cast<std::size_t>(which) * kLanes;
}

void WriteHead(const VectorShape& shape, const Scales& scales, const RowSums& sums,
               std::byte* shadow) {
  const auto dimension = static_cast<double>(shape.dimension);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const auto scale = static_cast<double>(scales.scale.at[lane]);
    const auto offset = static_cast<double>(scales.offset.at[lane]);
    const auto code_squares = static_cast<double>(sums.code_squares.at[lane]);
    const double rest = std::sqrt(sums.rest_squares.at[lane]);
    // The parts of x - e apart: what `about` adds up, and rounds, before they may cancel.
    const double length =
        (scale * std::sqrt(code_squares) + std::abs(offset) * std::sqrt(dimension) + rest) *
        kInflated;
    const bool measurable = length < kLengthMax;
    float size = measurable ? RoundedUp(length) : 0;
    if (measurable && shape.metric == VectorMetric::kL2) {
      const auto codes = static_cast<double>(sums.codes.at[lane]);
      const double about =
          scale * scale * code_squares + 2 * scale * offset * codes + dimension * offset * offset;
      size = RoundedDown(about - kSlack * (about + length * length));
    }
    Head(shadow, ShadowHead::kScale)[lane] = measurable ? scales.scale.at[lane] : 0;
    Head(shadow, ShadowHead::kOffset)[lane] = measurable ? scales.offset.at[lane] : 0;
    Head(shadow, ShadowHead::kError)[lane] =
        measurable ? RoundedUp(rest * kInflated + length * kMeasuring) : kInfinity;
    Head(shadow, ShadowHead::kSize)[lane] = size;
  }
}

}  // namespace

void EncodeShadow(const VectorShape& shape, const float* block, std::byte* shadow) {
  const Scales scales = ChooseScales(block, shape.dimension);
  const std::size_t pairs = ShadowPairs(shape.dimension);
  RowSums sums;
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    const float* const components = block + pair * 2 * kLanes;
    const Lanes<float> even = EncodeDimension(components, scales, sums);
    Lanes<float> odd;
    if (pair * 2 + 1 < shape.dimension) odd = EncodeDimension(components + kLanes, scales, sums);
    StorePair(even, odd, shadow + kShadowHeadBytes + pair * kShadowPairBytes);
  }
  std::memset(shadow + kShadowHeadBytes + pairs * kShadowPairBytes, 0,
              pairs % 2 * kShadowPairBytes);
  WriteHead(shape, scales, sums, shadow);
}

ShadowQuery::ShadowQuery(const VectorShape& shape, std::span<const float> query)
    : shape_(shape), pairs_(ShadowPairs(shape.dimension)) {
  std::vector<float> prepared(query.size());
  PrepareVector(shape.metric, query, prepared);
  double largest = 0;
  for (const float component : prepared) {
    largest = std::max(largest, std::abs(static_cast<double>(component)));
  }
  const double code_max = QueryCodeMax(shape.dimension);
  const auto step = static_cast<double>(static_cast<float>(largest / code_max));
  if (!(step >= kStepMin)) return;
  double square = 0;  // of q, of q - f, of f
  double about_square = 0;
  double rest_square = 0;
  double code_sum = 0;
  for (std::size_t at = 0; at < prepared.size(); ++at) {
    const auto component = static_cast<double>(prepared[at]);
    const double code = std::clamp(std::round(component / step), -code_max, code_max);
    const double about = step * code;
    square += component * component;
    about_square += about * about;
    rest_square += (component - about) * (component - about);
    code_sum += code;
    const auto bits = static_cast<std::uint32_t>(static_cast<std::int32_t>(code)) & 0xFFFF;
    pairs_[at / 2] = static_cast<std::int32_t>(static_cast<std::uint32_t>(pairs_[at / 2]) |
                                               bits << (at % 2 * 16));
  }
  const double length = std::sqrt(std::max(square, about_square)) * kInflated;
  if (!(length < kLengthMax)) return;
  usable_ = true;
  rest_ = std::sqrt(rest_square) * kInflated + length * kMeasuring;
  const double twice = shape.metric == VectorMetric::kL2 ? 2 : 1;
  factors_.scale_factor = static_cast<float>(twice * step);  // a float as it is
  factors_.offset_factor = static_cast<float>(twice * step * code_sum);
  factors_.error_factor = RoundedUp(length * kInflated);
  factors_.size_factor = RoundedUp((rest_ + (kExactRounding + kSlack) * length) * kInflated);
  factors_.square = RoundedDown(about_square - kSlack * (about_square + length * length));
}

ShadowQuery::Factors ShadowQuery::FactorsFor(float threshold) const {
  Factors factors = factors_;
  factors.limit = LimitFor(threshold);
  return factors;
}

float ShadowQuery::LimitFor(float threshold) const {
  switch (shape_.metric) {
    case VectorMetric::kDot:
      return threshold;
    case VectorMetric::kCosine:  // a sum below -1 has the score -1
      return threshold <= -1 ? -kInfinity : threshold;
    case VectorMetric::kL2:
      break;
  }
  if (!(threshold > 0)) return kInfinity;
  // A score is 1 / (1 + root of the sum), rounded three times: at most 4 u too much. Then from the
  // sum as the exact kernels have it to the true distance.
  const double root = std::max(0.0, (1 + 0x1p-22) / static_cast<double>(threshold) - 1);
  const double distance = (root + kLeastDistance) * (1 + kExactRounding);
  return RoundedUp((distance + rest_ + kLeastDistance) * kInflated);
}

}  // namespace varve::vector
