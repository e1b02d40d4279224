// A store's life on the strict disk, and everything that must hold of what a crash leaves of it.
#ifndef VARVE_TESTS_CRASH_PROOF_LIFE_H_
#define VARVE_TESTS_CRASH_PROOF_LIFE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crash/simulated/strict_inode.h"
#include "tests/crash/known_state.h"
#include "tests/crash/sweep_workload.h"

namespace varve::crash {

// What a driver answers: kInternal, "<what>: <detail>".
[[nodiscard]] absl::Status Wrong(std::string_view what, std::string_view detail = {});

// Small everything, sizes and numbers drawn.
[[nodiscard]] OpenOptions DrawOptions(Dice& dice);
// As MakeSteps, some transactions of one single entry.
[[nodiscard]] std::vector<SweepStep> DrawSteps(Dice& dice, std::size_t count, bool through_seven);
// Any of the states that a crash may leave.
[[nodiscard]] CrashChoice DrawChoice(Dice& dice);

// Over every row of every table with its key, value, LSN and commit time.
[[nodiscard]] absl::StatusOr<std::uint64_t> Fingerprint(Store& store);

// What was promised, and what was served, so far.
struct Promises {
  History history;
  std::map<std::uint64_t, std::uint64_t> fingerprints;  // after the transaction; as far as known
};

// A store that was opened and read whole.
struct Served {
  OpenedStore opened;
  State state;
  std::uint64_t fingerprint = 0;
};
// Opens and reads, and checks what must hold of any opening: order of rows, orphans, the lock.
// An opening that is refused is an error, too.
[[nodiscard]] absl::StatusOr<Served> OpenAndRead(World& world, const OpenOptions& options);
// The transaction after which `served` is the state; wrong where it is none that may be left.
[[nodiscard]] absl::StatusOr<std::uint64_t> CheckServed(const Served& served,
                                                        const Promises& promises);

// RunStep with `options` for what is reopened, and the live store compared after it.
[[nodiscard]] absl::Status RunStepAndCompare(const SweepStep& step, World& world,
                                             const OpenOptions& options, OpenedStore& opened,
                                             Promises& promises);

// Opens what a crash left and checks it: one whole state between what was durable and what was
// started; it stays through the next power cut (O5, O6); what is written upon it, and a snapshot,
// survive another one (O7). Some recoveries are cut themselves (O4). Uses `world` up.
[[nodiscard]] absl::Status CheckImage(std::unique_ptr<World> world, const OpenOptions& options,
                                      const Promises& promises, std::uint64_t seed,
                                      bool may_nest = true);

}  // namespace varve::crash

#endif  // VARVE_TESTS_CRASH_PROOF_LIFE_H_
