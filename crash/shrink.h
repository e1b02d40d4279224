// Making a failing story as small as it gets, so that people can read it.
#ifndef VARVE_CRASH_SHRINK_H_
#define VARVE_CRASH_SHRINK_H_

#include <cstdint>
#include <functional>
#include <string>

#include "crash/story.h"

namespace varve::crash {

struct ShrinkOptions {
  // Told after each attempt; both may be empty. `cancelled`: true ends it with the smallest so far.
  std::function<void(std::uint64_t attempts, const Story& smallest)> progress{};
  std::function<bool()> cancelled{};
};

// The smallest story found that `fails`: without lives, steps, faults and operations that do not
// matter; the simplest remains, options, times and decisions. `story` must fail; so does the
// answer. Ends where no single simplification fails any more.
[[nodiscard]] Story ShrinkStory(const Story& story, const std::function<bool(const Story&)>& fails,
                                const ShrinkOptions& options = {});

// A byte stream likewise, where a shorter one and zeros are simpler.
[[nodiscard]] std::string ShrinkStream(const std::string& stream,
                                       const std::function<bool(const std::string&)>& fails,
                                       const std::function<bool()>& cancelled = nullptr);

// The oracle that a verdict names ("O2"), or its whole message where it names none: a story is
// shrunk towards the failure that it had.
[[nodiscard]] std::string BrokenPromise(const absl::Status& verdict);

}  // namespace varve::crash

#endif  // VARVE_CRASH_SHRINK_H_
