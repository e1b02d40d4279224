// The log when the disk fails: what is poisoned, what is refused, what may go on.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "kernel/base/status.h"
#include "tests/kernel/wal/log_fixture.h"
#include "tests/support/test_seed.h"

namespace varve::wal {
namespace {

using crash::CallKind;
using crash::CrashChoice;
using crash::Fault;

constexpr absl::StatusCode kUnknown = absl::StatusCode::kUnknown;
constexpr absl::StatusCode kFailedPrecondition = absl::StatusCode::kFailedPrecondition;

Fault FaultAt(CallKind kind, const absl::Status& status = crash::DeviceError()) {
  Fault fault;
  fault.kind = kind;
  fault.status = status;
  return fault;
}

TEST(WalFailure, AFailedWriteOrSyncPoisonsTheLogForEver) {
  for (const CallKind kind : {CallKind::kWriteDurably, CallKind::kFlushDurably}) {
    LogHarness harness;
    harness.Open(harness.InlineOptions());
    harness.Commit(Body("one"));
    harness.files().AddFault(FaultAt(kind));
    const Lsn lost = harness.Append(Body("two"));
    EXPECT_EQ(harness.log->WaitDurable(lost).code(), kUnknown);
    EXPECT_EQ(harness.log->WaitDurable(lost).code(), kUnknown);
    EXPECT_TRUE(harness.log->WaitDurable(Lsn(1)).ok());
    EXPECT_FALSE(harness.log->status().ok());
    EXPECT_EQ(harness.TryAppend(Body("three")).status().code(), kFailedPrecondition);
    EXPECT_EQ(harness.log->durable_lsn(), Lsn(1));
    EXPECT_FALSE(harness.log->TrimTo(Lsn(1)).ok());

    const std::uint64_t calls = harness.files().call_count();
    EXPECT_FALSE(harness.log->Close().ok());
    harness.log.reset();
    EXPECT_EQ(harness.files().call_count(), calls) << "a poisoned log wrote again";
  }
}

// WAL-T4
TEST(WalFailure, AfterAFailureAReopenGoesOnFromWhatIsThere) {
  for (const auto& choice : {CrashChoice::Nothing(), CrashChoice::All(), CrashChoice::Random(3)}) {
    LogHarness harness;
    harness.Open(harness.InlineOptions());
    harness.Commit(Body("one"));
    harness.files().AddFault(FaultAt(CallKind::kFlushDurably));
    (void)harness.log->WaitDurable(harness.Append(LargeBody(3000, 5)));
    harness.log.reset();
    harness.environment.CutPower(choice);
    harness.Open(harness.InlineOptions());
    harness.Commit(Body("after"));
    const std::vector<std::string> bodies = harness.Read().bodies();
    EXPECT_EQ(bodies.front(), Body("one"));
    EXPECT_EQ(bodies.back(), Body("after"));
    EXPECT_LE(bodies.size(), 3u);
  }
}

TEST(WalFailure, AllWaitersOfAFailedFlushAreAnswered) {
  LogHarness harness;
  harness.Open(harness.ThreadedOptions());
  for (int i = 0; i < 20; ++i) harness.Commit(Body("fine"));
  Fault fault = FaultAt(CallKind::kFlushDurably);
  fault.skip = 3;
  harness.files().AddFault(fault);
  std::mutex mutex;
  std::atomic<int> unknown = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&] {
      while (true) {
        absl::StatusOr<Lsn> lsn = Lsn();
        {
          const std::lock_guard<std::mutex> lock(mutex);
          lsn = harness.TryAppend(Body("x"));
        }
        if (!lsn.ok()) {
          EXPECT_EQ(lsn.status().code(), kFailedPrecondition);
          return;
        }
        const absl::Status status = harness.log->WaitDurable(*lsn);
        if (status.ok()) continue;
        EXPECT_EQ(status.code(), kUnknown);
        ++unknown;
        return;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(unknown, 1);
}

TEST(WalFailure, CallbacksOfAFailedFlushGetTheErrorOnce) {
  for (const bool threads : {true, false}) {
    LogHarness harness;
    harness.Open(threads ? harness.ThreadedOptions() : harness.InlineOptions());
    harness.files().AddFault(FaultAt(CallKind::kFlushDurably));
    const Lsn lsn = harness.Append(Body("x"));
    std::atomic<int> calls = 0;
    harness.log->NotifyDurable(lsn, [&](const absl::Status& status) {
      EXPECT_EQ(status.code(), kUnknown);
      ++calls;
    });
    harness.log.reset();
    EXPECT_EQ(calls, 1);
  }
}

TEST(WalFailure, ADiskWithoutRoomForASegmentRefusesAndLaterGoesOn) {
  for (const bool threads : {true, false}) {
    LogHarness harness;
    harness.Open(threads ? harness.ThreadedOptions() : harness.InlineOptions());
    harness.files().SetCapacity(20 << 10);  // the first segment has 16 KiB
    std::uint64_t committed = 0;
    absl::StatusOr<Lsn> lsn = Lsn();
    while (true) {
      lsn = harness.TryAppend(Body("a record of forty bytes, or nearly so"));
      if (!lsn.ok()) break;
      ASSERT_TRUE(harness.log->WaitDurable(*lsn).ok());
      ++committed;
    }
    EXPECT_EQ(lsn.status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_TRUE(harness.log->status().ok());
    EXPECT_EQ(harness.log->last_lsn(), Lsn(committed));
    EXPECT_FALSE(harness.TryAppend(Body("still full, and a little too long")).ok());
    harness.files().SetCapacity(std::uint64_t{1} << 30);
    EXPECT_EQ(harness.Commit(Body("there is room again, for this one")), Lsn(committed + 1));
    harness.Close();
    EXPECT_EQ(harness.Read().position.last_lsn, Lsn(committed + 2));
  }
}

TEST(WalFailure, ACloseOnAFullDiskStillProvesTheLastCommit) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  harness.files().SetCapacity(20 << 10);
  while (harness.TryAppend(Body("filling the segment")).ok()) {
  }
  harness.Close();
  EXPECT_TRUE(harness.Read().tail.closed);
}

TEST(WalFailure, ADeviceErrorWhilePreparingASegmentPoisons) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  Fault fault = FaultAt(CallKind::kSync);
  harness.files().AddFault(fault);
  harness.Append(LargeBody(8000, 1));
  EXPECT_EQ(harness.TryAppend(LargeBody(8000, 2)).status().code(), kFailedPrecondition);
  EXPECT_FALSE(harness.log->status().ok());
  EXPECT_EQ(harness.log->WaitDurable(Lsn(1)).code(), kUnknown);
}

TEST(WalFailure, AFailedHeaderOfTheNextSegmentPoisons) {
  LogHarness harness;
  harness.Open(harness.InlineOptions());
  harness.Commit(LargeBody(8000, 1));
  harness.files().AddFault(FaultAt(CallKind::kWriteDurably));
  const Lsn second = harness.Append(LargeBody(8000, 2));
  EXPECT_EQ(harness.log->WaitDurable(second).code(), kUnknown);
  harness.log.reset();
  EXPECT_EQ(harness.Read().position.last_lsn, Lsn(1));
}

TEST(WalFailure, StartingOnAFullDiskIsRefusedAndLeavesNothing) {
  LogHarness harness;
  harness.files().SetCapacity(8 << 10);
  EXPECT_EQ(harness.TryOpen(harness.InlineOptions()).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(harness.files().List(kFolder)->empty());
}

// One session of commits, rotations and a close, cut at every call that changes the disk.
void RunSession(LogHarness& harness, std::vector<std::string>& acknowledged,
                std::vector<std::string>& begun) {
  if (!harness.TryOpen(harness.InlineOptions()).ok()) return;
  for (std::uint64_t i = 0; i < 12; ++i) {
    const std::string body = LargeBody(2500, 100 + begun.size());
    begun.push_back(body);
    const auto lsn = harness.TryAppend(body);
    if (!lsn.ok()) return;
    if (i % 3 == 2 && !harness.log->WaitDurable(*lsn).ok()) return;
    if (i % 3 == 2) acknowledged = begun;
  }
  if (harness.log->Close().ok()) acknowledged = begun;
}

// WAL-S10 WAL-T2 WAL-T4 WAL-T6
TEST(WalFailure, ACrashAtAnyCallKeepsAPrefixWithAllThatWasAcknowledged) {
  const std::uint64_t seed = testing_support::TestSeed(20);
  std::uint64_t images = 0;
  for (std::uint64_t crash = 1;; ++crash) {
    LogHarness harness;
    std::vector<std::string> acknowledged;
    std::vector<std::string> begun;
    harness.files().CrashAt(harness.files().call_count() + crash);
    RunSession(harness, acknowledged, begun);
    const bool finished = !harness.files().crashed();
    harness.log.reset();
    const auto crashed_disk = std::move(harness.environment.files);
    for (std::uint64_t variant = 0; variant < 8; ++variant, ++images) {
      const CrashChoice choice = variant == 0   ? CrashChoice::Nothing()
                                 : variant == 1 ? CrashChoice::All()
                                                : CrashChoice::Random(seed + variant);
      harness.environment.files = crashed_disk->CrashImage(choice);
      const absl::Status opened = harness.TryOpen(harness.InlineOptions());
      ASSERT_TRUE(opened.ok()) << "call " << crash << " image " << variant << ": " << opened;
      harness.log.reset();
      harness.environment.CutPower(CrashChoice::Nothing());  // what was served stays
      std::vector<std::string> bodies = harness.Read().bodies();
      ASSERT_GE(bodies.size(), acknowledged.size()) << "call " << crash << " image " << variant;
      ASSERT_LE(bodies.size(), begun.size());
      ASSERT_TRUE(std::equal(bodies.begin(), bodies.end(), begun.begin()));
      harness.Open(harness.InlineOptions());
      harness.Commit(Body("after"));
      harness.log.reset();
      harness.environment.CutPower(CrashChoice::Random(variant));
      bodies.push_back(Body("after"));
      ASSERT_EQ(harness.Read().bodies(), bodies);
    }
    if (finished) break;
  }
  RecordProperty("images", static_cast<int>(images));
}

}  // namespace
}  // namespace varve::wal
