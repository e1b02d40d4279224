// The text that Prometheus scrapes: held against its format by a strict reader here, and by
// promtool where that is installed.
#include "kernel/prometheus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <vector>

#include "kernel/metrics.h"
#include "kernel/stats.h"
#include "tests/kernel/store_fixture.h"

namespace varve {
namespace {

using ::testing::HasSubstr;

constexpr MetricSpec kOneOf{"test_things_total",
                            MetricKind::kCounter,
                            MetricUnit::kCount,
                            "Things, of \\ and \n.",
                            "kind",
                            "one"};
constexpr MetricSpec kOtherOf{"test_things_total",
                              MetricKind::kCounter,
                              MetricUnit::kCount,
                              "Things, of \\ and \n.",
                              "kind",
                              "other"};
constexpr MetricSpec kBetween{"test_between_bytes", MetricKind::kGauge, MetricUnit::kBytes,
                              "Size."};
constexpr MetricSpec kWait{"test_wait_seconds", MetricKind::kHistogram, MetricUnit::kNanoseconds,
                           "Waits."};

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

// Reads the exposition format, version 0.0.4, and fails the test at the first thing that it does
// not allow.
class StrictReader {
 public:
  explicit StrictReader(const std::string& text) {
    EXPECT_TRUE(text.empty() || text.back() == '\n') << "the last line does not end";
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) Read(line);
    for (const auto& [name, type] : types_) {
      if (type == "histogram") CheckHistogram(name);
    }
  }

  [[nodiscard]] double Value(const std::string& series) const {
    const auto found = values_.find(series);
    EXPECT_NE(found, values_.end()) << series;
    return found == values_.end() ? std::nan("") : found->second;
  }
  [[nodiscard]] std::string Type(const std::string& name) const { return types_.at(name); }
  [[nodiscard]] const std::vector<Sample>& samples() const { return samples_; }

 private:
  void Read(const std::string& line) {
    static const std::regex comment(R"(# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+))");
    std::smatch match;
    if (line.starts_with("#")) {
      ASSERT_TRUE(std::regex_match(line, match, comment)) << line;
      if (match[1] == "HELP") {
        ASSERT_TRUE(helped_.insert(match[2]).second) << "HELP twice or apart: " << line;
        family_ = match[2];
      } else {
        ASSERT_EQ(match[2], family_) << "TYPE stands apart from its HELP";
        ASSERT_TRUE(types_.emplace(match[2], match[3]).second) << line;
        ASSERT_TRUE(std::regex_match(match[3].str(), std::regex("counter|gauge|histogram")));
      }
      return;
    }
    ReadSample(line);
  }

  void ReadSample(const std::string& line) {
    static const std::regex sample(R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\S+))");
    static const std::regex label(
        R"re(([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$))re");
    std::smatch match;
    ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
    Sample found;
    found.name = match[1];
    std::string rest = match[2];
    if (!rest.empty()) rest = rest.substr(1, rest.size() - 2);
    while (!rest.empty()) {
      std::smatch one;
      ASSERT_TRUE(std::regex_search(rest, one, label, std::regex_constants::match_continuous))
          << line;
      ASSERT_TRUE(found.labels.emplace(one[1], one[2]).second) << line;
      rest = one.suffix();
    }
    char* end = nullptr;
    const std::string number = match[3];
    found.value = std::strtod(number.c_str(), &end);
    ASSERT_EQ(*end, '\0') << line;
    CheckName(found.name);
    ASSERT_TRUE(values_.emplace(match[1].str() + match[2].str(), found.value).second)
        << "twice: " << line;
    samples_.push_back(std::move(found));
  }

  void CheckName(const std::string& name) const {
    ASSERT_TRUE(types_.contains(family_)) << name;
    const std::string& type = types_.at(family_);
    if (type == "histogram") {
      ASSERT_TRUE(name == family_ + "_bucket" || name == family_ + "_sum" ||
                  name == family_ + "_count")
          << name;
      return;
    }
    ASSERT_EQ(name, family_);
    ASSERT_EQ(name.ends_with("_total"), type == "counter") << name;
  }

  void CheckHistogram(const std::string& name) const {
    double bound = -1;
    double count = 0;
    for (const Sample& sample : samples_) {
      if (sample.name == name + "_count") {
        EXPECT_EQ(sample.value, count) << name;
        EXPECT_TRUE(std::isinf(bound)) << name;
      }
      if (sample.name != name + "_bucket") continue;
      const double next = std::strtod(sample.labels.at("le").c_str(), nullptr);
      EXPECT_GT(next, bound) << name;
      EXPECT_GE(sample.value, count) << name;
      bound = next;
      count = sample.value;
    }
  }

  std::string family_;
  std::set<std::string> helped_;
  std::map<std::string, std::string> types_;
  std::map<std::string, double> values_;
  std::vector<Sample> samples_;
};

class PrometheusOfAStore : public StoreFixture {
 protected:
  // After some of everything.
  std::string Text() {
    for (int i = 0; i < 20; ++i) Put("k" + std::to_string(i), "v");
    EXPECT_TRUE(store_->Checkpoint().ok());
    return *WritePrometheus(store_->Stats(),
                            std::vector<PrometheusLabel>{{"store", "a \"b\"\\\n"}});
  }
};

TEST_F(PrometheusOfAStore, KeepsTheFormat) {
  const StrictReader text(Text());
  EXPECT_EQ(text.Value(R"(varve_visible_lsn{store="a \"b\"\\\n"})"), 20);
  for (const Sample& sample : text.samples()) {
    ASSERT_TRUE(sample.labels.contains("store")) << sample.name;
  }
}

TEST_F(PrometheusOfAStore, ShowsEveryMetricOfTheStore) {
  const std::string text = Text();
  const StoreStats stats = store_->Stats();
  for (const Metric& metric : stats.metrics()) {
    EXPECT_THAT(text, HasSubstr("# HELP " + std::string(metric.spec->name) + " "));
  }
}

TEST_F(PrometheusOfAStore, PassesPromtool) {
  if (std::system("command -v promtool > /dev/null") != 0) {
    GTEST_SKIP() << "promtool is not installed: apt-get install --no-install-recommends prometheus";
  }
  FILE* const promtool = popen("promtool check metrics", "w");
  ASSERT_NE(promtool, nullptr);
  const std::string text = Text();
  EXPECT_EQ(std::fwrite(text.data(), 1, text.size(), promtool), text.size());
  EXPECT_EQ(pclose(promtool), 0) << "what promtool said stands above; it read:\n" << text;
}

TEST(Prometheus, LinesOfOneNameStandTogetherWhoeverAddedThem) {
  StoreStats stats;
  stats.Add(kOneOf, 1);
  stats.Add(kBetween, 5);
  stats.Add(kOtherOf, 2);
  EXPECT_EQ(*WritePrometheus(stats),
            "# HELP test_between_bytes Size.\n"
            "# TYPE test_between_bytes gauge\n"
            "test_between_bytes 5\n"
            "# HELP test_things_total Things, of \\\\ and \\n.\n"
            "# TYPE test_things_total counter\n"
            "test_things_total{kind=\"one\"} 1\n"
            "test_things_total{kind=\"other\"} 2\n");
}

TEST(Prometheus, DurationsAreInSecondsAndBoundsBelongToTheirBucket) {
  Histogram histogram;
  histogram.Record(1 << 20);            // exactly a bound
  histogram.Record((1 << 20) + 1);      // just above it
  histogram.Record(2'000'000'000);      // two seconds
  histogram.Record(3'600'000'000'000);  // beyond every bucket
  StoreStats stats;
  stats.Add(kWait, histogram.value());
  const StrictReader text(*WritePrometheus(stats));
  EXPECT_EQ(text.Value(R"(test_wait_seconds_bucket{le="0.001048576"})"), 1);
  EXPECT_EQ(text.Value(R"(test_wait_seconds_bucket{le="0.002097152"})"), 2);
  EXPECT_EQ(text.Value(R"(test_wait_seconds_bucket{le="2.147483648"})"), 3);
  EXPECT_EQ(text.Value(R"(test_wait_seconds_bucket{le="+Inf"})"), 4);
  EXPECT_EQ(text.Value("test_wait_seconds_count"), 4);
  EXPECT_NEAR(text.Value("test_wait_seconds_sum"), 3602.002, 0.001);
}

TEST(Prometheus, ALabelThatIsNoneOrTakenIsRefusedByName) {
  StoreStats stats;
  stats.Add(kOneOf, 1);
  for (const char* name : {"", "1st", "a-b", "__name__", "le", "kind"}) {
    const std::vector<PrometheusLabel> labels = {{"store", "s"}, {name, "v"}};
    const auto text = WritePrometheus(stats, labels);
    EXPECT_EQ(text.status().code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_THAT(std::string(text.status().message()), HasSubstr("\"" + std::string(name) + "\""));
  }
  const std::vector<PrometheusLabel> twice = {{"store", "s"}, {"store", "t"}};
  EXPECT_EQ(WritePrometheus(stats, twice).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Prometheus, NothingIsWrittenOfNothing) { EXPECT_EQ(*WritePrometheus(StoreStats()), ""); }

}  // namespace
}  // namespace varve
