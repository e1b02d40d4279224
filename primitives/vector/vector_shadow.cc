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

constexpr float kCodeMax = 127;
// Adding it to a float of up to 2^21 leaves the integer that is nearest.
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

// The middle of each row's range is its offset; both ends have the largest code.
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
    const auto least = static_cast<double>(low.at[lane]);
    const auto most = static_cast<double>(high.at[lane]);
    const double scale = (most - least) / (2 * static_cast<double>(kCodeMax));
    scales.offset.at[lane] = static_cast<float>((most + least) / 2);
    if (scale < kScaleMin) continue;
    scales.scale.at[lane] = static_cast<float>(scale);
    scales.inverse.at[lane] = static_cast<float>(1 / scale);
  }
  return scales;
}

// Sums of squares over a row.
struct Squares {
  Lanes<double> row;    // x
  Lanes<double> coded;  // scale * c
  Lanes<double> about;  // x - e
  Lanes<double> rest;   // e
};

// The codes of one dimension, `codes` two bytes apart, and what they leave.
void EncodeDimension(const float* components, const Scales& scales, std::int8_t* codes,
                     Squares& squares) {
  Lanes<float> rounded;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    float code = (components[lane] - scales.offset.at[lane]) * scales.inverse.at[lane];
    code = (code + kRounding) - kRounding;
    code = code < -kCodeMax ? -kCodeMax : code;
    rounded.at[lane] = code > kCodeMax ? kCodeMax : code;
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const auto component = static_cast<double>(components[lane]);
    const double coded =
        static_cast<double>(scales.scale.at[lane]) * static_cast<double>(rounded.at[lane]);
    const double about = coded + static_cast<double>(scales.offset.at[lane]);
    const double rest = component - about;
    squares.row.at[lane] += component * component;
    squares.coded.at[lane] += coded * coded;
    squares.about.at[lane] += about * about;
    squares.rest.at[lane] += rest * rest;
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    codes[lane * 2] = static_cast<std::int8_t>(static_cast<int>(rounded.at[lane]));
  }
}

float* Head(std::byte* shadow, ShadowHead which) {
  return reinterpret_cast<float*>(shadow) + static_cast<std::size_t>(which) * kLanes;
}

void WriteHead(const VectorShape& shape, const Scales& scales, const Squares& squares,
               std::byte* shadow) {
  const double root = std::sqrt(static_cast<double>(shape.dimension));
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    float* const scale = Head(shadow, ShadowHead::kScale) + lane;
    float* const offset = Head(shadow, ShadowHead::kOffset) + lane;
    float* const error = Head(shadow, ShadowHead::kError) + lane;
    float* const size = Head(shadow, ShadowHead::kSize) + lane;
    // Both parts of x - e apart: what `about` adds up, rounded, before they may cancel.
    const double parts = std::sqrt(squares.coded.at[lane]) +
                         std::abs(static_cast<double>(scales.offset.at[lane])) * root;
    const double length = std::max(std::sqrt(squares.row.at[lane]), parts) * kInflated;
    if (!(length < kLengthMax)) {
      *scale = *offset = *size = 0;
      *error = kInfinity;
      continue;
    }
    *scale = scales.scale.at[lane];
    *offset = scales.offset.at[lane];
    *error = RoundedUp(std::sqrt(squares.rest.at[lane]) * kInflated + length * kMeasuring);
    const double about = squares.about.at[lane];
    *size = shape.metric == VectorMetric::kL2
                ? RoundedDown(about - kSlack * (about + length * length))
                : RoundedUp(length);
  }
}

}  // namespace

void EncodeShadow(const VectorShape& shape, const float* block, std::byte* shadow) {
  const Scales scales = ChooseScales(block, shape.dimension);
  auto* const codes = reinterpret_cast<std::int8_t*>(shadow + kShadowHeadBytes);
  std::fill(codes + (shape.dimension / 2) * kLanes * 2,
            reinterpret_cast<std::int8_t*>(shadow + ShadowBlockBytes(shape.dimension)),
            std::int8_t{0});
  Squares squares;
  for (std::size_t dim = 0; dim < shape.dimension; ++dim) {
    EncodeDimension(block + dim * kLanes, scales, codes + dim / 2 * kLanes * 2 + dim % 2, squares);
  }
  WriteHead(shape, scales, squares, shadow);
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
