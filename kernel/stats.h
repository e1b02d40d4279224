// What a store counts and measures about itself: Store::Stats() answers with one of these.
//
//   const varve::StoreStats stats = store.Stats();
//   stats.Value(varve::metric::kCommitsDurable);                      // a count
//   stats.Distribution(varve::metric::kLogSync)->Quantile(0.99);      // nanoseconds
//
// Which metrics there are, with unit and meaning: kernel/metrics.h, snapshot/metrics.h and
// recovery/metrics.h; docs/metrics.md shows all of them. kernel/prometheus.h writes them out.
#ifndef VARVE_KERNEL_STATS_H_
#define VARVE_KERNEL_STATS_H_

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "kernel/base/histogram.h"

namespace varve {

enum class MetricKind : std::uint8_t {
  kCounter,    // only grows while the store is open; begins at 0 with each open
  kGauge,      // goes up and down
  kHistogram,  // how values are distributed
};

enum class MetricUnit : std::uint8_t {
  kCount,
  kBytes,
  kNanoseconds,  // shown to people and written out in seconds
  kLsn,
  kFlag,  // 1 or 0
};

// What a metric is. Specs are constants; those of one name differ by `label_value` and stand
// together.
struct MetricSpec {
  std::string_view name;  // as Prometheus spells it: "varve_log_bytes_total". Never changes.
  MetricKind kind;
  MetricUnit unit;
  std::string_view help;  // one sentence
  std::string_view label_key{};
  std::string_view label_value{};

  friend constexpr bool operator==(const MetricSpec&, const MetricSpec&) = default;
};

// One metric as it was when it was asked for.
struct Metric {
  const MetricSpec* spec;  // never null; lives as long as the program
  std::variant<std::uint64_t, HistogramValue> value;
};

// A plain value: copy it, keep it, compare it with a later one. What it holds was read one after
// the other while the store went on, so related numbers may be apart by what happened meanwhile.
class StoreStats final {
 public:
  void Add(const MetricSpec& spec, std::uint64_t value) { metrics_.push_back({&spec, value}); }
  void Add(const MetricSpec& spec, const HistogramValue& value) {
    metrics_.push_back({&spec, value});
  }

  void Append(const StoreStats& more) {
    metrics_.insert(metrics_.end(), more.metrics_.begin(), more.metrics_.end());
  }

  // In the order of the catalogue.
  [[nodiscard]] const std::vector<Metric>& metrics() const { return metrics_; }
  // Of a counter or a gauge; 0 where the store has no such metric.
  [[nodiscard]] std::uint64_t Value(const MetricSpec& spec) const;
  // Null where the store has no such metric. Lives as long as this object.
  [[nodiscard]] const HistogramValue* Distribution(const MetricSpec& spec) const;

 private:
  [[nodiscard]] const Metric* Find(const MetricSpec& spec) const;
  std::vector<Metric> metrics_;
};

// Whoever has something to add to a store's statistics without the kernel knowing what it is.
// CollectMetrics may be called by any thread at any time.
class MetricSource {
 public:
  virtual ~MetricSource() = default;
  virtual void CollectMetrics(StoreStats& to) const = 0;
};

}  // namespace varve

#endif  // VARVE_KERNEL_STATS_H_
