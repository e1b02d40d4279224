// A store's whole outside in memory, which can be cut off at any moment and looked at again.
#ifndef VARVE_CRASH_WORLD_H_
#define VARVE_CRASH_WORLD_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "crash/simulated/simulated_environment.h"
#include "crash/subject.h"
#include "recovery/open.h"

namespace varve::crash {

// Where every store of the harness stands in its world.
inline constexpr char kStoreDirectory[] = "agent.varve";

// Small everything, so that a short life meets every kind of call: segments of 16 KiB, a checkpoint
// every few commits, snapshots by policy. No threads.
[[nodiscard]] OpenOptions SmallStoreOptions();

// The primitives of `subjects`, one new instance each. Where two of them collide, the error says
// so.
[[nodiscard]] absl::StatusOr<PrimitiveRegistry> MakeRegistry(const std::vector<Subject>& subjects);

// Disk, clock, chance, and the materialized rows, which outlive a crash as of their last
// checkpoint: what an LMDB file does. Not thread-safe.
class World final {
 public:
  World(std::uint64_t seed, std::vector<Subject> subjects);

  // Opens the store. The materialized rows of an earlier opening are offered once; where recovery
  // does not want them it starts with empty ones. The world must outlive the store.
  [[nodiscard]] absl::StatusOr<OpenedStore> Open(const OpenOptions& options = SmallStoreOptions());

  // The world after a crash at this moment. It shares nothing with this one.
  [[nodiscard]] std::unique_ptr<World> After(const CrashChoice& choice, bool keeps_rows);
  // Ends the process that has `opened` without letting it change anything any more.
  void Kill(OpenedStore opened);

  [[nodiscard]] StrictFileSystem& files() { return *environment_.files; }
  [[nodiscard]] SimulatedClock& clock() { return environment_.clock; }
  [[nodiscard]] bool has_rows() const { return rows_ != nullptr; }
  void DropRows() { rows_ = nullptr; }

 private:
  const std::uint64_t seed_;
  const std::vector<Subject> subjects_;
  std::uint64_t images_ = 0;
  SimulatedEnvironment environment_;
  std::shared_ptr<table::MaterializedStore> rows_;
  table::MaterializedOptions rows_options_;
};

}  // namespace varve::crash

#endif  // VARVE_CRASH_WORLD_H_
