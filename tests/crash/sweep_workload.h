// What the crash tests do to a store, and what they know of it at every moment.
#ifndef VARVE_TESTS_CRASH_SWEEP_WORKLOAD_H_
#define VARVE_TESTS_CRASH_SWEEP_WORKLOAD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "crash/allocations/sanitizer.h"
#include "crash/operations/operations.h"
#include "crash/world.h"
#include "tests/crash/known_state.h"

namespace varve::crash {

// Crashes and faults are tried at every call that changes the disk; at one of three where a
// sanitizer makes every opening several times as slow.
inline constexpr std::uint64_t kCallStride = kHasSanitizer ? 3 : 1;

struct Operation {
  std::string key;
  std::string value;
  bool deletes = false;
};

struct SweepStep {
  enum class Kind { kCommitDurably, kCommitBuffered, kSync, kCheckpoint, kSnapshot, kReopen };
  Kind kind = Kind::kCommitDurably;
  // Of a commit:
  std::vector<Operation> operations;
  bool through_seven = false;  // and through all seven primitives, in kSevenRun
};

// The same steps for the same seed: commits of one to five puts and deletes of a dozen keys, mostly
// small, some larger than a segment; now and then a sync, checkpoint, snapshot or reopening.
[[nodiscard]] std::vector<SweepStep> MakeSteps(std::uint64_t seed, std::size_t count);
// The same, each commit through all seven primitives besides.
[[nodiscard]] std::vector<SweepStep> MakeStepsThroughSeven(std::uint64_t seed, std::size_t count);

// The states that a store went through, by transaction, and which of them a crash may leave.
//
// Invariant: after any crash the state is states[n] for one n in [durable, started].
class History final {
 public:
  History() { states_.emplace_back(); }
  // The transaction about to be committed. Gives its number. Either all go through all seven
  // primitives or none.
  std::uint64_t Start(const SweepStep& step);
  // It was refused: it must never be seen.
  void Forget();
  // Everything so far is promised to survive.
  void AllDurable() { durable_ = started(); }

  [[nodiscard]] std::uint64_t durable() const { return durable_; }
  [[nodiscard]] std::uint64_t started() const { return states_.size() - 1; }
  [[nodiscard]] const State& At(std::uint64_t number) const { return states_[number]; }
  [[nodiscard]] const State& Newest() const { return states_.back(); }
  // Whether the transactions so far did.
  [[nodiscard]] bool through_seven() const { return through_seven_; }

  // Goes back to the state of `number`, which recovery chose, and takes it as durable.
  [[nodiscard]] History From(std::uint64_t number) const;

 private:
  std::vector<State> states_;
  std::uint64_t durable_ = 0;
  bool through_seven_ = false;
};

// Runs one step on the store, keeping `history` true at every call. For kReopen `opened` is closed
// and opened again. Any error is returned; where a commit is certain to be absent, it is forgotten.
[[nodiscard]] absl::Status RunStep(const SweepStep& step, World& world, OpenedStore& opened,
                                   History& history);

}  // namespace varve::crash

#endif  // VARVE_TESTS_CRASH_SWEEP_WORKLOAD_H_
