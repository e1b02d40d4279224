// A store's statistics as Prometheus reads them.
#ifndef VARVE_KERNEL_PROMETHEUS_H_
#define VARVE_KERNEL_PROMETHEUS_H_

#include <span>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "kernel/stats.h"

namespace varve {

// Labels that every line is to have, such as {"store", "orders"}: what tells several stores of one
// process apart.
using PrometheusLabel = std::pair<std::string, std::string>;

// `stats` in the text exposition format, version 0.0.4 (Content-Type "text/plain; version=0.0.4"):
// HELP and TYPE once for each name, durations in seconds, sizes in bytes, one bucket of a histogram
// for each power of two. Values of labels may be any UTF-8 text.
//   kInvalidArgument  a label's name is no [a-zA-Z_][a-zA-Z0-9_]*, begins with "__", comes twice or
//                     is one that metrics use themselves ("le", "durability", ...)
[[nodiscard]] absl::StatusOr<std::string> WritePrometheus(
    const StoreStats& stats, std::span<const PrometheusLabel> labels = {});

}  // namespace varve

#endif  // VARVE_KERNEL_PROMETHEUS_H_
