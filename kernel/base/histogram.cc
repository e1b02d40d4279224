#include "kernel/base/histogram.h"

#include <algorithm>

namespace varve {

double HistogramValue::Quantile(double fraction) const {
  if (count == 0) return 0.0;
  const double wanted = std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count);
  double below = 0.0;
  for (std::size_t bucket = 0; bucket < buckets.size(); ++bucket) {
    const auto here = static_cast<double>(buckets[bucket]);
    if (here == 0.0) continue;
    if (below + here >= wanted) {
      const double from = bucket == 0 ? 0.0 : static_cast<double>(HistogramBound(bucket - 1));
      const auto to = static_cast<double>(HistogramBound(bucket));
      return from + (to - from) * (wanted - below) / here;
    }
    below += here;
  }
  return static_cast<double>(HistogramBound(buckets.size() - 1));
}

double HistogramValue::Mean() const {
  return count == 0 ? 0.0 : static_cast<double>(sum) / static_cast<double>(count);
}

HistogramValue Histogram::value() const {
  HistogramValue value;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    value.buckets[bucket] = buckets_[bucket].load(std::memory_order_relaxed);
    value.count += value.buckets[bucket];
  }
  value.sum = sum_.load(std::memory_order_relaxed);
  return value;
}

}  // namespace varve
