#include "crash/shrink.h"

#include <gtest/gtest.h>

#include "crash/operations/operations.h"

namespace varve::crash {
namespace {

Story DrawnStory(std::uint64_t seed) {
  Decisions random = Decisions::FromSeed(seed);
  Story story = DrawStory(random);
  while (story.lives.size() < 3) story.lives.push_back(story.lives.back());
  return story;
}

bool HasSnapshotBeforeCut(const Story& story) {
  for (const Life& life : story.lives) {
    for (const Step& step : life.steps) {
      if (step.kind == Step::Kind::kSnapshot && life.cut_before_call >= 17) return true;
    }
  }
  return false;
}

TEST(Shrink, LeavesNothingButWhatMatters) {
  Story story = DrawnStory(3);
  story.lives[1].steps.push_back({.kind = Step::Kind::kSnapshot, .clock_micros = 5});
  story.lives[1].cut_before_call = 90;
  ASSERT_TRUE(HasSnapshotBeforeCut(story));
  const Story smallest = ShrinkStory(story, HasSnapshotBeforeCut);
  Story expected;
  expected.lives.push_back({.steps = {{.kind = Step::Kind::kSnapshot}}, .cut_before_call = 17});
  EXPECT_TRUE(smallest == expected);
}

TEST(Shrink, LeavesOutMemoryThatEndsWhereItDoesNotMatter) {
  Story story = DrawnStory(5);
  story.lives[0].memory = MemoryFault{.skip = 9};
  story.lives[1].closing_memory = MemoryFault{.skip = 9};
  story.lives[2].steps.push_back({.memory = MemoryFault{.skip = 40, .lasts = true}});
  const auto fails = [](const Story& candidate) {
    for (const Life& life : candidate.lives) {
      for (const Step& step : life.steps) {
        if (step.memory.has_value() && step.memory->skip >= 13) return true;
      }
    }
    return false;
  };
  Story expected;
  expected.lives.push_back({.steps = {{.memory = MemoryFault{.skip = 13}}}});
  EXPECT_TRUE(ShrinkStory(story, fails) == expected);
}

TEST(Shrink, StopsWhenItIsToldToWithAStoryThatStillFails) {
  Story story = DrawnStory(4);
  story.lives[0].steps.push_back({.kind = Step::Kind::kSnapshot});
  story.lives[0].cut_before_call = 90;
  int attempts = 0;
  const Story smallest =
      ShrinkStory(story, HasSnapshotBeforeCut, {.cancelled = [&] { return ++attempts > 5; }});
  EXPECT_TRUE(HasSnapshotBeforeCut(smallest));
}

TEST(Shrink, AStreamIsCutAndZeroedByteByByte) {
  const auto fails = [](const std::string& stream) {
    return stream.size() >= 4 && stream[3] == 'x';
  };
  EXPECT_EQ(ShrinkStream("abcxefgh", fails), std::string("\0\0\0x", 4));
}

TEST(Shrink, TheBrokenPromiseIsTheOracleOrElseTheMessage) {
  EXPECT_EQ(BrokenPromise(absl::InternalError("O12: it changed the disk")), "O12");
  EXPECT_EQ(BrokenPromise(absl::InternalError("Other: things")), "Other: things");
}

}  // namespace
}  // namespace varve::crash
