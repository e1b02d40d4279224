// The power is cut before every single call that changes the disk, and every kind of remains is
// opened: whatever survives must be whole, and hold all that was promised.
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

constexpr std::uint64_t kRuns = kHasSanitizer ? 1 : 3;

// Runs a workload and checks the images of every crash before every call.
class Sweep final {
 public:
  struct Options {
    bool through_seven = false;  // every transaction goes through all seven primitives
    std::size_t steps = 60;
    std::uint64_t nested_stride = 7;  // cuts the recovery after every so many-th crash, too
  };
  Sweep(std::uint64_t seed, const Options& options)
      : seed_(seed), options_(options), world_(seed, BuiltinSubjects()) {}

  void Run() {
    world_.files().SetHook([this](const Call& call) { CheckCall(call); });
    auto opened = world_.Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    opened_ = *std::move(opened);
    std::uint64_t number = 0;
    for (const SweepStep& step : options_.through_seven
                                     ? MakeStepsThroughSeven(seed_, options_.steps)
                                     : MakeSteps(seed_, options_.steps)) {
      SCOPED_TRACE("step " + std::to_string(number++));
      const absl::Status status = RunStep(step, world_, opened_, history_);
      ASSERT_TRUE(status.ok()) << status;
      const auto state = ReadState(*opened_.store);
      ASSERT_TRUE(state.ok()) << state.status();
      ASSERT_EQ(*state, history_.Newest());
      if (!is_good_) return;
    }
    const absl::Status closed = opened_.store->Close();
    ASSERT_TRUE(closed.ok()) << closed;
    opened_ = {};
    history_.AllDurable();
    Check(CrashChoice::Nothing(), /*keeps_rows=*/false);
  }

  const CheckCounts& counts() const { return counts_; }
  std::uint64_t call_count() { return world_.files().call_count(); }

 private:
  void CheckCall(const Call& call) {
    const std::uint64_t at = call.ordinal;
    if (!is_good_ || at % kCallStride != 0) return;
    const ::testing::ScopedTrace trace(__FILE__, __LINE__, "before " + call.ToString());
    const bool even = at / kCallStride % 2 == 0;
    Check(CrashChoice::Nothing(), even);
    Check(CrashChoice::Nothing(), !even);
    Check(CrashChoice::All(), even);
    Check(CrashChoice::Killed(), !even);
    Check(CrashChoice::Random(seed_ + at, 512), even);
    Check(CrashChoice::Random(seed_ + at, 512), !even);
    Check(CrashChoice::Random(seed_ * 31 + at, 4096), even);
    Check(CrashChoice::Random(seed_ * 37 + at, 8), !even);
    if (at % options_.nested_stride == 0) {
      const auto choice = CrashChoice::Random(seed_ * 41 + at, 512);
      const ::testing::ScopedTrace nested(__FILE__, __LINE__, choice.ToString());
      const auto world = world_.After(choice, even);
      is_good_ = is_good_ &&
                 CheckImageWithNestedCrashes(*world, history_, counts_, seed_ + at, /*stride=*/2);
    }
  }

  void Check(const CrashChoice& choice, bool keeps_rows) {
    if (!is_good_) return;
    const ::testing::ScopedTrace trace(
        __FILE__, __LINE__,
        choice.ToString() + (keeps_rows ? ", state.mdb kept" : ", state.mdb lost"));
    is_good_ = CheckImage(world_.After(choice, keeps_rows), history_, counts_, choice.seed);
  }

  const std::uint64_t seed_;
  const Options options_;
  World world_;
  OpenedStore opened_;
  History history_;
  CheckCounts counts_;
  bool is_good_ = true;
};

// One sweep for each of `runs` seeds.
void RunSweeps(const Sweep::Options& options, std::uint64_t runs) {
  const std::uint64_t seed = TestSeed(20'240'601);
  for (std::uint64_t run = 0; run < runs; ++run) {
    SCOPED_TRACE("run with seed " + std::to_string(seed + run));
    Sweep sweep(seed + run, options);
    sweep.Run();
    sweep.counts().Print(std::to_string(sweep.call_count()) + " calls");
    if (::testing::Test::HasFailure()) return;
    const CheckCounts& total = sweep.counts();
    // A sweep that loses nothing and tears nothing tests nothing.
    EXPECT_GT(total.lost_transactions, 0u);
    EXPECT_GT(total.torn_tails, 0u);
    EXPECT_GT(total.from_snapshot, 0u);
    EXPECT_GT(total.nested_crashes, 0u);
  }
}

TEST(CrashSweep, EveryImageOfEveryCrashOpensWithAllThatWasPromised) { RunSweeps({}, kRuns); }

// Also of the deletion of a run: of a deleted run no primitive has anything left.
TEST(CrashSweep, ATransactionThroughAllSevenIsThereThroughAllSevenOrNone) {
  RunSweeps({.through_seven = true, .steps = 40, .nested_stride = 17}, 1);
}

}  // namespace
}  // namespace varve::crash
