#include "tests/crash/proof/driver.h"

#include <algorithm>

#include "crash/operations/operations.h"
#include "crash/story.h"
#include "tests/crash/proof/errand.h"

namespace varve::crash {

absl::Status RunStoryCase(std::uint64_t seed) {
  Decisions random = Decisions::FromSeed(seed);
  return RunStory(DrawStory(random), BuiltinSubjects()).verdict;
}

const std::vector<Driver>& Drivers() {
  static const auto* const drivers = new std::vector<Driver>{
      {"story", RunStoryCase, 2000, 200},
      {"images", RunImagesCase, 400, 50},
      {"fault", RunFaultCase, 2000, 150},
      {"damage", RunDamageCase, 1500, 200},
      {"state file", RunStateFileCase, 400, 40},
      {"sealed", RunSealedCase, kSealedCases, kSealedCases},
      {"errand", RunErrandCase, SweepCount(), SweepCount()},
  };
  return *drivers;
}

const Driver* FindDriver(std::string_view name) {
  const auto found = std::ranges::find(Drivers(), name, &Driver::name);
  return found == Drivers().end() ? nullptr : &*found;
}

}  // namespace varve::crash
