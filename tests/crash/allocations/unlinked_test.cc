// In a program that is not linked with varve_allocation_faults, as this one.
//
// Tests: crash/allocations/allocation_fault.cc
#include "crash/allocations/allocation_fault.h"

#include <gtest/gtest.h>

#include <memory>

#include "crash/operations/operations.h"
#include "crash/process/explorer.h"
#include "crash/story.h"

namespace varve::crash {
namespace {

TEST(Unlinked, NoAllocationFails) {
  EXPECT_FALSE(AllocationsCanFail());
  const AllocationFault fault(1, AllocationFault::Lasts::kForEver);
  EXPECT_NE(std::make_unique<int>(7), nullptr);
  EXPECT_FALSE(fault.fired());
}

TEST(Unlinked, StoriesDrawNoneThatDoes) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Decisions random = Decisions::FromSeed(seed);
    for (const Life& life : DrawStory(random).lives) {
      EXPECT_FALSE(life.memory.has_value() || life.closing_memory.has_value());
      for (const Step& step : life.steps) EXPECT_FALSE(step.memory.has_value());
    }
  }
}

TEST(Unlinked, ACaseThatHasOneSaysThatThisProgramCannotRepeatIt) {
  Story story;
  story.lives.push_back({.steps = {{.choices = "abcd", .memory = MemoryFault{}}}});
  const absl::Status verdict = RunStory(story, BuiltinSubjects()).verdict;
  EXPECT_TRUE(absl::IsUnimplemented(verdict)) << verdict;
  EXPECT_NE(verdict.message().find("varve::allocation_faults"), std::string::npos) << verdict;
  ExplorerReport report;
  const absl::Status replayed =
      ReplayFaultCase({.subjects = BuiltinSubjects(), .allocations = true}, "", report);
  EXPECT_TRUE(absl::IsUnimplemented(replayed)) << replayed;
}

}  // namespace
}  // namespace varve::crash
