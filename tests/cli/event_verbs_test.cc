// Tests: cli/event_read_verbs.cc
// Tests: cli/event_write_verbs.cc
// Tests: cli/follow.cc
#include <signal.h>
#include <sys/wait.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "gtest/gtest.h"
#include "primitives/builtin.h"
#include "primitives/event/event.h"
#include "recovery/open.h"
#include "tests/cli/command.h"

namespace varve::testing {
namespace {

constexpr const char* kRun = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

class EventVerbs : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    Do("init");
  }
  void Fill() {
    Do("event append s a {\"n\":0}");
    Do("event append s b {\"n\":1}");
    Do("event append s a {\"n\":2}");
  }
};

TEST_F(EventVerbs, AppendPrintsTheSequence) {
  EXPECT_EQ(Do("event append s a {\"n\":0}").out, "0\n");
  const Json json = Do("event append s a {\"n\":1} --json").Object();
  EXPECT_EQ(json["sequence"], 1);
  EXPECT_EQ(json["stream"], "s");
  EXPECT_TRUE(json.contains("lsn"));
  EXPECT_EQ(Run({"event", "append", "s", "a", "--file", "-"}, {.input = "{}"}).out, "2\n");
  EXPECT_NE(Run("event append s a []").exit_code, 0);
  EXPECT_NE(Run("event append s a").exit_code, 0);
}

TEST_F(EventVerbs, GetPrintsThePayload) {
  Fill();
  EXPECT_EQ(Do("event get s 1").out, "{\"n\":1}\n");
  const Json json = Do("event get s 1 --json").Object();
  EXPECT_EQ(json["type"], "b");
  EXPECT_EQ(json["payload"], "{\"n\":1}");
  EXPECT_EQ(json["hash"].get<std::string>().size(), 64u);
  EXPECT_EQ(Run("event get s 3").exit_code, 1);
}

TEST_F(EventVerbs, RangeAndTailSelectEvents) {
  Fill();
  const auto sequences = [&](const std::string& words) {
    std::string text;
    for (const Json& line : Do(words + " --json").Lines()) {
      if (line.contains("sequence")) text += std::to_string(line["sequence"].get<int>()) + " ";
    }
    return text;
  };
  EXPECT_EQ(sequences("event range s"), "0 1 2 ");
  EXPECT_EQ(sequences("event range s --type a --reverse"), "2 0 ");
  EXPECT_EQ(sequences("event range s --from 1 --to 2"), "1 ");
  EXPECT_EQ(sequences("event range s --since 1 --until 2"), "");
  EXPECT_EQ(sequences("event tail s --count 2"), "1 2 ");
  EXPECT_EQ(Do("event range s --limit 1 --json").Lines().back()["next"], 1);
  EXPECT_NE(Do("event tail s --count 1").out.find("{\"n\":2}"), std::string::npos);
}

TEST_F(EventVerbs, TailFollowsWhatOtherProcessesAppend) {
  Fill();
  std::vector<Json> lines;
  std::atomic<bool> done = false;
  std::thread follower([&] {
    lines = Do("event tail s --count 2 --follow --limit 4 --interval 0.01 --json").Lines();
    done = true;
  });
  while (!done) {
    Do("event append other a {}");
    Do("event append s a {}");
  }
  follower.join();
  // None is left out and none shown twice, whenever it began.
  ASSERT_EQ(lines.size(), 4u);
  const int first = lines.front()["sequence"].get<int>();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i]["sequence"].get<int>(), first + static_cast<int>(i));
  }
  EXPECT_EQ(Run("event tail s --limit 3").exit_code, 2);
  EXPECT_EQ(Run("event tail s --interval 3").exit_code, 2);
}

TEST_F(EventVerbs, TailFollowsAProcessThatHoldsTheStore) {
  PrimitiveRegistry registry;
  RegisterBuiltinPrimitives(registry);
  const absl::StatusOr<OpenedStore> opened = OpenStore(store_, std::move(registry));
  ASSERT_TRUE(opened.ok()) << opened.status();
  std::vector<Json> lines;
  std::atomic<bool> done = false;
  std::thread follower([&] {
    lines = Do("event tail s --follow --limit 20 --interval 0.01 --json").Lines();
    done = true;
  });
  while (!done) {
    EXPECT_TRUE(
        opened->store
            ->Update([](Transaction& to) { return Events(to).Append("s", "t", "{}").status(); })
            .ok());
  }
  follower.join();
  ASSERT_EQ(lines.size(), 20u);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i]["sequence"].get<int>(), lines[i - 1]["sequence"].get<int>() + 1);
  }
}

// Whether the process `child` has a handler for Ctrl-C by now.
bool CatchesInterrupts(pid_t child) {
  std::ifstream status("/proc/" + std::to_string(child) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("SigCgt:")) continue;
    return (std::stoull(line.substr(7), nullptr, 16) >> (SIGINT - 1) & 1) != 0;
  }
  return false;
}

TEST_F(EventVerbs, AnInterruptEndsATailThatFollows) {
  Fill();
  const pid_t child = StartCommand({store_, "event", "tail", "s", "--follow"});
  int ended = 0;
  while (!CatchesInterrupts(child)) {
    ASSERT_EQ(waitpid(child, &ended, WNOHANG), 0) << "it ended by itself";
  }
  ASSERT_EQ(kill(child, SIGINT), 0);
  ASSERT_EQ(waitpid(child, &ended, 0), child);
  EXPECT_TRUE(WIFEXITED(ended));
  EXPECT_EQ(WEXITSTATUS(ended), 130);
}

TEST_F(EventVerbs, InfoAndStreamsTellLengths) {
  Fill();
  Do("event append other a {}");
  EXPECT_EQ(Do("event info s --json").Object()["length"], 3);
  EXPECT_NE(Do("event info s").out.find("3"), std::string::npos);
  EXPECT_EQ(Run("event info none").exit_code, 1);
  EXPECT_EQ(Do("event streams").out, "other  1\ns  3\n");
  EXPECT_EQ(Do("event streams o --json").Lines().size(), 1u);
}

TEST_F(EventVerbs, VerifyChecksEveryStream) {
  Fill();
  Do("event append other a {}");
  const std::vector<Json> lines = Do("event verify --json").Lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_TRUE(lines[1]["ok"].get<bool>());
  EXPECT_EQ(lines[1]["verified"], 3);
  EXPECT_EQ(Do("event verify s").out, "s  3 verified\n");
}

TEST_F(EventVerbs, PositionsGoForwardUnlessReset) {
  Fill();
  Do("event commit s c 2");
  Do("event commit s c 1");
  EXPECT_EQ(Do("event consumers s").out, "c  2\n");
  Do("event commit s c 1 --reset");
  EXPECT_EQ(Do("event consumers s --json").Object()["position"], 1);
  EXPECT_NE(Run("event commit s c 9").exit_code, 0);
  Do("event forget s c");
  EXPECT_EQ(Do("event consumers s").out, "");
}

TEST_F(EventVerbs, ARunHasStreamsOfItsOwn) {
  const std::string run = std::string(" --run ") + kRun;
  Do("event append s a {}");
  EXPECT_EQ(Do("event append s b {}" + run).out, "0\n");
  EXPECT_EQ(Do("event get s 0 --json" + run).Object()["type"], "b");
  EXPECT_EQ(Run("event get s 0 --run nonsense").exit_code,
            Run("kv get k --run nonsense").exit_code);
}

}  // namespace
}  // namespace varve::testing
