// Tests: cli/state_verbs.cc
// Tests: cli/state_watch_verb.cc
#include <atomic>
#include <thread>

#include "gtest/gtest.h"
#include "tests/cli/command.h"

namespace varve::testing {
namespace {

constexpr const char* kRun = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

class StateVerbs : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    Do("init");
  }
};

TEST_F(StateVerbs, WatchShowsACellEachTimeThatItIsFoundChanged) {
  std::vector<Json> lines;
  std::atomic<bool> done = false;
  std::thread watcher([&] {
    lines = Do("state watch phase --limit 3 --interval 0.01 --json").Lines();
    done = true;
  });
  while (!done) {
    Do("state set other x");
    Do("state set phase act");
  }
  watcher.join();
  ASSERT_EQ(lines.size(), 3u);
  int version = -1;
  for (const Json& line : lines) {
    EXPECT_EQ(line["name"], "phase");
    const int now = line["found"].get<bool>() ? line["version"].get<int>() : 0;
    EXPECT_GT(now, version);
    version = now;
  }
}

TEST_F(StateVerbs, InitSetAndGet) {
  Do("state init phase plan");
  EXPECT_EQ(Run("state init phase again").exit_code, 1);
  EXPECT_EQ(Do("state get phase").out, "plan\n");
  EXPECT_EQ(Do("state set phase act --json").Object()["version"], 2);
  const Json json = Do("state get phase --json").Object();
  EXPECT_EQ(json["value"], "act");
  EXPECT_EQ(json["version"], 2);
  EXPECT_EQ(Run("state get none").exit_code, 1);
  EXPECT_EQ(Run({"state", "set", "phase", "--file", "-"}, {.input = "done"}).exit_code, 0);
  EXPECT_EQ(Do("state get phase").out, "done\n");
}

TEST_F(StateVerbs, CasAndDeleteGoByTheVersion) {
  Do("state set n a");
  EXPECT_EQ(Run("state cas n b --version 2").exit_code, 1);
  Do("state cas n b --version 1");
  EXPECT_EQ(Run("state delete n --version 1").exit_code, 1);
  Do("state delete n --version 2");
  EXPECT_EQ(Run("state delete n").exit_code, 1);
}

TEST_F(StateVerbs, ListAndHistoryShowCells) {
  Do("state set a/1 x");
  Do("state set a/2 y");
  Do("state set a/2 z");
  Do("state set b w");
  EXPECT_EQ(Do("state list").out, "a/1  1  x\na/2  2  z\nb  1  w\n");
  EXPECT_EQ(Do("state list a/ --json").Lines().size(), 2u);
  const std::vector<Json> history = Do("state history a/2 --json").Lines();
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0]["value"], "z");
  EXPECT_EQ(history[1]["version"], 1);
  EXPECT_EQ(Do("state history a/2 --limit 1 --json").Lines().size(), 1u);
  EXPECT_EQ(Run("state history none").exit_code, 1);
}

TEST_F(StateVerbs, ALeaseIsHeldRenewedAndReleased) {
  EXPECT_EQ(Run("state lease get l").exit_code, 1);
  EXPECT_EQ(Do("state lease acquire l me --ttl 1000").out, "1\n");
  EXPECT_EQ(Run("state lease acquire l you --ttl 1000").exit_code, 1);
  EXPECT_EQ(Do("state lease get l --json").Object()["owner"], "me");
  EXPECT_EQ(Do("state lease renew l 1 --ttl 2000 --json").Object()["token"], 1);
  EXPECT_EQ(Run("state lease renew l 2 --ttl 2000").exit_code, 1);
  Do("state set n v --lease l --token 1");
  EXPECT_EQ(Run("state set n w --lease l --token 2").exit_code, 1);
  EXPECT_NE(Run("state set n w --lease l").exit_code, 0);
  Do("state lease release l 1");
  EXPECT_EQ(Run("state lease release l 1").exit_code, 1);
  EXPECT_EQ(Do("state lease acquire l you --ttl 1 --json").Object()["token"], 2);
  EXPECT_EQ(Do("state get n").out, "v\n");
}

TEST_F(StateVerbs, ARunHasCellsOfItsOwn) {
  const std::string run = std::string(" --run ") + kRun;
  Do("state set n default");
  Do("state set n run" + run);
  EXPECT_EQ(Do("state get n").out, "default\n");
  EXPECT_EQ(Do("state get n" + run).out, "run\n");
}

}  // namespace
}  // namespace varve::testing
