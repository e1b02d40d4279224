// The decision stream of the crash harness: any bytes make a story, and no story may break a
// promise. So a fuzzer steers the harness to crashes that no seed would reach.
#include <cstdint>
#include <string>
#include <vector>

#include "crash/decisions.h"
#include "crash/operations/operations.h"
#include "crash/story.h"
#include "tests/fuzz/fuzz_target.h"

namespace varve::fuzz {
namespace {

crash::Story StoryOf(crash::Decisions& decisions) {
  crash::StoryProfile profile;
  profile.lives_max = 3;
  profile.steps_max = 8;
  return crash::DrawStory(decisions, profile);
}

const std::vector<crash::Subject>& Subjects() {
  static const std::vector<crash::Subject> subjects = crash::BuiltinSubjects();
  return subjects;
}

absl::Status TryStory(std::string_view input) {
  crash::Decisions decisions = crash::Decisions::FromBytes(std::string(input));
  const crash::Story story = StoryOf(decisions);
  // The same bytes tell the same story.
  crash::Decisions again = crash::Decisions::FromBytes(decisions.stream());
  if (StoryOf(again) != story) return Broken("a stream tells two stories");
  return crash::RunStory(story, Subjects()).verdict;
}

std::vector<std::string> StorySeeds() {
  constexpr std::uint64_t kSeeds = 16;
  std::vector<std::string> seeds;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    crash::Decisions decisions = crash::Decisions::FromSeed(seed);
    static_cast<void>(StoryOf(decisions));
    seeds.push_back(decisions.stream());
  }
  return seeds;
}

const Registration kStory(
    {.name = "story", .run = TryStory, .seeds = StorySeeds, .smoke_runs = 150});

}  // namespace
}  // namespace varve::fuzz
