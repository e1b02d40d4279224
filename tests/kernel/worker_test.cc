// Tests: kernel/internal/worker.cc
#include "kernel/internal/worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace varve::internal {
namespace {

TEST(Worker, RunsItsTaskOnAWake) {
  std::promise<void> ran;
  std::atomic<int> runs{0};
  Worker worker(
      [&] {
        if (runs.fetch_add(1) == 0) ran.set_value();
      },
      std::chrono::milliseconds(0));
  worker.Wake();
  ran.get_future().wait();
  EXPECT_GE(runs.load(), 1);
}

TEST(Worker, RunsByItselfOncePerPeriod) {
  std::promise<void> ran_twice;
  std::atomic<int> runs{0};
  Worker worker(
      [&] {
        if (runs.fetch_add(1) == 1) ran_twice.set_value();
      },
      std::chrono::milliseconds(1));
  ran_twice.get_future().wait();
  EXPECT_GE(runs.load(), 2);
}

TEST(Worker, DestructionWaitsForARunningTask) {
  std::promise<void> started;
  std::promise<void> release;
  std::atomic<bool> finished{false};
  {
    Worker worker(
        [&] {
          started.set_value();
          release.get_future().wait();
          finished = true;
        },
        std::chrono::milliseconds(0));
    worker.Wake();
    started.get_future().wait();
    release.set_value();
  }
  EXPECT_TRUE(finished.load());
}

TEST(Worker, AWakeAfterStopRunsNothing) {
  std::atomic<int> runs{0};
  Worker worker([&] { runs.fetch_add(1); }, std::chrono::milliseconds(0));
  worker.Stop();
  worker.Wake();
  worker.Stop();
  EXPECT_EQ(runs.load(), 0);
}

}  // namespace
}  // namespace varve::internal
