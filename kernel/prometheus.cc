#include "kernel/prometheus.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "kernel/base/status.h"

namespace varve {
namespace {

// Powers of two that histograms are written out with, by unit: a fixed set, so that series neither
// come nor go.
struct BucketRange {
  std::size_t exponent_min;
  std::size_t exponent_max;
};
constexpr BucketRange BucketsOf(MetricUnit unit) {
  switch (unit) {
    case MetricUnit::kNanoseconds:
      return {10, 36};  // a microsecond to 68 seconds
    case MetricUnit::kBytes:
      return {6, 28};  // 64 bytes to 256 MiB
    default:
      return {0, 12};
  }
}

bool IsLabelName(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (name.empty() || !is_letter(name.front()) || name.starts_with("__")) return false;
  return std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

absl::Status CheckLabels(const StoreStats& stats, std::span<const PrometheusLabel> labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string& name = labels[i].first;
    if (!IsLabelName(name)) {
      return InvalidArgument("\"", name, "\" is no name for a label: letters, digits and _, no ",
                             "digit first, no __ first");
    }
    const auto same_name = [&](const PrometheusLabel& other) { return other.first == name; };
    const bool twice = std::ranges::any_of(labels.first(i), same_name);
    const bool taken =
        name == "le" || std::ranges::any_of(stats.metrics(), [&](const Metric& metric) {
          return metric.spec->label_key == name;
        });
    if (twice || taken) {
      return InvalidArgument("the label \"", name, "\" ",
                             twice ? "is given twice" : "is used by the metrics themselves",
                             ": choose another name");
    }
  }
  return absl::OkStatus();
}

void AppendEscaped(std::string& to, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      to += "\\\\";
    } else if (c == '\n') {
      to += "\\n";
    } else if (c == '"' && quotes) {
      to += "\\\"";
    } else {
      to += c;
    }
  }
}

void AppendNumber(std::string& to, double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  to.append(text, end);
}

std::string_view NameOf(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return "counter";
    case MetricKind::kGauge:
      return "gauge";
    case MetricKind::kHistogram:
      return "histogram";
  }
  return "untyped";
}

class Writer final {
 public:
  explicit Writer(std::span<const PrometheusLabel> labels) {
    for (const auto& [name, value] : labels) AppendLabel(base_labels_, name, value);
  }

  void Write(const Metric& metric, bool first_of_its_name) {
    const MetricSpec& spec = *metric.spec;
    if (first_of_its_name) {
      text_.append("# HELP ").append(spec.name).append(" ");
      AppendEscaped(text_, spec.help, /*quotes=*/false);
      text_.append("\n# TYPE ").append(spec.name).append(" ").append(NameOf(spec.kind));
      text_.append("\n");
    }
    std::string labels = base_labels_;
    if (!spec.label_key.empty()) AppendLabel(labels, spec.label_key, spec.label_value);
    if (const auto* value = std::get_if<std::uint64_t>(&metric.value)) {
      WriteLine(spec, "", labels, *value);
    } else {
      WriteHistogram(spec, labels, std::get<HistogramValue>(metric.value));
    }
  }
  [[nodiscard]] std::string TakeText() { return std::move(text_); }

 private:
  static void AppendLabel(std::string& to, std::string_view name, std::string_view value) {
    if (!to.empty()) to += ',';
    to.append(name).append("=\"");
    AppendEscaped(to, value, /*quotes=*/true);
    to += '"';
  }

  void BeginLine(const MetricSpec& spec, std::string_view suffix, std::string_view labels) {
    text_.append(spec.name).append(suffix);
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_ += ' ';
  }

  // In the unit that is written out.
  static void AppendValue(std::string& to, const MetricSpec& spec, std::uint64_t value) {
    if (spec.unit == MetricUnit::kNanoseconds) {
      AppendNumber(to, static_cast<double>(value) / 1e9);
    } else {
      to += std::to_string(value);
    }
  }

  void WriteLine(const MetricSpec& spec, std::string_view suffix, std::string_view labels,
                 std::uint64_t value) {
    BeginLine(spec, suffix, labels);
    AppendValue(text_, spec, value);
    text_ += '\n';
  }

  void WriteBucket(const MetricSpec& spec, std::string labels, std::string_view bound,
                   std::uint64_t count) {
    AppendLabel(labels, "le", bound);
    BeginLine(spec, "_bucket", labels);
    text_.append(std::to_string(count)).append("\n");
  }

  void WriteHistogram(const MetricSpec& spec, const std::string& labels,
                      const HistogramValue& value) {
    const BucketRange range = BucketsOf(spec.unit);
    std::uint64_t count = 0;
    std::size_t bucket = 0;
    for (std::size_t exponent = range.exponent_min; exponent <= range.exponent_max; ++exponent) {
      const std::uint64_t bound = std::uint64_t{1} << exponent;
      for (; HistogramBound(bucket) <= bound; ++bucket) count += value.buckets[bucket];
      std::string bound_text;
      AppendValue(bound_text, spec, bound);
      WriteBucket(spec, labels, bound_text, count);
    }
    WriteBucket(spec, labels, "+Inf", value.count);
    WriteLine(spec, "_sum", labels, value.sum);
    BeginLine(spec, "_count", labels);
    text_.append(std::to_string(value.count)).append("\n");
  }

  std::string base_labels_;
  std::string text_;
};

}  // namespace

absl::StatusOr<std::string> WritePrometheus(const StoreStats& stats,
                                            std::span<const PrometheusLabel> labels) {
  VARVE_RETURN_IF_ERROR(CheckLabels(stats, labels));
  // The format wants all lines of one name together, whoever added them.
  std::vector<const Metric*> metrics;
  for (const Metric& metric : stats.metrics()) metrics.push_back(&metric);
  std::ranges::stable_sort(metrics, {}, [](const Metric* metric) { return metric->spec->name; });
  Writer writer(labels);
  std::string_view name;
  for (const Metric* metric : metrics) {
    writer.Write(*metric, metric->spec->name != name);
    name = metric->spec->name;
  }
  return writer.TakeText();
}

}  // namespace varve
