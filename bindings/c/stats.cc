#include "bindings/c/varve_stats.h"

#include "bindings/c/answer.h"
#include "bindings/c/handles.h"
#include "kernel/prometheus.h"

namespace varve_c {
namespace {

static_assert(int{VARVE_STAT_HISTOGRAM} == static_cast<int>(MetricKind::kHistogram));
static_assert(int{VARVE_UNIT_FLAG} == static_cast<int>(MetricUnit::kFlag));

void Fill(const Metric& metric, varve_stat& item, Listing<varve_stat>& /*listing*/) {
  const MetricSpec& spec = *metric.spec;
  item.name = SliceOf(spec.name);
  item.help = SliceOf(spec.help);
  item.label_key = SliceOf(spec.label_key);
  item.label_value = SliceOf(spec.label_value);
  item.kind = static_cast<int32_t>(spec.kind);
  item.unit = static_cast<int32_t>(spec.unit);
  const auto* distribution = std::get_if<HistogramValue>(&metric.value);
  if (distribution == nullptr) {
    item.value = std::get<std::uint64_t>(metric.value);
    return;
  }
  item.value = distribution->count;
  item.sum = distribution->sum;
  item.p50 = distribution->Quantile(0.5);
  item.p90 = distribution->Quantile(0.9);
  item.p99 = distribution->Quantile(0.99);
  item.p999 = distribution->Quantile(0.999);
}

absl::StatusOr<StoreStats> StatsOf(const varve_store* store) {
  VARVE_RETURN_IF_ERROR(Arguments().Given(store, "store").status());
  StoreStats stats = store->store().Stats();
  if (stats.metrics().empty()) {
    return FailedPrecondition("the store was opened before fork(): open it in the child instead");
  }
  return stats;
}

}  // namespace

extern "C" {

const varve_stat* varve_result_stat(const varve_result* result, size_t index) {
  return ItemOf<varve_stat>(result, index);
}

varve_status varve_store_stats(varve_store* store, varve_result** stats, varve_error** error) {
  if (stats != nullptr) *stats = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(stats, "stats").status());
    VARVE_ASSIGN_OR_RETURN(const StoreStats known, StatsOf(store));
    *stats = ListOf<varve_stat>(known.metrics(), Fill).release();
    return absl::OkStatus();
  });
}

varve_status varve_store_metrics_text(varve_store* store, const varve_slice* label_names,
                                      const varve_slice* label_values, size_t label_count,
                                      varve_bytes* text, varve_error** error) {
  if (text != nullptr) *text = {};
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments()
                              .Slices(label_names, label_count, "label_names")
                              .Slices(label_values, label_count, "label_values")
                              .Given(text, "text")
                              .status());
    VARVE_ASSIGN_OR_RETURN(const StoreStats stats, StatsOf(store));
    std::vector<PrometheusLabel> labels;
    for (std::size_t i = 0; i < label_count; ++i) {
      labels.emplace_back(TextOf(label_names[i]), TextOf(label_values[i]));
    }
    VARVE_ASSIGN_OR_RETURN(const std::string written, WritePrometheus(stats, labels));
    *text = BytesOf(written);
    return absl::OkStatus();
  });
}

}  // extern "C"
}  // namespace varve_c
