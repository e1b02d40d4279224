// Tests: crash/story_check.cc
// Tests: crash/story_draw.cc
// Tests: crash/story_run.cc
// Tests: crash/story_rot.cc
#include "crash/story.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "crash/operations/operations.h"
#include "kernel/base/out_of_memory.h"

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

Story StoryOf(const Step& step) {
  Story story;
  story.lives.push_back({.steps = {{.choices = "abcd"}, step, {.choices = "efgh"}}});
  return story;
}

TEST(Story, TellsWhereMemoryEndedAndGoesOn) {
  std::vector<std::string> told;
  const StoryReport report =
      RunStory(StoryOf({.choices = std::string(1, 3), .memory = MemoryFault{}}), BuiltinSubjects(),
               [&](const std::string& line) { told.push_back(line); });
  EXPECT_TRUE(report.verdict.ok()) << report.verdict;
  EXPECT_EQ(report.counts.allocations_failed, 1u);
  EXPECT_THAT(absl::StrJoin(told, "\n"),
              AllOf(HasSubstr("memory ends at allocation 1 of what follows:\n  commit LSN 2: "
                              "RESOURCE_EXHAUSTED"),
                    HasSubstr("commit LSN 2: OK")));
}

TEST(Story, MemoryEndsInEveryPartOfALife) {
  StoryCounts counts;
  for (const bool lasts : {false, true}) {
    for (std::uint64_t skip = 0; skip < 300; skip += 1 + skip / 8) {
      const MemoryFault fault{.skip = skip, .lasts = lasts};
      for (const Step::Kind kind :
           {Step::Kind::kCommitDurably, Step::Kind::kCommitBuffered, Step::Kind::kSync,
            Step::Kind::kCheckpoint, Step::Kind::kSnapshot}) {
        const StoryReport report = RunStory(
            StoryOf({.kind = kind, .choices = "ijkl", .memory = fault}), BuiltinSubjects());
        EXPECT_TRUE(report.verdict.ok()) << StepName(kind) << skip << ": " << report.verdict;
        counts.Add(report.counts);
      }
      Story story = StoryOf({.kind = Step::Kind::kSnapshot});
      story.lives[0].closing_memory = fault;
      story.lives[0].closes = true;
      story.lives.push_back({.memory = fault});
      const StoryReport report = RunStory(story, BuiltinSubjects());
      EXPECT_TRUE(report.verdict.ok()) << skip << ": " << report.verdict;
      counts.Add(report.counts);
    }
  }
  EXPECT_GT(counts.allocations_failed, 200u) << counts.ToString();
  EXPECT_GT(counts.refused, 20u) << counts.ToString();
}

// As though `operate` had all the memory that it wants: what it lacks it leaves out.
TEST(Story, AnOperationThatHidesMissingMemoryIsFound) {
  std::vector<Subject> subjects = BuiltinSubjects();
  for (Subject& subject : subjects) {
    subject.operate = [operate = subject.operate](Transaction& transaction, const RunId& run,
                                                  Decisions& random) -> absl::Status {
      const absl::Status status =
          CatchOutOfMemory([&] { return operate(transaction, run, random); });
      return absl::IsResourceExhausted(status) ? absl::OkStatus() : status;
    };
  }
  int found = 0;
  for (std::uint64_t skip = 0; skip < 60; ++skip) {
    Decisions random = Decisions::FromSeed(skip % 5);
    Step step{.memory = MemoryFault{.skip = skip}};
    for (int i = 0; i < 40; ++i) step.choices.push_back(static_cast<char>(random.Below(256)));
    const StoryReport report = RunStory(StoryOf(step), subjects);
    if (report.verdict.ok()) continue;
    EXPECT_THAT(report.verdict.ToString(), HasSubstr("O11: ")) << report.verdict;
    ++found;
  }
  EXPECT_GT(found, 0);
}

}  // namespace
}  // namespace varve::crash
