#include "kernel/stats.h"

namespace varve {

const Metric* StoreStats::Find(const MetricSpec& spec) const {
  for (const Metric& metric : metrics_) {
    if (metric.spec->name == spec.name && metric.spec->label_value == spec.label_value) {
      return &metric;
    }
  }
  return nullptr;
}

std::uint64_t StoreStats::Value(const MetricSpec& spec) const {
  const Metric* const metric = Find(spec);
  const auto* const value =
      metric == nullptr ? nullptr : std::get_if<std::uint64_t>(&metric->value);
  return value == nullptr ? 0 : *value;
}

const HistogramValue* StoreStats::Distribution(const MetricSpec& spec) const {
  const Metric* const metric = Find(spec);
  return metric == nullptr ? nullptr : std::get_if<HistogramValue>(&metric->value);
}

}  // namespace varve
