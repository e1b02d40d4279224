// A real process on a real disk, killed in the middle of its work, again and again: every commit
// that it was told is durable is there when the store is opened again, and every transaction whole.
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "crash/simulated/strict_file_system.h"
#include "kernel/base/status.h"
#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "recovery/open.h"
#include "tests/crash/all_seven.h"
#include "tests/support/test_seed.h"

namespace varve::crash {
namespace {

using testing_support::TestSeed;

constexpr std::uint32_t kThreads = 3;
constexpr int kCycles = 24;

// What the worker tells through its pipe: thread `thread` was told that its `count`-th transaction
// is durable. Smaller than PIPE_BUF, so it arrives whole or not at all.
struct Acknowledgement {
  std::uint32_t thread = 0;
  std::uint64_t count = 0;
};

absl::StatusOr<OpenedStore> OpenReal(const std::string& directory, bool read_only = false) {
  OpenOptions options;
  options.read_only = read_only;
  options.store.log.segment_bytes_min = std::uint64_t{64} << 10;
  options.store.log.segment_bytes_max = std::uint64_t{256} << 10;
  options.store.memtable_bytes = std::uint64_t{64} << 10;
  options.snapshots.log_bytes_min = std::uint64_t{128} << 10;
  PrimitiveRegistry registry;
  RegisterBuiltinPrimitives(registry);
  return OpenStore(directory, std::move(registry), options);
}

std::string KeyOf(std::uint32_t thread, std::string_view name) {
  std::string key(1, static_cast<char>('a' + thread));
  return key.append("/").append(name);
}

RunId RunOf(std::uint32_t thread) {
  std::array<std::uint8_t, 16> bytes{};
  bytes[15] = static_cast<std::uint8_t>(1 + thread);
  return RunId(bytes);
}

// Both rows of a thread carry the number of its last transaction, and its run what all seven
// primitives make of it: a torn one would show.
absl::Status WriteOne(Store& store, std::uint32_t thread, std::uint64_t count) {
  const std::string value = std::to_string(count) + std::string(count * 37 % 900, 'v');
  const auto receipt = store.Update([&](Transaction& transaction) -> absl::Status {
    Kv kv(transaction);
    VARVE_RETURN_IF_ERROR(kv.Put(KeyOf(thread, "first"), value));
    VARVE_RETURN_IF_ERROR(kv.Put(KeyOf(thread, std::to_string(count % 50)), value));
    VARVE_RETURN_IF_ERROR(WriteThroughSeven(transaction, RunOf(thread), count));
    return kv.Put(KeyOf(thread, "second"), value);
  });
  return receipt.status();
}

// The last transaction of `thread`; fails where it is not whole.
std::uint64_t ReadOne(ReadView& view, std::uint32_t thread) {
  const Kv kv(view);
  const auto first = kv.Get(KeyOf(thread, "first"));
  const auto second = kv.Get(KeyOf(thread, "second"));
  EXPECT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(second.ok()) << second.status();
  const auto seven = ReadSeven(view, RunOf(thread));
  EXPECT_TRUE(seven.ok()) << seven.status();
  if (!first.ok() || !second.ok() || !seven.ok()) return 0;
  EXPECT_EQ(first->has_value(), second->has_value());
  if (!first->has_value() || !second->has_value()) return 0;
  EXPECT_EQ((*first)->value, (*second)->value) << "half a transaction of thread " << thread;
  const std::uint64_t count = std::stoull(std::string((*first)->value));
  const auto third = kv.Get(KeyOf(thread, std::to_string(count % 50)));
  EXPECT_TRUE(third.ok() && third->has_value() && (*third)->value == (*first)->value);
  EXPECT_EQ(*seven, SevenAfter(count)) << "half a transaction of thread " << thread;
  return count;
}

// The life of the worker: commits until it is killed.
[[noreturn]] void Work(const std::string& directory, int pipe,
                       const std::vector<std::uint64_t>& from) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  auto opened = OpenReal(directory);
  if (!opened.ok()) {
    std::fprintf(stderr, "worker: %s\n", opened.status().ToString().c_str());
    ::_exit(2);
  }
  std::vector<std::thread> threads;
  for (std::uint32_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::uint64_t count = from[thread] + 1;; ++count) {
        if (!WriteOne(*opened->store, thread, count).ok()) ::_exit(3);
        const Acknowledgement acknowledgement{thread, count};
        if (::write(pipe, &acknowledgement, sizeof acknowledgement) < 0) ::_exit(4);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ::_exit(5);
}

class KillTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = ::testing::TempDir() + "varve_kill_XXXXXX";
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    folder_ = path;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Runs a worker until `acknowledgements` have come, kills it, and collects what was on the way.
  void RunAndKill(std::uint64_t acknowledgements) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t worker = ::fork();
    if (worker == 0) {
      ::close(ends[0]);
      Work(Directory(), ends[1], found_);
    }
    ::close(ends[1]);
    Acknowledgement got;
    std::uint64_t count = 0;
    while (::read(ends[0], &got, sizeof got) == static_cast<ssize_t>(sizeof got)) {
      told_[got.thread] = got.count;
      if (++count == acknowledgements) ::kill(worker, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(worker, &status, 0), worker);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the worker ended by itself, code " << WEXITSTATUS(status);
    told_count_ += count;
  }

  // Read-only, it leaves the recovery to the next worker.
  void CheckStore(bool read_only) {
    auto opened = OpenReal(Directory(), read_only);
    ASSERT_TRUE(opened.ok()) << opened.status();
    const absl::Status fresh = CheckFreshlyOpened(*opened->store);
    ASSERT_TRUE(fresh.ok()) << fresh;
    auto view = opened->store->View();
    ASSERT_TRUE(view.ok()) << view.status();
    for (std::uint32_t thread = 0; thread < kThreads; ++thread) {
      const std::uint64_t found = ReadOne(*view, thread);
      EXPECT_GE(found, told_[thread]) << "thread " << thread << " was told more than is there";
      EXPECT_LE(found, told_[thread] + 1) << "only the commit under way may be there besides";
      found_[thread] = found;
      told_[thread] = found;
    }
    if (opened->report.base == RecoveryReport::Base::kMaterialized) ++from_state_;
  }

  std::string Directory() const { return folder_ + "/agent.varve"; }

  std::string folder_;
  std::vector<std::uint64_t> told_ = std::vector<std::uint64_t>(kThreads, 0);
  std::vector<std::uint64_t> found_ = std::vector<std::uint64_t>(kThreads, 0);
  std::uint64_t told_count_ = 0;
  int from_state_ = 0;
};

TEST_F(KillTest, WhatWasAcknowledgedBeforeAKillIsThereAfterIt) {
  Dice dice(TestSeed(99));
  for (int cycle = 0; cycle < kCycles; ++cycle) {
    SCOPED_TRACE("cycle " + std::to_string(cycle));
    RunAndKill(1 + dice.Below(120));
    if (HasFatalFailure()) return;
    if (dice.Chance(20)) std::filesystem::remove(Directory() + "/state.mdb");
    CheckStore(/*read_only=*/dice.Chance(50));
    if (HasFailure()) return;
  }
  std::printf("%d kills, %llu acknowledged commits, %d openings from state.mdb\n", kCycles,
              static_cast<unsigned long long>(told_count_), from_state_);
  EXPECT_GT(told_count_, 0u);
}

}  // namespace
}  // namespace varve::crash
