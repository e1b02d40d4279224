// varve STORE stats
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cli/verb_groups.h"
#include "kernel/base/status.h"
#include "kernel/prometheus.h"
#include "snapshot/manifest.h"
#include "snapshot/metrics.h"

namespace varve::cli {
namespace {

struct StatsArguments {
  bool prometheus = false;
};

void DeclareStats(Arguments& arguments, StatsArguments& to) {
  arguments.Flag(
      {.name = "--prometheus", .help = "As Prometheus reads it, each line with a label \"store\""},
      to.prometheus);
}

// Gauges alone: what a store counts while it works, it counts for the process that works with it.
absl::StatusOr<StoreStats> StatsAtRest(Store& store, const StoreFiles& names) {
  StoreStats at_rest;
  const StoreStats all = store.Stats();
  for (const Metric& metric : all.metrics()) {
    const auto* const value = std::get_if<std::uint64_t>(&metric.value);
    const bool of_readers =
        *metric.spec == metric::kReadersOpen || *metric.spec == metric::kReaderOldestAge;
    if (value == nullptr || metric.spec->kind != MetricKind::kGauge || of_readers) continue;
    at_rest.Add(*metric.spec, *value);
  }
  VARVE_ASSIGN_OR_RETURN(const snapshot::Manifest manifest,
                         snapshot::ReadManifest(PosixFileSystem(), names.manifest()));
  at_rest.Add(metric::kSnapshotsRetained, manifest.snapshots.size());
  at_rest.Add(metric::kSnapshotNewestLsn,
              manifest.snapshots.empty() ? 0 : manifest.snapshots.back().lsn.value());
  return at_rest;
}

std::string ValueText(const MetricSpec& spec, std::uint64_t value) {
  switch (spec.unit) {
    case MetricUnit::kBytes:
      return FormatBytes(value);
    case MetricUnit::kNanoseconds:
      return FormatCount(value / 1000) + " us";
    case MetricUnit::kFlag:
      return value == 0 ? "no" : "yes";
    default:
      return FormatCount(value);
  }
}

Json ValueJson(const MetricSpec& spec, std::uint64_t value) {
  if (spec.unit == MetricUnit::kNanoseconds) return static_cast<double>(value) / 1e9;
  return value;
}

void Print(const StoreStats& stats, Output& output) {
  FactTable facts;
  Json object;
  for (const Metric& metric : stats.metrics()) {
    const MetricSpec& spec = *metric.spec;
    const std::uint64_t value = std::get<std::uint64_t>(metric.value);
    std::string name(spec.name);
    if (spec.label_key.empty()) {
      object[name] = ValueJson(spec, value);
    } else {
      object[name][std::string(spec.label_value)] = ValueJson(spec, value);
      name.append(" ").append(spec.label_value);
    }
    facts.Add(std::move(name), ValueText(spec, value));
  }
  facts.Print(output);
  output.Object(object);
}

absl::StatusOr<Answer> RunStats(const StatsArguments& arguments, Session& session) {
  if (arguments.prometheus && session.output().json()) {
    return InvalidArgument("--prometheus and --json: choose one");
  }
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForReading());
  VARVE_ASSIGN_OR_RETURN(const StoreStats stats, StatsAtRest(*opened.store, session.files()));
  if (!arguments.prometheus) {
    Print(stats, session.output());
    return CloseAfter(opened, Answer::kYes);
  }
  const std::vector<PrometheusLabel> labels = {{"store", session.store()}};
  VARVE_ASSIGN_OR_RETURN(const std::string text, WritePrometheus(stats, labels));
  session.output().Raw(text);
  return CloseAfter(opened, Answer::kYes);
}

}  // namespace

void AddStatsVerb(Verbs& root) {
  root.Add<StatsArguments>(
      {"stats",
       "Shows the metrics that a store at rest has: sizes, positions, what recovery does. What a "
       "working store counts, its own program can tell: docs/metrics.md.",
       {"stats", "stats --json", "stats --prometheus"}},
      DeclareStats, RunStats);
}

}  // namespace varve::cli
