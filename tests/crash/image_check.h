// The oracle: what must hold of a store that is opened on what a crash left.
#ifndef VARVE_TESTS_CRASH_IMAGE_CHECK_H_
#define VARVE_TESTS_CRASH_IMAGE_CHECK_H_

#include <cstdint>
#include <memory>
#include <string>

#include "tests/crash/sweep_workload.h"

namespace varve::crash {

// How many of what were looked at, for the log of a test run.
struct CheckCounts {
  std::uint64_t images = 0;             // crash images checked
  std::uint64_t openings = 0;           // stores recovered in the course of it
  std::uint64_t nested_crashes = 0;     // of them, crashes within a recovery
  std::uint64_t lost_transactions = 0;  // started, not durable, and gone: shows that crashes bite
  std::uint64_t torn_tails = 0;         // recoveries that discarded bytes
  std::uint64_t from_snapshot = 0;      // recoveries that started from a snapshot
  void Print(const std::string& title) const;
};

// Opens the store in `world` and checks, with failed expectations as the answer:
//   - it opens, its rows are in order (CheckFreshlyOpened), and its state is that of one
//   transaction
//     between history.durable() and history.started(), whole;
//   - what was served once is there after a power cut at the next moment, though nothing was
//     written since (O6), and exactly it: what recovery discarded does not come back (O5);
//   - a transaction committed after recovery survives the next crash together with all before
//     it (O7).
// `world` is used up. False where an expectation failed.
[[nodiscard]] bool CheckImage(std::unique_ptr<World> world, const History& history,
                              CheckCounts& counts, std::uint64_t seed);

// As CheckImage, and the recovery itself is cut at each of its calls, every `stride`-th one:
// what that leaves must pass CheckImage again (O4).
[[nodiscard]] bool CheckImageWithNestedCrashes(World& world, const History& history,
                                               CheckCounts& counts, std::uint64_t seed,
                                               std::uint64_t stride);

}  // namespace varve::crash

#endif  // VARVE_TESTS_CRASH_IMAGE_CHECK_H_
