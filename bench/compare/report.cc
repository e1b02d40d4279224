#include "bench/compare/report.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>

namespace varve::compare {
namespace {

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::string Format(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

std::string Ratio(double value, double reference) {
  if (reference == 0) {
    return "-";
  }
  const double ratio = value / reference;
  return Format(ratio < 10 ? "%.2f" : "%.0f", ratio);
}

std::string Padded(const std::string& text, std::size_t width, bool right = false) {
  const std::string space(width > text.size() ? width - text.size() : 0, ' ');
  return right ? space + text : text + space;
}

nlohmann::json RatioJson(double value, double reference) {
  return reference == 0 ? nlohmann::json() : nlohmann::json(value / reference);
}

std::string HexOf(std::uint64_t digest) {
  char text[17];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(digest));
  return text;
}

}  // namespace

struct Results::Line {
  std::string system;
  std::string metric;
  std::string unit;
  double median = 0;
  double least = 0;
  double most = 0;
  double floor = 0;
  double best_peer = 0;
};

void Results::Add(const std::string& system, bool peer, const Outcome& outcome) {
  auto found = std::find_if(systems_.begin(), systems_.end(),
                            [&](const System& each) { return each.name == system; });
  if (found == systems_.end()) {
    systems_.push_back({system, peer, {}, {}});
    found = systems_.end() - 1;
  }
  for (const Metric& metric : outcome.metrics) {
    Series& series = found->series[metric.name];
    if (series.values.empty()) {
      found->metrics.push_back(metric.name);
      series.unit = metric.unit;
    }
    series.values.push_back(metric.value);
  }
  if (outcome.digest != 0) {
    Require(digest_ == 0 || digest_ == outcome.digest,
            workload_.name + ": " + system + " answered differently from those before it");
    digest_ = outcome.digest;
  }
}

bool Results::LowerIsBetter(const std::string& metric) const {
  if (metric.empty()) {
    return workload_.lower_is_better;
  }
  return metric != "rate";  // latencies and bytes are the only others
}

double Results::FloorOf(const std::string& metric) const {
  for (const System& system : systems_) {
    const auto found = system.series.find(metric);
    if (system.name == workload_.floor && found != system.series.end()) {
      return Median(found->second.values);
    }
  }
  return 0;
}

double Results::BestPeerOf(const std::string& metric) const {
  double best = 0;
  for (const System& system : systems_) {
    const auto found = system.series.find(metric);
    if (!system.peer || found == system.series.end()) {
      continue;
    }
    const double value = Median(found->second.values);
    const bool better = LowerIsBetter(metric) ? value < best : value > best;
    best = best == 0 || better ? value : best;
  }
  return best;
}

std::vector<Results::Line> Results::Lines() const {
  std::vector<Line> lines;
  for (const System& system : systems_) {
    for (const std::string& metric : system.metrics) {
      const Series& series = system.series.at(metric);
      const auto [least, most] = std::minmax_element(series.values.begin(), series.values.end());
      lines.push_back({system.name, metric, series.unit, Median(series.values), *least, *most,
                       FloorOf(metric), BestPeerOf(metric)});
    }
  }
  return lines;
}

void Results::PrintTable(std::ostream& out) const {
  out << "\n" << workload_.name << ": " << workload_.title << "\n";
  out << "  " << Padded("system", 20) << Padded("median", 12, true) << " " << Padded("unit", 10)
      << Padded("least..most", 20, true) << Padded("/ " + workload_.floor, 14, true)
      << Padded("/ best peer", 14, true) << "\n";
  for (const Line& line : Lines()) {
    out << "  " << Padded(line.metric.empty() ? line.system : "  " + line.metric, 20)
        << Padded(Readable(line.median, line.unit), 12, true) << " " << Padded(line.unit, 10)
        << Padded(Readable(line.least, line.unit) + ".." + Readable(line.most, line.unit), 20, true)
        << Padded(Ratio(line.median, line.floor), 14, true)
        << Padded(Ratio(line.median, line.best_peer), 14, true) << "\n";
  }
  if (digest_ != 0) {
    out << "  digest of the answers, the same for all: " << HexOf(digest_) << "\n";
  }
  out.flush();
}

void Results::PrintJson(std::ostream& out) const {
  for (const Line& line : Lines()) {
    nlohmann::json row = {{"workload", workload_.name},
                          {"system", line.system},
                          {"metric", line.metric.empty() ? "main" : line.metric},
                          {"value", line.median},
                          {"least", line.least},
                          {"most", line.most},
                          {"unit", line.unit},
                          {"floor", workload_.floor},
                          {"floor_ratio", RatioJson(line.median, line.floor)},
                          {"peer_ratio", RatioJson(line.median, line.best_peer)}};
    if (digest_ != 0) {
      row["digest"] = HexOf(digest_);
    }
    out << row.dump() << "\n";
  }
}

std::string Readable(double value, const std::string& unit) {
  if (unit == "ms" && value >= 1e3) {
    return Format("%.0f", value);
  }
  if (value >= 1e9) {
    return Format("%.2f G", value / 1e9);
  }
  if (value >= 1e6) {
    return Format("%.2f M", value / 1e6);
  }
  if (value >= 1e3) {
    return Format("%.1f k", value / 1e3);
  }
  return Format(value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.3f", value);
}

}  // namespace varve::compare
