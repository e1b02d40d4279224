// Group commit: many threads, callbacks, background flushes.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kernel/base/crc32c.h"
#include "tests/kernel/wal/log_fixture.h"

namespace varve::wal {
namespace {

using crash::CrashChoice;

// Appends under a lock of its own, as a store's commit path does.
class Committers {
 public:
  explicit Committers(Log& log) : log_(log) {}

  absl::StatusOr<Lsn> Append(const std::string& body) {
    const std::lock_guard<std::mutex> lock(mutex_);
    RecordDraft draft;
    draft.body = body;
    draft.body_crc = Crc32c(body);
    draft.entry_count = 1;
    draft.commit_time = Timestamp(++micros_);
    return log_.Append(draft);
  }

  // Each of `threads` makes `count` durable commits.
  void Run(int threads, int count) {
    std::vector<std::thread> all;
    for (int thread = 0; thread < threads; ++thread) {
      all.emplace_back([this, thread, count] {
        for (int i = 0; i < count; ++i) {
          const auto lsn = Append(Body(std::to_string(thread) + "/" + std::to_string(i)));
          ASSERT_TRUE(lsn.ok()) << lsn.status();
          ASSERT_TRUE(log_.WaitDurable(*lsn).ok());
          ASSERT_GE(log_.durable_lsn(), *lsn);
        }
      });
    }
    for (std::thread& thread : all) thread.join();
  }

 private:
  Log& log_;
  std::mutex mutex_;
  std::uint64_t micros_ = 0;
};

// Waits until `done` has been called `count` times.
class Latch {
 public:
  void Done(const absl::Status& status) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!status.ok()) ++failed_;
    ++count_;
    changed_.notify_all();
  }
  int Await(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
    return failed_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
  int failed_ = 0;
};

TEST(WalFlush, SixteenThreadsCommitInGroupsAcrossSegments) {
  LogHarness harness;
  harness.Open(harness.ThreadedOptions());
  Committers(*harness.log).Run(16, 200);
  const LogStats stats = harness.log->stats();
  EXPECT_EQ(stats.records, 3200u);
  EXPECT_GT(stats.segments_started, 2u);
  EXPECT_LE(stats.flushes, stats.records);
  const std::vector<Lsn> announced = harness.announced();
  EXPECT_TRUE(std::is_sorted(announced.begin(), announced.end()));
  EXPECT_EQ(announced.back(), Lsn(3200));
  harness.log.reset();
  harness.environment.CutPower(CrashChoice::Nothing());
  EXPECT_EQ(harness.Read().position.last_lsn, Lsn(3200));
}

// The first flush is held back until everybody else has appended: they all share the second.
TEST(WalFlush, WhoComesDuringAFlushSharesTheNext) {
  for (const bool threads : {true, false}) {
    LogHarness harness;
    harness.Open(threads ? harness.ThreadedOptions() : harness.InlineOptions());
    harness.files().SetHook([&](const crash::Call& call) {
      if (call.kind != crash::CallKind::kWriteDurably) return;
      while (harness.log->last_lsn() < Lsn(16)) std::this_thread::yield();
    });
    Committers(*harness.log).Run(16, 1);
    EXPECT_EQ(harness.log->durable_lsn(), Lsn(16));
    EXPECT_LE(harness.log->stats().flushes, 2u);
  }
}

TEST(WalFlush, SixteenThreadsCommitWithoutALogThread) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  Committers(*harness.log).Run(16, 100);
  harness.log.reset();
  harness.environment.CutPower(CrashChoice::Nothing());
  EXPECT_EQ(harness.Read().records.size(), 1600u);
}

TEST(WalFlush, ALoneCommitterNeedsOneFlushACommit) {
  LogHarness harness;
  harness.Open(harness.ThreadedOptions());
  Committers(*harness.log).Run(1, 50);
  EXPECT_EQ(harness.log->stats().flushes, 50u);
}

TEST(WalFlush, CallbacksComeOnceEachAfterTheirRecordIsDurable) {
  for (const bool threads : {true, false}) {
    LogHarness harness;
    harness.Open(threads ? harness.ThreadedOptions() : harness.InlineOptions());
    Committers committers(*harness.log);
    Latch latch;
    std::atomic<int> early = 0;
    for (int i = 0; i < 500; ++i) {
      const auto lsn = committers.Append(Body(std::to_string(i)));
      ASSERT_TRUE(lsn.ok());
      harness.log->NotifyDurable(*lsn, [&, lsn = *lsn](const absl::Status& status) {
        if (harness.log->durable_lsn() < lsn) ++early;
        latch.Done(status);
      });
    }
    EXPECT_EQ(latch.Await(500), 0);
    EXPECT_EQ(early, 0);
    harness.Close();
  }
}

TEST(WalFlush, CallbacksMayBeAskedForOutOfOrder) {
  LogHarness harness;
  harness.Open(harness.ThreadedOptions());
  Committers committers(*harness.log);
  std::vector<Lsn> lsns;
  for (int i = 0; i < 10; ++i) lsns.push_back(*committers.Append(Body("x")));
  Latch latch;
  for (std::size_t i = lsns.size(); i-- > 0;) {
    harness.log->NotifyDurable(lsns[i], [&](const absl::Status& status) { latch.Done(status); });
  }
  EXPECT_EQ(latch.Await(10), 0);
  harness.Close();
}

TEST(WalFlush, BlockingCommittersAndCallbacksShareTheFlushes) {
  LogHarness harness;
  harness.Open(harness.ThreadedOptions());
  Committers committers(*harness.log);
  Latch latch;
  std::thread asking([&] {
    for (int i = 0; i < 300; ++i) {
      const auto lsn = committers.Append(Body("ticket"));
      ASSERT_TRUE(lsn.ok());
      harness.log->NotifyDurable(*lsn, [&](const absl::Status& status) { latch.Done(status); });
    }
  });
  committers.Run(4, 100);
  asking.join();
  EXPECT_EQ(latch.Await(300), 0);
  harness.Close();
  EXPECT_EQ(harness.Read().records.size(), 701u);
}

TEST(WalFlush, BufferedRecordsBecomeDurableByThemselves) {
  LogHarness harness;
  LogOptions options = harness.ThreadedOptions();
  options.unsynced_time_max = std::chrono::milliseconds(1);
  harness.Open(options);
  Committers committers(*harness.log);
  for (int round = 0; round < 20; ++round) {
    const auto lsn = committers.Append(Body("buffered"));
    ASSERT_TRUE(lsn.ok());
    harness.log->FlushSoon();
    while (harness.log->durable_lsn() < *lsn) std::this_thread::yield();
  }
}

TEST(WalFlush, BufferedRecordsFromManyThreadsStayInBounds) {
  LogHarness harness;
  LogOptions options = harness.ThreadedOptions();
  options.unsynced_bytes_max = 4 << 10;
  options.unsynced_time_max = std::chrono::hours(1);  // only their size drives them out
  harness.Open(options);
  Committers committers(*harness.log);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        ASSERT_TRUE(committers.Append(Body("some buffered record")).ok());
        harness.log->FlushSoon();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  constexpr std::uint64_t kRecordBytes = 48 + 24;
  while ((2000 - harness.log->durable_lsn().value()) * kRecordBytes >= 2048) {
    std::this_thread::yield();
  }
  harness.Close();
  EXPECT_EQ(harness.Read().records.size(), 2001u);
}

TEST(WalFlush, DroppingTheLogAnswersItsCallbacks) {
  LogHarness harness;
  LogOptions options = harness.InlineOptions();
  harness.Open(options);
  Committers committers(*harness.log);
  const auto lsn = committers.Append(Body("x"));
  std::atomic<bool> asked = false;
  // While a flush is on its way, a callback for a later record has to wait.
  harness.files().SetHook([&](const crash::Call&) {
    if (asked.exchange(true)) return;
    const auto later = committers.Append(Body("y"));
    harness.log->NotifyDurable(*later,
                               [](const absl::Status& status) { ASSERT_TRUE(status.ok()); });
  });
  ASSERT_TRUE(harness.log->WaitDurable(*lsn).ok());
  EXPECT_EQ(harness.log->durable_lsn(), Lsn(2));  // the one who flushed saw to the callback, too
}

TEST(WalFlush, TrimAndStatsRunBesideCommits) {
  LogHarness harness;
  harness.Open(harness.ThreadedOptions());
  Committers committers(*harness.log);
  std::atomic<bool> done = false;
  std::thread trimming([&] {
    while (!done) {
      ASSERT_TRUE(harness.log->TrimTo(harness.log->durable_lsn()).ok());
      (void)harness.log->BytesSince(Lsn(1));
      (void)harness.log->stats();
      (void)harness.log->end();
      std::this_thread::yield();
    }
  });
  committers.Run(4, 500);
  done = true;
  trimming.join();
  harness.Close();
  EXPECT_EQ(harness.Read().position.last_lsn, Lsn(2001));
}

}  // namespace
}  // namespace varve::wal
