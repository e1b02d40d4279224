// Tests: crash/crash_fuzz.cc
#include "crash/explorer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <ctime>

#include "crash/allocations/sanitizer.h"
#include "crash/operations/operations.h"
#include "primitives/kv/kv.h"
#include "primitives/kv/kv_primitive.h"

namespace varve::crash {
namespace {

constexpr std::uint64_t kStories = kHasSanitizer ? 150 : 2'000;
constexpr std::size_t kSmallSteps = kHasSanitizer ? 1 : 2;
constexpr std::uint64_t kSlicesOfThreeSteps = kHasSanitizer ? 1'000 : 100;

TEST(Explorer, StoriesOfManySeedsKeepEveryPromise) {
  const ExploreReport report =
      ExploreBySeed(1'000'000, {.subjects = BuiltinSubjects(), .stories = kStories, .threads = 2});
  std::printf("%s\n", report.counts.ToString().c_str());
  EXPECT_FALSE(report.failure.has_value()) << report.verdict;
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.counts.stories, kStories);
  EXPECT_EQ(report.last_seed, 1'000'000 + kStories - 1);
  // An exploration that loses nothing and tears nothing tests nothing.
  EXPECT_GT(report.counts.crashes_in_opening, 0u);
  EXPECT_GT(report.counts.lost, 0u);
  EXPECT_GT(report.counts.from_snapshot, 0u);
  EXPECT_GT(report.counts.faults_fired, 0u);
  EXPECT_GT(report.counts.refused, 0u);
}

TEST(Explorer, EverySmallWorkloadSurvivesEveryCrash) {
  const ExploreReport report = ExploreAll(kSmallSteps, {.subjects = BuiltinSubjects()});
  std::printf("%s\n", report.counts.ToString().c_str());
  EXPECT_FALSE(report.failure.has_value()) << report.verdict;
  EXPECT_TRUE(report.complete);
  EXPECT_GT(report.counts.torn_tails, 0u);
}

// Another one each day; VARVE_SMALL_SLICE chooses. All of them: varve crash run --driver small.
TEST(Explorer, ASliceOfTheWorkloadsOfThreeStepsSurvivesEveryCrash) {
  ExploreOptions options{.subjects = BuiltinSubjects()};
  const char* chosen = std::getenv("VARVE_SMALL_SLICE");
  options.slices = kSlicesOfThreeSteps;
  options.slice = (chosen == nullptr ? static_cast<std::uint64_t>(std::time(nullptr)) / 86'400
                                     : std::strtoull(chosen, nullptr, 10)) %
                  kSlicesOfThreeSteps;
  std::printf("VARVE_SMALL_SLICE=%d\n", static_cast<int>(options.slice));
  const ExploreReport report = ExploreAll(3, options);
  std::printf("%s\n", report.counts.ToString().c_str());
  EXPECT_FALSE(report.failure.has_value()) << report.verdict;
  EXPECT_TRUE(report.complete);
  EXPECT_GT(report.counts.crashes, 0u);
}

// Writes what nothing repeats: how often it was called.
std::vector<Subject> ForgetfulSubjects(std::atomic<int>& calls) {
  return {{.make = [] { return std::make_unique<KvPrimitive>(); },
           .operate =
               [&calls](Transaction& transaction, const RunId& run, Decisions&) {
                 return Kv(transaction, run).Put("key", std::to_string(++calls));
               }}};
}

TEST(Explorer, FindsWhatDoesNotRepeatAndGivesTheStoryOfIt) {
  std::atomic<int> calls = 0;
  const std::vector<Subject> subjects = ForgetfulSubjects(calls);
  const ExploreReport report =
      ExploreBySeed(1, {.subjects = subjects, .stories = 100, .threads = 2});
  ASSERT_TRUE(report.failure.has_value());
  std::vector<std::string> told;
  const StoryReport again =
      RunStory(*report.failure, subjects, [&](const std::string& line) { told.push_back(line); });
  EXPECT_TRUE(absl::IsInternal(again.verdict)) << again.verdict;
  ASSERT_FALSE(told.empty());
  EXPECT_NE(told.back().find("first difference"), std::string::npos) << told.back();
}

TEST(Explorer, EndsWhenItIsCancelled) {
  std::atomic<int> asked = 0;
  const ExploreReport report =
      ExploreBySeed(1, {.subjects = BuiltinSubjects(), .cancelled = [&] { return ++asked > 10; }});
  EXPECT_FALSE(report.complete);
  EXPECT_LE(report.counts.stories, 10u);
}

}  // namespace
}  // namespace varve::crash
