#include "crash/case_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/base/status.h"
#include "tests/support/test_seed.h"

namespace varve::crash {
namespace {

using ::testing::HasSubstr;

TEST(CaseFile, AnyStoryReadsBackAsItWasWritten) {
  const std::uint64_t first = testing_support::TestSeed(1);
  for (std::uint64_t seed = first; seed < first + 300; ++seed) {
    Decisions random = Decisions::FromSeed(seed);
    const Case the_case{.story = DrawStory(random), .found = "O2: \"quoted\"\n"};
    const auto parsed = ParseCase(CaseToText(the_case));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_TRUE(parsed->story == the_case.story) << CaseToText(the_case);
    EXPECT_EQ(parsed->found, the_case.found);
  }
}

TEST(CaseFile, MemoryThatEndsReadsBackAndIsNotNeeded) {
  Case the_case;
  the_case.story.lives.push_back({.steps = {{.memory = MemoryFault{.skip = 4, .lasts = true}}},
                                  .memory = MemoryFault{.skip = 5},
                                  .closing_memory = MemoryFault{.skip = 6}});
  const auto parsed = ParseCase(CaseToText(the_case));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_TRUE(parsed->story == the_case.story);
  // Of a file from before allocations failed.
  const auto older = ParseCase(CaseToText({.story = {.lives = {Life{.steps = {Step{}}}}}}));
  ASSERT_TRUE(older.ok()) << older.status();
  EXPECT_FALSE(older->story.lives[0].memory.has_value());
  EXPECT_FALSE(older->story.lives[0].steps[0].memory.has_value());
}

TEST(CaseFile, AStreamOfAnotherDriverReadsBack) {
  const Case the_case{
      .driver = Driver::kFaults,
      .stream = std::string("\0\xFF\n", 3),
      .script = {.steps = 7, .kill_stride = 3, .threads = true, .allocations = true}};
  const auto parsed = ParseCase(CaseToText(the_case));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->driver, Driver::kFaults);
  EXPECT_EQ(parsed->stream, the_case.stream);
  EXPECT_TRUE(parsed->script == the_case.script);
  // Of a file from before the settings were written.
  const auto older = ParseCase(R"({"varve_crash_case":1,"driver":"kill","stream":"00"})");
  ASSERT_TRUE(older.ok()) << older.status();
  EXPECT_TRUE(older->script == ScriptSettings());
}

std::string ErrorOf(const std::string& text) {
  const auto parsed = ParseCase(text);
  EXPECT_TRUE(absl::IsInvalidArgument(parsed.status())) << parsed.status();
  return std::string(FromAbsl(parsed.status().message()));
}

TEST(CaseFile, WhatIsNoneIsRefusedWithItsPlace) {
  EXPECT_THAT(ErrorOf("{"), HasSubstr("no JSON"));
  EXPECT_THAT(ErrorOf("[]"), HasSubstr("\"varve_crash_case\" is missing"));
  EXPECT_THAT(ErrorOf(R"({"varve_crash_case":2,"driver":"disk","story":{}})"),
              HasSubstr("is not version 1"));
  EXPECT_THAT(ErrorOf(R"({"varve_crash_case":1,"driver":"tape"})"), HasSubstr("tape"));
  EXPECT_THAT(ErrorOf(R"({"varve_crash_case":1,"driver":"kill","stream":"0g"})"),
              HasSubstr("\"stream\""));
}

TEST(CaseFile, AnyDamageIsRefusedOrReadAsACase) {
  Decisions random = Decisions::FromSeed(7);
  const std::string whole = CaseToText({.story = DrawStory(random)});
  for (int i = 0; i < 2'000; ++i) {
    std::string damaged = whole;
    damaged[random.Below(damaged.size())] = static_cast<char>(random.Below(256));
    if (random.Chance(20)) damaged.resize(random.Below(damaged.size()));
    const auto parsed = ParseCase(damaged);
    if (!parsed.ok()) {
      EXPECT_TRUE(absl::IsInvalidArgument(parsed.status())) << parsed.status();
    }
  }
}

}  // namespace
}  // namespace varve::crash
