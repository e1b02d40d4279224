// Tests: cli/run_verbs.cc
// Tests: cli/replay_verbs.cc
// Tests: cli/run_arguments.cc
#include <string>

#include "gtest/gtest.h"
#include "tests/cli/command.h"

namespace varve::testing {
namespace {

class RunVerbs : public CommandTest {
 protected:
  std::string Create(const std::string& more = "") {
    return Do("run create --json " + more).Object()["run"].get<std::string>();
  }
  void Put(const std::string& run, const std::string& key, const std::string& value) {
    Do("kv put " + key + " " + value + " --run " + run);
  }
};

TEST_F(RunVerbs, CreateListGetUpdateAndEnd) {
  const std::string run = Create("--name report --tags a,b --metadata {\"user\":7}");
  const Json info = Do("run get " + run + " --json").Object();
  EXPECT_EQ(info["name"], "report");
  EXPECT_EQ(info["status"], "active");
  EXPECT_EQ(info["tags"], Json::array({"a", "b"}));
  EXPECT_EQ(info["metadata"]["user"], 7);
  const std::string child = Create("--paused --parent " + run);
  EXPECT_EQ(Do("run list --parent " + run + " --json").Object()["run"], child);
  Do("run begin " + child);
  Do("run end " + child + " failed --outcome why");
  EXPECT_EQ(Do("run list --status failed --json").Object()["outcome"], "why");
  Do("run update " + run + " --tags c");
  EXPECT_EQ(Do("run list --tag c --json").Object()["run"], run);
  EXPECT_EQ(Do("run list --tag a --json").out, "");
  EXPECT_EQ(Run("run get 00000000-0000-0000-0000-000000000009").exit_code, 1);
  EXPECT_NE(Run("run get nonsense").exit_code, 0);
}

TEST_F(RunVerbs, AClosedRunRefusesAndADeletedOneIsGone) {
  const std::string run = Create();
  Put(run, "k", "v");
  Do("run end " + run + " completed");
  const auto refused = Run("kv put k w --run " + run);
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_NE(refused.err.find("completed"), std::string::npos) << refused.err;
  EXPECT_EQ(Run("run orphans").exit_code, 1);  // none
  Do("run delete " + run);
  EXPECT_EQ(Run("kv get k --run " + run).exit_code, 1);
  EXPECT_EQ(Do("run list").out, "");
}

TEST_F(RunVerbs, ReplayDiffAndForkGoBackToAStep) {
  const std::string run = Create();
  Put(run, "plan", "one");
  Put(run, "plan", "two");
  EXPECT_EQ(Do("run steps " + run + " --json").Lines().size(), 2u);
  const std::string told = Do("replay " + run + "@1").out;
  EXPECT_NE(told.find("plan = one"), std::string::npos) << told;
  EXPECT_EQ(told.find("two"), std::string::npos) << told;
  const Json change = Do("diff " + run + "@1 " + run + " --json").Lines()[0];
  EXPECT_EQ(change["change"], "modified");
  EXPECT_EQ(change["before"], "one");
  EXPECT_EQ(change["after"], "two");
  const std::string fork = Do("run fork " + run + "@1 --json").Object()["run"].get<std::string>();
  EXPECT_EQ(Do("kv get plan --run " + fork).out, "one\n");
  EXPECT_EQ(Run("diff " + run + "@1 " + fork).exit_code, 1);  // no difference
  const auto beyond = Run("replay " + run + "@3");
  EXPECT_EQ(beyond.exit_code, 5);
  EXPECT_NE(beyond.err.find("1 to 2"), std::string::npos) << beyond.err;
  EXPECT_NE(Run("replay " + run + "@x").exit_code, 0);
}

}  // namespace
}  // namespace varve::testing
