// The drivers that look for seeded bugs. Each runs one case from a seed: a store of random options
// under a random workload, crashed, failed or damaged somewhere, and checked.
#ifndef VARVE_TESTS_CRASH_PROOF_DRIVER_H_
#define VARVE_TESTS_CRASH_PROOF_DRIVER_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace varve::crash {

// All give OK where nothing is wrong, else kInternal with what is.

// The lives of crash/story.h: crashes, faults, and damage at the end.
[[nodiscard]] absl::Status RunStoryCase(std::uint64_t seed);
// Many crash images of one life: power cuts and killed processes, at calls drawn at random, also
// within the recovery from one.
[[nodiscard]] absl::Status RunImagesCase(std::uint64_t seed);
// One call of the disk fails, or the disk is full for a while.
[[nodiscard]] absl::Status RunFaultCase(std::uint64_t seed);
// One bit flips at rest, or a file is lost, exchanged or of a later version.
[[nodiscard]] absl::Status RunDamageCase(std::uint64_t seed);
// A store in a real folder, its state.mdb in LMDB: damaged, or looked at by a second process.
[[nodiscard]] absl::Status RunStateFileCase(std::uint64_t seed);

// Fields that no writer of ours writes so, under right checksums: one kind of file a case.
inline constexpr std::uint64_t kSealedCases = 4;
[[nodiscard]] absl::Status RunSealedCase(std::uint64_t seed);
// What is done with a store as a whole: one errand, each call of which fails, or is the last.
[[nodiscard]] absl::Status RunErrandCase(std::uint64_t seed);

struct Driver {
  std::string_view name;
  absl::Status (*run)(std::uint64_t seed);
  std::uint64_t seeds_max;    // a bug not found by so many is not found
  std::uint64_t clean_seeds;  // run without any bug, too
};
[[nodiscard]] const std::vector<Driver>& Drivers();
// Null where there is none of that name.
[[nodiscard]] const Driver* FindDriver(std::string_view name);

}  // namespace varve::crash

#endif  // VARVE_TESTS_CRASH_PROOF_DRIVER_H_
