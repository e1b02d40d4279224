// Tests: crash/story_draw.cc
// Tests: crash/story_run.cc
#include "crash/story.h"

#include <gtest/gtest.h>

#include "crash/operations/operations.h"
#include "tests/support/test_seed.h"

namespace varve::crash {
namespace {

TEST(Story, HundredsOfThemKeepEveryPromise) {
  const std::uint64_t first = testing_support::TestSeed(1);
  StoryCounts counts;
  for (std::uint64_t seed = first; seed < first + 1000; ++seed) {
    Decisions random = Decisions::FromSeed(seed);
    const Story story = DrawStory(random);
    const StoryReport report = RunStory(story, BuiltinSubjects());
    counts.Add(report.counts);
    if (!report.verdict.ok()) {
      (void)RunStory(story, BuiltinSubjects(),
                     [](const std::string& line) { std::puts(line.c_str()); });
    }
    ASSERT_TRUE(report.verdict.ok()) << "seed " << seed << ": " << report.verdict;
  }
  std::puts(counts.ToString().c_str());
}

}  // namespace
}  // namespace varve::crash
