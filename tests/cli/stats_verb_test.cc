// Tests: cli/stats_verb.cc
#include "gmock/gmock.h"
#include "tests/cli/command.h"

namespace varve::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StatsVerbTest : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    Do("init");
    Do("kv put a 1");
    Do("kv put b 2");
    Do("snapshot create");
  }
};

TEST_F(StatsVerbTest, ShowsWhatAStoreAtRestHas) {
  const Json stats = Do("stats --json").Object();
  const Json stat = Do("stat --json").Object();
  EXPECT_EQ(stats["varve_visible_lsn"], stat["visible_lsn"]);
  EXPECT_EQ(stats["varve_state_rows"], stat["rows"]);
  EXPECT_EQ(stats["varve_files_bytes"]["log"], stat["footprint"]["log"]["allocated_bytes"]);
  EXPECT_EQ(stats["varve_snapshots_retained"], 1);
  EXPECT_EQ(stats["varve_snapshot_newest_lsn"], stat["snapshots"][0]["lsn"]);
  EXPECT_EQ(stats["varve_recovery_clean_close"], 1);
  EXPECT_EQ(stats["varve_poisoned"], 0);
  EXPECT_FALSE(stats.contains("varve_commits_total"));
  EXPECT_THAT(Do("stats").out, HasSubstr("varve_recovery_clean_close"));
}

TEST_F(StatsVerbTest, WritesPrometheusTextWithTheStoresName) {
  const std::string text = Do("stats --prometheus").out;
  EXPECT_THAT(text, HasSubstr("# TYPE varve_state_rows gauge\nvarve_state_rows{store=\""));
  EXPECT_THAT(text, Not(HasSubstr("_total")));
}

TEST_F(StatsVerbTest, PrometheusAndJsonAtOnceIsRefused) {
  EXPECT_EQ(Run("stats --prometheus --json").Error()["code"], "INVALID_ARGUMENT");
}

}  // namespace
}  // namespace varve::testing
