// Looking for stories that break a promise: by chance, or through all the small ones.
#ifndef VARVE_CRASH_EXPLORER_H_
#define VARVE_CRASH_EXPLORER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "crash/story.h"
#include "crash/subject.h"

namespace varve::crash {

struct ExploreReport {
  StoryCounts counts;
  double seconds = 0;
  std::uint64_t last_seed = 0;  // of ExploreBySeed
  bool complete = true;         // false: cancelled, or out of time
  // The first story that failed, and what it broke.
  std::optional<Story> failure;
  absl::Status verdict;
};

struct ExploreOptions {
  std::vector<Subject> subjects{};  // BuiltinSubjects() and one's own
  StoryProfile profile{};
  // Until one of them is reached; 0: no such end.
  std::uint64_t stories = 0;
  std::chrono::milliseconds time{0};
  int threads = 1;
  // ExploreAll: of its workloads only every `slices`-th, from `slice` (below `slices`) on.
  std::uint64_t slice = 0;
  std::uint64_t slices = 1;
  // A few times a second, from the calling thread. May be empty.
  std::function<void(const ExploreReport& so_far)> progress{};
  // Asked often, from any thread; true ends it. May be empty.
  std::function<bool()> cancelled{};
};

// The stories of seeds `first_seed`, first_seed + 1, ... Ends at the first that fails; which one
// that is depends on the threads, but the story does not.
[[nodiscard]] ExploreReport ExploreBySeed(std::uint64_t first_seed, const ExploreOptions& options);

// Every workload of up to `steps_max` steps of an alphabet of twelve, cut before each call of its
// last step, with every kind of remains: nothing, all, killed, each prefix of the pending changes,
// each pending sector missing, each alone. (The bound of CrashMonkey's ACE, OSDI 2018: workloads of
// three operations on a fresh file system found nearly every known bug.)
[[nodiscard]] ExploreReport ExploreAll(std::size_t steps_max, const ExploreOptions& options);

}  // namespace varve::crash

#endif  // VARVE_CRASH_EXPLORER_H_
