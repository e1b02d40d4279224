// The disk fails one call, at every call there is, in every way that disks fail: what the store
// answers must be true, and the next opening must find what the answers promised.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/crash/image_check.h"
#include "tests/crash/sweep_workload.h"
#include "tests/support/test_seed.h"

namespace varve::crash {
namespace {

using testing_support::TestSeed;

struct Outcome {
  absl::Status first_error;  // of a step; OK where the store coped
  std::uint64_t poisoned = 0;
  std::uint64_t refused = 0;   // commits answered kResourceExhausted
  std::uint64_t unknown = 0;   // commits answered kUnknown
  std::uint64_t unopened = 0;  // openings that failed
};

// A run of the workload in which the disk misbehaves once, and what follows from it.
class FaultyRun final {
 public:
  FaultyRun(std::uint64_t seed, const Fault& fault) : seed_(seed), world_(seed, BuiltinSubjects()) {
    world_.files().AddFault(fault);
  }

  void Run(const std::vector<SweepStep>& steps) {
    if (!OpenAgain()) return;
    for (const SweepStep& step : steps) {
      const absl::Status status = RunStep(step, world_, opened_, history_);
      if (!status.ok() && !CheckAnswer(step, status)) return;
      if (::testing::Test::HasFailure()) return;
    }
    CheckRemains();
  }

  const Outcome& outcome() const { return outcome_; }
  const CheckCounts& counts() const { return counts_; }
  std::uint64_t faults_fired() { return world_.files().faults_fired(); }

 private:
  // Opens the store; once more where the fault struck the opening itself.
  bool OpenAgain() {
    for (int attempt = 0; attempt < 2; ++attempt) {
      auto opened = world_.Open();
      if (opened.ok()) {
        opened_ = *std::move(opened);
        return true;
      }
      ++outcome_.unopened;
      const bool is_known =
          absl::IsUnknown(opened.status()) || absl::IsResourceExhausted(opened.status());
      EXPECT_TRUE(is_known) << opened.status();
    }
    ADD_FAILURE() << "the second opening met no fault and failed all the same";
    return false;
  }

  // Whether the run goes on after `step` was answered with `status`.
  bool CheckAnswer(const SweepStep& step, const absl::Status& status) {
    if (outcome_.first_error.ok()) outcome_.first_error = status;
    const bool is_commit = step.kind == SweepStep::Kind::kCommitDurably ||
                           step.kind == SweepStep::Kind::kCommitBuffered;
    EXPECT_TRUE(absl::IsUnknown(status) || absl::IsResourceExhausted(status) ||
                absl::IsFailedPrecondition(status))
        << status;
    if (opened_.store == nullptr) return Restart();  // the close or the reopening failed
    if (is_commit && absl::IsResourceExhausted(status)) ++outcome_.refused;
    if (is_commit && absl::IsUnknown(status)) {
      ++outcome_.unknown;
      EXPECT_FALSE(opened_.store->status().ok()) << "kUnknown, yet not poisoned: " << status;
    }
    if (opened_.store->status().ok()) return true;
    CheckPoisoned();
    return Restart();
  }

  // A poisoned store takes no more commits, tells why, and goes on serving what is durable.
  void CheckPoisoned() {
    ++outcome_.poisoned;
    EXPECT_TRUE(absl::IsFailedPrecondition(opened_.store->Begin().status()));
    EXPECT_FALSE(opened_.store->Sync().ok());
    EXPECT_FALSE(opened_.store->Close().ok());
  }

  // The process ends and starts again on the same machine, as operators do; or after a power cut.
  bool Restart() {
    CheckRemains();
    if (::testing::Test::HasFailure()) return false;
    opened_ = {};
    if (!OpenAgain()) return false;
    const auto state = ReadState(*opened_.store);
    EXPECT_TRUE(state.ok()) << state.status();
    if (!state.ok()) return false;
    const std::uint64_t number = MarkerOf(*state);
    EXPECT_GE(number, history_.durable());
    EXPECT_LE(number, history_.started());
    if (number < history_.durable() || number > history_.started()) return false;
    EXPECT_EQ(*state, history_.At(number));
    history_ = history_.From(number);
    return true;
  }

  void CheckRemains() {
    std::uint64_t seed = seed_;
    for (const CrashChoice& choice : {CrashChoice::Killed(), CrashChoice::Nothing(),
                                      CrashChoice::All(), CrashChoice::Random(seed_)}) {
      const ::testing::ScopedTrace trace(__FILE__, __LINE__, choice.ToString());
      ++seed;
      if (!CheckImage(world_.After(choice, seed % 2 == 0), history_, counts_, seed)) return;
    }
  }

  const std::uint64_t seed_;
  World world_;
  OpenedStore opened_;
  History history_;
  Outcome outcome_;
  CheckCounts counts_;
};

// The calls of a run without faults.
std::vector<Call> CallsOfRun(std::uint64_t seed, const std::vector<SweepStep>& steps) {
  World world(seed, BuiltinSubjects());
  History history;
  auto opened = world.Open();
  EXPECT_TRUE(opened.ok()) << opened.status();
  for (const SweepStep& step : steps) {
    EXPECT_TRUE(RunStep(step, world, *opened, history).ok());
  }
  std::vector<Call> calls = world.files().calls();
  opened = OpenedStore{};
  return calls;
}

constexpr std::size_t kSteps = 45;

class DeviceFaultTest : public ::testing::Test {
 protected:
  // Fails each call whose kind is in `kinds` once, one run for each.
  void FailEach(const std::vector<CallKind>& kinds, const Fault& effect) {
    std::uint64_t candidates = 0;
    for (const Call& call : CallsOfRun(seed_, steps_)) {
      if (std::find(kinds.begin(), kinds.end(), call.kind) == kinds.end()) continue;
      if (candidates++ % kCallStride != 0) continue;
      SCOPED_TRACE("failing " + call.ToString());
      Fault fault = effect;
      fault.skip = call.ordinal - 1;  // among all calls that change something
      FaultyRun run(seed_, fault);
      run.Run(steps_);
      EXPECT_EQ(run.faults_fired(), 1u);
      if (HasFailure()) return;
      Add(run);
    }
    std::printf(
        "%llu faults: %llu poisoned, %llu commits unknown, %llu refused, %llu openings "
        "failed, %llu images\n",
        Number(runs_), Number(total_.poisoned), Number(total_.unknown), Number(total_.refused),
        Number(total_.unopened), Number(images_));
  }

  static unsigned long long Number(std::uint64_t value) { return value; }

  void Add(const FaultyRun& run) {
    ++runs_;
    total_.poisoned += run.outcome().poisoned;
    total_.unknown += run.outcome().unknown;
    total_.refused += run.outcome().refused;
    total_.unopened += run.outcome().unopened;
    images_ += run.counts().images;
  }

  const std::uint64_t seed_ = TestSeed(77);
  std::vector<SweepStep> steps_ = MakeSteps(seed_, kSteps);
  std::uint64_t runs_ = 0;
  std::uint64_t images_ = 0;
  Outcome total_;
};

const std::vector<CallKind> kAllKinds = {CallKind::kCreate,          CallKind::kWrite,
                                         CallKind::kWriteDurably,    CallKind::kFlushDurably,
                                         CallKind::kTruncate,        CallKind::kSync,
                                         CallKind::kCreateDirectory, CallKind::kRename,
                                         CallKind::kRemove,          CallKind::kSyncDirectory};
const std::vector<CallKind> kSyncs = {CallKind::kSync, CallKind::kFlushDurably};

TEST_F(DeviceFaultTest, AnInputOutputErrorAtAnyCall) {
  FailEach(kAllKinds, {});
  EXPECT_GT(total_.poisoned, 0u);
  EXPECT_GT(total_.unknown, 0u);
}

TEST_F(DeviceFaultTest, AnInputOutputErrorAtAnyCallWhileAllSevenPrimitivesAreWritten) {
  steps_ = MakeStepsThroughSeven(seed_, kSteps / 2);
  FailEach(kAllKinds, {});
  EXPECT_GT(total_.poisoned, 0u);
  EXPECT_GT(total_.unknown, 0u);
}

TEST_F(DeviceFaultTest, ASyncThatFailsAndForgetsWhatItShouldHaveWritten) {
  FailEach(kSyncs, {.effect = Fault::Effect::kSyncDropped});
  EXPECT_GT(total_.unknown, 0u);
}

TEST_F(DeviceFaultTest, ASyncThatFailsAndTakesTheChangesBack) {
  FailEach(kSyncs, {.effect = Fault::Effect::kSyncReverted});
  EXPECT_GT(total_.unknown, 0u);
}

TEST_F(DeviceFaultTest, ASyncThatFailsThoughEverythingIsDurable) {
  FailEach(kSyncs, {.effect = Fault::Effect::kSyncPersisted});
  EXPECT_GT(total_.unknown, 0u);
}

TEST_F(DeviceFaultTest, AWriteThatFailsHalfWay) {
  FailEach({CallKind::kWrite, CallKind::kWriteDurably},
           {.effect = Fault::Effect::kPartialWrite, .partial_bytes = 40});
  EXPECT_GT(total_.unknown, 0u);
}

TEST_F(DeviceFaultTest, AFullDiskAtAnyCallThatNeedsRoom) {
  FailEach({CallKind::kCreate, CallKind::kWrite, CallKind::kCreateDirectory, CallKind::kSync},
           {.status = DiskFull()});
  EXPECT_GT(total_.refused, 0u);
}

}  // namespace
}  // namespace varve::crash
