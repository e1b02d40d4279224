#include "primitives/state/lease.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "tests/primitives/state/state_store_fixture.h"

namespace varve {
namespace {

using std::chrono::seconds;

class LeaseTest : public StateStoreTest {
 protected:
  // The token, 0 where somebody else holds it.
  std::uint64_t Acquire(std::string_view name, std::string_view owner, seconds ttl = seconds(10)) {
    std::uint64_t token = 0;
    Commit([&](Transaction& txn) {
      const absl::StatusOr<std::optional<Lease>> lease = Leases(txn).Acquire(name, owner, ttl);
      ASSERT_TRUE(lease.ok()) << lease.status();
      if (lease->has_value()) token = (*lease)->token;
    });
    return token;
  }
  bool Renew(std::string_view name, std::uint64_t token, seconds ttl = seconds(10)) {
    bool renewed = false;
    Commit([&](Transaction& txn) { renewed = Leases(txn).Renew(name, token, ttl)->has_value(); });
    return renewed;
  }
  bool Release(std::string_view name, std::uint64_t token) {
    bool released = false;
    Commit([&](Transaction& txn) { released = *Leases(txn).Release(name, token); });
    return released;
  }
  bool SetWithLease(std::string_view value, std::string_view lease, std::uint64_t token) {
    bool written = false;
    Commit(
        [&](Transaction& txn) { written = *Cells(txn).SetWithLease("cell", value, lease, token); });
    return written;
  }
  void Pass(seconds time) {
    world_.clock.Advance(static_cast<std::uint64_t>(time.count()) * 1'000'000);
  }
};

TEST_F(LeaseTest, ALeaseHasOneHolderAtATime) {
  EXPECT_EQ(Holder("l"), "<free>");
  EXPECT_EQ(Acquire("l", "a"), 1u);
  EXPECT_EQ(Acquire("l", "b"), 0u);
  EXPECT_EQ(Acquire("l", "a"), 0u);
  EXPECT_EQ(Acquire("other", "b"), 1u);
  EXPECT_EQ(Holder("l"), "a#1");
}

// CELL-10
TEST_F(LeaseTest, TokensOnlyGrowThroughExpiryAndRelease) {
  EXPECT_EQ(Acquire("l", "a"), 1u);
  Pass(seconds(11));
  EXPECT_EQ(Holder("l"), "<free>");
  EXPECT_EQ(Acquire("l", "b"), 2u);
  EXPECT_TRUE(Release("l", 2));
  EXPECT_EQ(Holder("l"), "<free>");
  EXPECT_EQ(Acquire("l", "c"), 3u);
  Open();
  EXPECT_EQ(Holder("l"), "c#3");
  EXPECT_TRUE(Release("l", 3));
  Open();
  EXPECT_EQ(Acquire("l", "d"), 4u);
}

// CELL-11
TEST_F(LeaseTest, ALeaseEndsAtItsExpiryToTheMicrosecond) {
  std::optional<Timestamp> expires;
  Commit(
      [&](Transaction& txn) { expires = (*Leases(txn).Acquire("l", "a", seconds(10)))->expires; });
  world_.clock.Set(Timestamp(expires->micros() - 1));
  EXPECT_EQ(Holder("l"), "a#1");
  world_.clock.Set(*expires);
  EXPECT_EQ(Holder("l"), "<free>");
}

TEST_F(LeaseTest, RenewingPushesTheExpiryBackUnderTheSameToken) {
  ASSERT_EQ(Acquire("l", "a"), 1u);
  Pass(seconds(8));
  EXPECT_TRUE(Renew("l", 1));
  Pass(seconds(8));
  EXPECT_EQ(Holder("l"), "a#1");
  EXPECT_FALSE(Renew("l", 2));
  EXPECT_FALSE(Renew("none", 1));
  Pass(seconds(8));
  EXPECT_FALSE(Renew("l", 1));
}

TEST_F(LeaseTest, OnlyTheHolderReleases) {
  ASSERT_EQ(Acquire("l", "a"), 1u);
  EXPECT_FALSE(Release("l", 2));
  EXPECT_TRUE(Release("l", 1));
  EXPECT_FALSE(Release("l", 1));
  EXPECT_FALSE(Release("none", 1));
}

TEST_F(LeaseTest, AGuardedWriteNeedsTheCurrentToken) {
  EXPECT_FALSE(SetWithLease("x", "l", 1));
  ASSERT_EQ(Acquire("l", "a"), 1u);
  EXPECT_TRUE(SetWithLease("by a", "l", 1));
  Pass(seconds(11));
  EXPECT_FALSE(SetWithLease("late", "l", 1));
  ASSERT_EQ(Acquire("l", "b"), 2u);
  EXPECT_FALSE(SetWithLease("very late", "l", 1));
  EXPECT_TRUE(SetWithLease("by b", "l", 2));
  EXPECT_EQ(Text("cell"), "by b@2");
}

TEST_F(LeaseTest, AGuardedWriteConflictsWithALeaseThatPassesOnMeanwhile) {
  ASSERT_EQ(Acquire("l", "a"), 1u);
  Transaction slow = Begin();
  ASSERT_TRUE(*Cells(slow).SetWithLease("cell", "slow", "l", 1));
  Pass(seconds(11));
  ASSERT_EQ(Acquire("l", "b"), 2u);
  EXPECT_EQ(slow.Commit().status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Text("cell"), "<none>");
}

TEST_F(LeaseTest, TwoThatAcquireAtOnceConflict) {
  Transaction one = Begin();
  Transaction two = Begin();
  ASSERT_TRUE(Leases(one).Acquire("l", "a", seconds(1))->has_value());
  ASSERT_TRUE(Leases(two).Acquire("l", "b", seconds(1))->has_value());
  EXPECT_TRUE(one.Commit().ok());
  EXPECT_EQ(two.Commit().status().code(), absl::StatusCode::kAborted);
}

TEST_F(LeaseTest, AViewOfThePastShowsWhoHeldItThen) {
  const Lsn lsn = Commit([](Transaction& txn) {
    EXPECT_TRUE(Leases(txn).Acquire("l", "a", seconds(1))->has_value());
  });
  Pass(seconds(100));
  ASSERT_EQ(Acquire("l", "b"), 2u);
  ReadView past = *store_->AsOf(lsn);
  EXPECT_EQ(Holder(Leases(past), "l"), "a#1");
}

TEST_F(LeaseTest, ATransactionReadsItsOwnLease) {
  Commit([](Transaction& txn) {
    Leases leases(txn);
    const Lease lease = **leases.Acquire("l", "a", seconds(1));
    EXPECT_EQ(Holder(leases, "l"), "a#1");
    const absl::StatusOr<std::optional<Lease>> renewed = leases.Renew("l", lease.token, seconds(9));
    ASSERT_TRUE(renewed.ok() && renewed->has_value());
    EXPECT_GT((*renewed)->expires, lease.expires);
    EXPECT_TRUE(*leases.Release("l", lease.token));
    EXPECT_EQ((*leases.Acquire("l", "b", seconds(1)))->token, 2u);
  });
  EXPECT_EQ(Holder("l"), "b#2");
}

TEST_F(LeaseTest, ArgumentsAreTakenUpToTheirLimits) {
  Transaction transaction = Begin();
  Leases leases(transaction);
  const std::string name(kKeyBytesMax, 'n');
  const std::string owner(kNameBytesMax, 'o');
  const auto code = [&](std::string_view n, std::string_view o, std::chrono::microseconds ttl) {
    return leases.Acquire(n, o, ttl).status().code();
  };
  EXPECT_EQ(code(name, owner, std::chrono::microseconds(1)), absl::StatusCode::kOk);
  EXPECT_EQ(code(name + "n", "o", seconds(1)), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code("n", owner + "o", seconds(1)), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code("", "o", seconds(1)), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("n", "", seconds(1)), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("n", "o", seconds(0)), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("n", "o", seconds(-1)), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("n", "o", std::chrono::microseconds::max()), absl::StatusCode::kOk);
  EXPECT_EQ(leases.Renew("n", 1, seconds(0)).status().code(), absl::StatusCode::kInvalidArgument);
  ReadView view = View();
  EXPECT_EQ(Leases(view).Acquire("n", "o", seconds(1)).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Leases(view).Release("n", 1).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(LeaseTest, OfManyThatCompeteOneHoldsItEachTime) {
  Open(true);
  constexpr int kThreads = 8;
  std::atomic<int> inside = 0;
  std::atomic<int> failures = 0;
  std::atomic<std::uint64_t> newest = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, owner = "owner " + std::to_string(i)] {
      for (int round = 0; round < 20;) {
        std::uint64_t token = 0;
        const absl::StatusOr<Receipt> acquired = store_->Update([&](Transaction& txn) {
          token = 0;
          absl::StatusOr<std::optional<Lease>> lease =
              Leases(txn).Acquire("l", owner, std::chrono::hours(24));
          if (lease.ok() && lease->has_value()) token = (*lease)->token;
          return lease.status();
        });
        if (!acquired.ok() && !absl::IsAborted(acquired.status())) failures.fetch_add(1);
        if (!acquired.ok() || token == 0) continue;
        if (inside.fetch_add(1) != 0 || newest.exchange(token) >= token) failures.fetch_add(1);
        inside.fetch_sub(1);
        const absl::StatusOr<Receipt> released = store_->Update(
            [&](Transaction& txn) { return Leases(txn).Release("l", token).status(); });
        if (!released.ok()) failures.fetch_add(1);
        ++round;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures.load(), 0);
  EXPECT_EQ(newest.load(), 160u);
}

}  // namespace
}  // namespace varve
