// Tests: cli/crash_case.cc
// Tests: cli/crash_verbs.cc
// Tests: cli/crash_case_verbs.cc
#include <gmock/gmock.h>

#include <filesystem>

#include "crash/case_file.h"
#include "gtest/gtest.h"
#include "tests/cli/command.h"

namespace varve::testing {
namespace {

using ::testing::HasSubstr;

class CrashVerbs : public CommandTest {
 protected:
  // Case files stand beside the store, which no verb here may touch.
  std::string CasePath() const { return std::string(store_) + ".case"; }
  void TearDown() override {
    EXPECT_FALSE(std::filesystem::exists(store_));
    std::filesystem::remove(CasePath());
    CommandTest::TearDown();
  }
};

TEST_F(CrashVerbs, RunLooksForCasesAndFindsNone) {
  const CommandAnswer text = RunCommand({"crash", "run", "--cases", "20", "--jobs", "2"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("20 stories, "));
  EXPECT_THAT(text.out, HasSubstr("no promise was broken"));
  const CommandAnswer json = RunCommand({"crash", "run", "--cases", "5", "--json"});
  EXPECT_EQ(json.exit_code, 0) << json.err;
  const Json object = json.Object();
  EXPECT_EQ(object["cases"], 5);
  EXPECT_EQ(object["driver"], "disk");
  EXPECT_TRUE(object["found"].is_null());
}

TEST_F(CrashVerbs, AGoodCaseIsReplayedAndExplainedAndNotShrunk) {
  crash::Case the_case;
  the_case.story.lives.push_back({.steps = {{.choices = "abcd"}}});
  WriteFileBytes(CasePath(), crash::CaseToText(the_case));
  const CommandAnswer replayed = RunCommand({"crash", "replay", CasePath()});
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_EQ(replayed.out, "no promise was broken\n");
  const CommandAnswer explained = RunCommand({"crash", "explain", CasePath()});
  EXPECT_EQ(explained.exit_code, 0) << explained.err;
  EXPECT_THAT(explained.out, HasSubstr("life 1: 1 steps\n"));
  EXPECT_THAT(explained.out, HasSubstr("commit LSN 1: OK\n"));
  const CommandAnswer shrunk = RunCommand({"crash", "shrink", CasePath()});
  EXPECT_EQ(shrunk.exit_code, 5);
  EXPECT_THAT(shrunk.err, HasSubstr("the case breaks no promise"));
}

TEST_F(CrashVerbs, ACaseWhoseAllocationsFailIsRepeatedAndTold) {
  crash::Case the_case;
  the_case.story.lives.push_back({.steps = {{.choices = "abcd", .memory = crash::MemoryFault{}}}});
  WriteFileBytes(CasePath(), crash::CaseToText(the_case));
  const CommandAnswer explained = RunCommand({"crash", "explain", CasePath()});
  EXPECT_EQ(explained.exit_code, 0) << explained.err;
  EXPECT_THAT(explained.out, HasSubstr("memory ends at allocation 1 of what follows:\n"
                                       "  commit LSN 1: RESOURCE_EXHAUSTED"));
}

TEST_F(CrashVerbs, WhatIsNoCaseIsRefusedByName) {
  WriteFileBytes(CasePath(), "{}");
  for (const char* verb : {"replay", "shrink", "explain"}) {
    const CommandAnswer answer = RunCommand({"crash", verb, CasePath()});
    EXPECT_EQ(answer.exit_code, 2);
    EXPECT_THAT(answer.err, HasSubstr(CasePath()));
    EXPECT_THAT(answer.err, HasSubstr("varve_crash_case"));
  }
  const CommandAnswer missing = RunCommand({"crash", "replay", CasePath() + ".not"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("No such file"));
}

TEST_F(CrashVerbs, WorkOnNoStore) {
  const CommandAnswer answer = Run("crash run --cases 1");
  EXPECT_EQ(answer.exit_code, 2);
  EXPECT_THAT(answer.err, HasSubstr("works on no store"));
}

}  // namespace
}  // namespace varve::testing
