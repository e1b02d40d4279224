// What the sweeps read of a store and compare with what they know must be there.
#ifndef VARVE_TESTS_CRASH_KNOWN_STATE_H_
#define VARVE_TESTS_CRASH_KNOWN_STATE_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "kernel/store.h"

namespace varve::crash {

// Key -> value of every KV row of the default run, and what ReadSeven finds of kSevenRun, its
// titles behind kSevenPrefix.
using State = std::map<std::string, std::string>;

// Each transaction of a test puts its number here, so that no two states are alike.
inline constexpr char kMarkerKey[] = "marker";
inline constexpr char kSevenPrefix[] = "of the run: ";
inline constexpr RunId kSevenRun{{7, 7, 7, 7, 7, 7, 0x77, 7, 0x87, 7, 7, 7, 7, 7, 7, 7}};

// The whole state that a new view shows.
[[nodiscard]] absl::StatusOr<State> ReadState(Store& store);
// The number of the last transaction in `state`; 0 before the first.
[[nodiscard]] std::uint64_t MarkerOf(const State& state);
[[nodiscard]] std::string MarkerText(std::uint64_t number);

}  // namespace varve::crash

#endif  // VARVE_TESTS_CRASH_KNOWN_STATE_H_
