#include "kernel/io/futex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace varve {
namespace {

TEST(Futex, ReturnsAtOnceWhenTheWordHasChanged) {
  const std::atomic<std::uint32_t> word{1};
  FutexWait(word, 0);
  FutexWaitFor(word, 0, std::chrono::hours(1));
}

TEST(Futex, ReturnsWhenTheTimeIsUp) {
  const std::atomic<std::uint32_t> word{0};
  FutexWaitFor(word, 0, std::chrono::milliseconds(1));
  FutexWaitFor(word, 0, std::chrono::nanoseconds(0));
  FutexWaitFor(word, 0, std::chrono::nanoseconds(-1));
}

TEST(Futex, WakesEveryWaiterWithoutLosingOne) {
  constexpr std::uint32_t kRounds = 200;
  std::atomic<std::uint32_t> round{0};
  std::atomic<std::uint32_t> arrived{0};
  std::vector<std::thread> waiters;
  for (int i = 0; i < 3; ++i) {
    waiters.emplace_back([&] {
      for (std::uint32_t seen = 0; seen < kRounds; ++seen) {
        arrived.fetch_add(1);
        FutexWakeOne(arrived);
        while (round.load() == seen) FutexWait(round, seen);
      }
    });
  }
  for (std::uint32_t next = 1; next <= kRounds; ++next) {
    for (std::uint32_t count = arrived.load(); count < 3 * next; count = arrived.load()) {
      FutexWait(arrived, count);
    }
    round.store(next);
    FutexWakeAll(round);
  }
  for (std::thread& waiter : waiters) waiter.join();
  EXPECT_EQ(arrived.load(), 3 * kRounds);
}

}  // namespace
}  // namespace varve
