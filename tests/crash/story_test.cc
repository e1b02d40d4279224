// Tests: crash/story_draw.cc
// Tests: crash/story_run.cc
// Tests: crash/story_rot.cc
#include "crash/story.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "crash/operations/operations.h"

namespace varve::crash {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Story, IsDrawnAndLivedTheSameEveryTime) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Decisions random = Decisions::FromSeed(seed);
    Decisions same = Decisions::FromSeed(seed);
    const Story story = DrawStory(random);
    ASSERT_TRUE(story == DrawStory(same));
    std::vector<std::string> told[2];
    for (auto& lines : told) {
      const StoryReport report = RunStory(story, BuiltinSubjects(),
                                          [&](const std::string& line) { lines.push_back(line); });
      EXPECT_TRUE(report.verdict.ok()) << report.verdict;
    }
    EXPECT_EQ(told[0], told[1]) << "seed " << seed;
  }
}

TEST(Story, TellsOperationsAndWhatWasPendingAtTheCrash) {
  Story story;
  story.options.unsynced_bytes = 1 << 20;
  story.lives.push_back({.steps = {{.choices = std::string(1, 3)},
                                   {.kind = Step::Kind::kCommitBuffered, .choices = "abcdefgh"}}});
  std::vector<std::string> told;
  const StoryReport report =
      RunStory(story, BuiltinSubjects(), [&](const std::string& line) { told.push_back(line); });
  EXPECT_TRUE(report.verdict.ok()) << report.verdict;
  EXPECT_EQ(report.counts.crashes, 1u);
  EXPECT_EQ(report.counts.lost, 1u);
  EXPECT_THAT(absl::StrJoin(told, "\n"),
              AllOf(HasSubstr("life 1: 2 steps"), HasSubstr("commit LSN 1: OK"),
                    HasSubstr("commit_buffered LSN 2: OK"),
                    HasSubstr("agent.varve/MANIFEST: 8192 bytes durable"),
                    HasSubstr("left behind: power cut, only what was durable"),
                    HasSubstr("opened at LSN 1; promised 1, begun 2")));
}

}  // namespace
}  // namespace varve::crash
