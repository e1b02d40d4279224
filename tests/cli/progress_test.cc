// Tests: cli/progress.cc
#include "cli/progress.h"

#include <csignal>
#include <cstdlib>

#include "cli/session.h"
#include "gtest/gtest.h"

namespace varve::cli {
namespace {

// What `varve check` gives to long work, such as reading the rows of state.mdb. In a process of its
// own: an interrupt stays.
TEST(ProgressDeathTest, StepsGoOnUntilAnInterruptComesAndNoFurther) {
  const auto work = [] {
    CatchInterrupts();
    const Output output(/*json=*/false);
    Progress progress(output, "working", Progress::Unit::kRecords, 0);
    const auto step = StepsOf(progress);
    const bool goes_on = step(1).ok() && step(2).ok();
    std::raise(SIGINT);
    const bool ends = absl::IsCancelled(step(3)) && absl::IsCancelled(step(4));
    std::_Exit(goes_on && ends ? 0 : 1);
  };
  EXPECT_EXIT(work(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace varve::cli
