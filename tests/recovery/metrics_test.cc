// The whole catalogue: that the document shows all of it, and what an open, a failure and a
// snapshot make of it.
#include "recovery/metrics.h"

#include <gmock/gmock.h>

#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "kernel/prometheus.h"
#include "snapshot/metrics.h"
#include "tests/recovery/observed_store.h"
#include "tests/support/source_files.h"

namespace varve {
namespace {

using crash::CallKind;
using crash::CrashChoice;
using ::testing::HasSubstr;

std::string UnitName(MetricUnit unit) {
  switch (unit) {
    case MetricUnit::kCount:
      return "count";
    case MetricUnit::kBytes:
      return "bytes";
    case MetricUnit::kNanoseconds:
      return "seconds";
    case MetricUnit::kLsn:
      return "LSN";
    case MetricUnit::kFlag:
      return "0 or 1";
  }
  return "?";
}

std::string KindName(MetricKind kind) {
  return kind == MetricKind::kCounter ? "counter"
         : kind == MetricKind::kGauge ? "gauge"
                                      : "histogram";
}

// The line of docs/metrics.md for all specs of one name, of which `first` is the first.
std::string DocumentedRow(const std::vector<const MetricSpec*>& all, std::size_t first) {
  const MetricSpec& spec = *all[first];
  std::string labels;
  for (std::size_t i = first; i < all.size() && all[i]->name == spec.name; ++i) {
    if (spec.label_key.empty()) break;
    labels += (labels.empty() ? "" : ", ") + std::string(all[i]->label_value);
  }
  if (!labels.empty()) labels = std::string(spec.label_key) + ": " + labels;
  return "| `" + std::string(spec.name) + "` | " + labels + " | " + KindName(spec.kind) + " | " +
         UnitName(spec.unit) + " | " + std::string(spec.help) + " |\n";
}

class MetricsTest : public ObservedStoreTest {
 protected:
  std::uint64_t Value(const MetricSpec& spec) { return store().Stats().Value(spec); }
  std::vector<const MetricSpec*> Catalogue() {
    const StoreStats stats = store().Stats();
    std::vector<const MetricSpec*> all;
    for (const Metric& metric : stats.metrics()) all.push_back(metric.spec);
    return all;
  }
};

// A store on files has every metric there is: the catalogue is what it answers with.
TEST_F(MetricsTest, TheDocumentShowsTheWholeCatalogueInItsOrder) {
  Open();
  const std::vector<const MetricSpec*> all = Catalogue();
  std::string expected;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i == 0 || all[i]->name != all[i - 1]->name) expected += DocumentedRow(all, i);
  }
  std::istringstream document(testing_support::ReadSource("docs/metrics.md"));
  std::string found;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("| `varve_")) found += line + "\n";
  }
  EXPECT_EQ(found, expected);
}

TEST_F(MetricsTest, EveryMetricOfTheHeadersIsInTheCatalogue) {
  Open();
  std::size_t declared = 0;
  for (const char* header : {"kernel/metrics.h", "snapshot/metrics.h", "recovery/metrics.h"}) {
    const std::string text = testing_support::ReadSource(header);
    const std::string_view declaration = "inline constexpr MetricSpec k";
    for (std::size_t at = text.find(declaration); at != std::string::npos;
         at = text.find(declaration, at + 1)) {
      ++declared;
    }
  }
  EXPECT_EQ(Catalogue().size(), declared) << "a metric is declared that nothing adds";
}

TEST_F(MetricsTest, NamesOfTheCatalogueAreUniqueAndOfOneKind) {
  Open();
  std::set<std::pair<std::string_view, std::string_view>> seen;
  const std::vector<const MetricSpec*> all = Catalogue();
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_TRUE(seen.emplace(all[i]->name, all[i]->label_value).second) << all[i]->name;
    EXPECT_EQ(all[i]->name.ends_with("_total"), all[i]->kind == MetricKind::kCounter);
    EXPECT_EQ(all[i]->name.ends_with("_seconds"), all[i]->unit == MetricUnit::kNanoseconds);
    if (i == 0 || all[i]->name != all[i - 1]->name) continue;
    EXPECT_EQ(all[i]->help, all[i - 1]->help);
    EXPECT_EQ(all[i]->label_key, all[i - 1]->label_key);
    EXPECT_EQ(all[i]->kind, all[i - 1]->kind);
  }
}

TEST_F(MetricsTest, ValuesAreOfTheKindThatTheCatalogueSays) {
  Open();
  const StoreStats stats = store().Stats();
  for (const Metric& metric : stats.metrics()) {
    EXPECT_EQ(std::holds_alternative<HistogramValue>(metric.value),
              metric.spec->kind == MetricKind::kHistogram)
        << metric.spec->name;
  }
}

TEST_F(MetricsTest, FlushesAreMeasuredByTheClockOfTheEnvironment) {
  Open();
  outside_.clock.SetTick(0);
  files().SetHook([&](const crash::Call& call) {
    if (call.kind == CallKind::kWriteDurably) outside_.clock.Advance(250);
  });
  ASSERT_TRUE(Put("a", "1").ok());
  const StoreStats stats = store().Stats();
  EXPECT_EQ(stats.Distribution(metric::kLogSync)->count, 1u);
  EXPECT_EQ(stats.Distribution(metric::kLogSync)->sum, 250'000u);
  EXPECT_EQ(stats.Distribution(metric::kCommitDuration)->sum, 250'000u);
  EXPECT_EQ(stats.Distribution(metric::kLogGroup)->sum, 1u);
  EXPECT_EQ(stats.Distribution(metric::kLogFlushBytes)->sum, stats.Value(metric::kLogBytes));
}

TEST_F(MetricsTest, MeasuringChangesNothingOfWhatIsWritten) {
  std::map<std::string, std::string> contents[2];
  for (const bool timings : {false, true}) {
    outside_.clock.Set(Timestamp(1'700'000'000'000'000));
    outside_.files = std::make_unique<crash::StrictFileSystem>();
    crash::SeededEntropy entropy(7);
    options_.environment.entropy = &entropy;
    options_.environment.files = outside_.files.get();
    options_.store.timings = timings;
    Open();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(Put("k" + std::to_string(i), "v").ok());
    ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(store()).ok());
    ASSERT_TRUE(store().Close().ok());
    contents[timings ? 1 : 0] = files().Contents();
    opened_ = OpenedStore();
  }
  EXPECT_EQ(contents[0], contents[1]);
}

TEST_F(MetricsTest, TheAgeOfTheOldestViewIsToldByTheClockOfTheEnvironment) {
  Open();
  outside_.clock.SetTick(0);
  const auto old = store().View();
  outside_.clock.Advance(5'000'000);
  const auto young = store().View();
  outside_.clock.Advance(1'000'000);
  EXPECT_EQ(Value(metric::kReadersOpen), 2u);
  EXPECT_EQ(Value(metric::kReaderOldestAge), 6'000'000'000u);
}

TEST_F(MetricsTest, AFailedSyncPoisonsAndIsCounted) {
  Open();
  ASSERT_TRUE(Put("a", "1").ok());
  files().AddFault({.kind = CallKind::kFlushDurably});
  EXPECT_EQ(Put("b", "2").code(), absl::StatusCode::kUnknown);
  EXPECT_EQ(Put("c", "3").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Value(metric::kPoisoned), 1u);
  EXPECT_EQ(Value(metric::kRefusedNotDurable), 1u);
  EXPECT_EQ(Value(metric::kLogFlushes), 1u);
  EXPECT_EQ(Value(metric::kDurableLsn), 1u);
}

TEST_F(MetricsTest, SnapshotsAndWhatTheyTrimAreCounted) {
  options_.snapshots.retained = 1;
  Open();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Put(std::to_string(i), std::string(1000, 'v')).ok());
  const auto info = opened_.snapshotter->CreateSnapshot(store());
  ASSERT_TRUE(info.ok()) << info.status();
  const StoreStats stats = store().Stats();
  EXPECT_EQ(stats.Value(metric::kSnapshots), 1u);
  EXPECT_EQ(stats.Value(metric::kSnapshotBytes), info->file_bytes);
  EXPECT_EQ(stats.Value(metric::kSnapshotNewestLsn), 100u);
  EXPECT_EQ(stats.Value(metric::kSnapshotsRetained), 1u);
  EXPECT_EQ(stats.Distribution(metric::kSnapshotDuration)->count, 1u);
  EXPECT_GT(stats.Value(metric::kLogSegmentsDeleted), 3u);
  EXPECT_GT(stats.Value(metric::kLogSegmentsStarted), stats.Value(metric::kLogSegmentsDeleted));
  files().AddFault({.kind = CallKind::kRename, .path_contains = "snapshots"});
  ASSERT_TRUE(Put("more", "v").ok());
  EXPECT_FALSE(opened_.snapshotter->CreateSnapshot(store()).ok());
  EXPECT_EQ(Value(metric::kSnapshotFailures), 1u);
}

TEST_F(MetricsTest, TheFiguresOfTheLastOpenAreKept) {
  Open();
  EXPECT_EQ(Value(metric::kRecoveryCleanClose), 0u);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Put(std::to_string(i), "v").ok());
  CutPower(CrashChoice::Nothing());
  Open();
  const StoreStats stats = store().Stats();
  EXPECT_EQ(stats.Value(metric::kRecoveryRecords), 5u);
  EXPECT_EQ(stats.Value(metric::kRecoveryBytes), opened_.report.bytes_replayed);
  EXPECT_EQ(stats.Value(metric::kRecoveryReplay),
            static_cast<std::uint64_t>(opened_.report.replay_time.count()) * 1000);
  EXPECT_EQ(stats.Value(metric::kRecoveryWarnings), opened_.report.warnings.size());
  EXPECT_EQ(stats.Value(metric::kVisibleLsn), 5u);
}

TEST_F(MetricsTest, AReadOnlyStoreAnswersToo) {
  Open();
  ASSERT_TRUE(Put("a", "1").ok());
  ASSERT_TRUE(store().Close().ok());
  options_.read_only = true;
  Open();
  EXPECT_EQ(Value(metric::kRecoveryCleanClose), 1u);
  EXPECT_EQ(Value(metric::kVisibleLsn), store().visible_lsn().value());
  EXPECT_TRUE(WritePrometheus(store().Stats()).ok());
}

}  // namespace
}  // namespace varve
