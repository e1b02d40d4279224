// How values are distributed: durations in nanoseconds, sizes, counts.
//
// Buckets are log-linear and fixed: four to each power of two, so a bucket is at most a quarter as
// wide as its values are large, and two histograms may be added bucket by bucket. A bucket holds
// the values above the bound before it, up to and including its own.
#ifndef VARVE_KERNEL_BASE_HISTOGRAM_H_
#define VARVE_KERNEL_BASE_HISTOGRAM_H_

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace varve {

// Values above 2^41 (36 minutes, two tebibytes) fall into the last bucket.
inline constexpr std::size_t kHistogramBuckets = 160;

// Which bucket `value` falls into.
[[nodiscard]] constexpr std::size_t HistogramBucketOf(std::uint64_t value) {
  const std::uint64_t below = value == 0 ? 0 : value - 1;  // bounds belong to their bucket
  if (below < 4) return static_cast<std::size_t>(below);
  const auto exponent = static_cast<std::size_t>(std::bit_width(below)) - 1;
  const std::uint64_t quarter = (below >> (exponent - 2)) & 3;
  const std::size_t bucket = (exponent - 1) * 4 + quarter;
  return bucket < kHistogramBuckets ? bucket : kHistogramBuckets - 1;
}

// The largest value of a bucket (of the last one: of those that belong there by size).
[[nodiscard]] constexpr std::uint64_t HistogramBound(std::size_t bucket) {
  if (bucket < 4) return bucket + 1;
  return (std::uint64_t{5} + bucket % 4) << (bucket / 4 - 1);
}

// A histogram as it was at one moment. A plain value.
struct HistogramValue {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
  std::array<std::uint64_t, kHistogramBuckets> buckets{};

  // The value that `fraction` (0 to 1) of all lie at or below, interpolated within its bucket: off
  // by less than a quarter. 0 where there are none.
  [[nodiscard]] double Quantile(double fraction) const;
  [[nodiscard]] double Mean() const;
};

// Thread-safe, no lock: Record is two additions to atomics.
class Histogram final {
 public:
  void Record(std::uint64_t value) {
    buckets_[HistogramBucketOf(value)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }
  // Values that are recorded meanwhile may be in or not; `count` is always that of the buckets.
  [[nodiscard]] HistogramValue value() const;

 private:
  std::array<std::atomic<std::uint64_t>, kHistogramBuckets> buckets_{};
  std::atomic<std::uint64_t> sum_{0};
};

}  // namespace varve

#endif  // VARVE_KERNEL_BASE_HISTOGRAM_H_
