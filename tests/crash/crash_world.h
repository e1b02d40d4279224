// A store's whole outside in memory, which can be cut off at any moment and looked at again.
#ifndef VARVE_TESTS_CRASH_CRASH_WORLD_H_
#define VARVE_TESTS_CRASH_CRASH_WORLD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "crash/simulated/simulated_environment.h"
#include "kernel/store.h"
#include "recovery/open.h"

namespace varve::crash {

// Key -> value of every KV row of the default run, and what ReadSeven finds of kSevenRun, its
// titles behind kSevenPrefix.
using State = std::map<std::string, std::string>;

inline constexpr char kDirectory[] = "agent.varve";
// Each transaction of a test puts its number here, so that no two states are alike.
inline constexpr char kMarkerKey[] = "marker";
inline constexpr char kSevenPrefix[] = "of the run: ";
inline constexpr RunId kSevenRun{{7, 7, 7, 7, 7, 7, 0x77, 7, 0x87, 7, 7, 7, 7, 7, 7, 7}};

// Small everything, so that a short run meets every kind of call: segments of 16 KiB, a checkpoint
// every few commits, snapshots by policy. No threads.
[[nodiscard]] OpenOptions SmallStoreOptions();

// Disk, clock, chance, and the materialized rows, which outlive a crash as of their last
// checkpoint: what an LMDB file does.
class CrashWorld final {
 public:
  explicit CrashWorld(std::uint64_t seed);

  // Opens the store. The materialized rows of an earlier opening are offered once; where recovery
  // does not want them it starts with empty ones.
  [[nodiscard]] absl::StatusOr<OpenedStore> Open(const OpenOptions& options = SmallStoreOptions());

  // The world after a crash at this moment. It shares nothing with this one.
  [[nodiscard]] std::unique_ptr<CrashWorld> After(const CrashChoice& choice, bool keeps_rows);
  // Ends the process that has `opened` without letting it change anything any more.
  void Kill(OpenedStore opened);

  [[nodiscard]] StrictFileSystem& files() { return *environment_.files; }
  [[nodiscard]] bool has_rows() const { return rows_ != nullptr; }
  void DropRows() { rows_ = nullptr; }

 private:
  const std::uint64_t seed_;
  std::uint64_t images_ = 0;
  SimulatedEnvironment environment_;
  std::shared_ptr<table::MaterializedStore> rows_;
};

// The whole state that a new view shows.
[[nodiscard]] absl::StatusOr<State> ReadState(Store& store);
// The number of the last transaction in `state`; 0 before the first.
[[nodiscard]] std::uint64_t MarkerOf(const State& state);
[[nodiscard]] std::string MarkerText(std::uint64_t number);

}  // namespace varve::crash

#endif  // VARVE_TESTS_CRASH_CRASH_WORLD_H_
