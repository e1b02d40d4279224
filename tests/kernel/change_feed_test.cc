// Tests: kernel/wal/log_follower.cc
// The change feed shows each durable transaction once, in order, from any point of the log on.
#include "kernel/change_feed.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "kernel/base/status.h"
#include "primitives/kv/kv_primitive.h"
#include "primitives/state/state.h"
#include "primitives/state/state_primitive.h"
#include "tests/recovery/recovery_fixture.h"

namespace varve {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const RunId kRun = *Uuid::Parse("11111111-1111-4111-8111-111111111111");
const RunId kCopy = *Uuid::Parse("22222222-2222-4222-8222-222222222222");

class ChangeFeedTest : public RecoveryFixture {
 protected:
  ChangeFeed Changes(Lsn after = {}, ChangeFilter filter = {}) {
    auto feed = opened_.store->Changes(after, std::move(filter));
    EXPECT_TRUE(feed.ok()) << feed.status();
    return *std::move(feed);
  }
  // "LSN: operation subject, operation subject" of what the feed has to show now.
  static std::vector<std::string> Drain(ChangeFeed& feed) {
    std::vector<std::string> lines;
    while (true) {
      const auto next = feed.Next();
      EXPECT_TRUE(next.ok()) << next.status();
      if (!next.ok() || !next->has_value()) return lines;
      std::string line = std::to_string((*next)->lsn.value()) + ":";
      for (const Entry& entry : (*next)->entries) {
        const EntryDescription description = feed.Describe(entry);
        line += " " + description.operation + " " + description.subject;
      }
      EXPECT_EQ(feed.position(), (*next)->lsn);
      lines.push_back(std::move(line));
    }
  }
  Lsn Commit(const std::function<absl::Status(Transaction&)>& body) {
    const auto receipt = opened_.store->Update(body);
    EXPECT_TRUE(receipt.ok()) << receipt.status();
    return receipt.ok() ? receipt->lsn : Lsn();
  }
};

TEST_F(ChangeFeedTest, ShowsEachTransactionOnceAndThenNothing) {
  Open();
  ChangeFeed feed = Changes();
  EXPECT_THAT(Drain(feed), IsEmpty());
  Put("a", "1");
  Put("b", "2");
  EXPECT_THAT(Drain(feed), ElementsAre("1: put a", "2: put b"));
  EXPECT_THAT(Drain(feed), IsEmpty());
  EXPECT_EQ(feed.position(), Lsn(2));
  Put("a", "3");
  EXPECT_THAT(Drain(feed), ElementsAre("3: put a"));
}

TEST_F(ChangeFeedTest, ATokenGoesOnInALaterProcessWhereItStood) {
  Open();
  PutMany(0, 10);
  Lsn token;
  {
    ChangeFeed feed = Changes();
    for (int i = 0; i < 7; ++i) ASSERT_TRUE(feed.Next()->has_value());
    token = feed.position();
  }
  Kill();
  Open();
  PutMany(10, 12);
  ChangeFeed feed = Changes(token);
  EXPECT_THAT(Drain(feed),
              ElementsAre("8: put k7", "9: put k8", "10: put k9", "11: put k10", "12: put k11"));
}

TEST_F(ChangeFeedTest, FollowsOverSegmentsCheckpointsAndCleanCloses) {
  Open();
  ChangeFeed early = Changes();
  const std::string value(3000, 'v');
  PutMany(0, 100, value);
  ASSERT_TRUE(opened_.store->Checkpoint().ok());
  PutMany(100, 200, value);
  EXPECT_GT(Files("wal").size(), 4u);
  EXPECT_EQ(Drain(early).size(), 200u);
  { ChangeFeed ended = std::move(early); }
  Close();  // a watermark record, which is no transaction
  Open();
  PutMany(200, 250, value);
  for (const std::uint64_t after : {0u, 1u, 99u, 199u, 200u, 201u, 249u}) {
    ChangeFeed feed = Changes(Lsn(after));
    const std::uint64_t watermarks = after <= 200 ? 1 : 0;
    EXPECT_EQ(Drain(feed).size(), 251 - after - watermarks) << "after " << after;
  }
}

TEST_F(ChangeFeedTest, AFilterLeavesOutOtherPrimitivesAndRuns) {
  Open();
  Commit([](Transaction& transaction) {
    VARVE_RETURN_IF_ERROR(Kv(transaction).Put("plain", "1"));
    VARVE_RETURN_IF_ERROR(Kv(transaction, kRun).Put("in the run", "1"));
    return Cells(transaction, kRun).Set("cell", R"("x")").status();
  });
  Commit([](Transaction& transaction) { return Kv(transaction).Put("plain", "2"); });
  Commit([](Transaction& transaction) { return Kv(transaction, kRun).Put("in the run", "2"); });
  ChangeFeed kv = Changes({}, {.primitives = {kKvId}});
  EXPECT_THAT(Drain(kv),
              ElementsAre("1: put plain put in the run", "2: put plain", "3: put in the run"));
  ChangeFeed run = Changes({}, {.run = kRun});
  EXPECT_THAT(Drain(run), ElementsAre("1: put in the run set cell", "3: put in the run"));
  ChangeFeed both = Changes({}, {.primitives = {kStateId}, .run = kRun});
  EXPECT_THAT(Drain(both), ElementsAre("1: set cell"));
  EXPECT_EQ(both.position(), Lsn(3)) << "what does not pass is behind it all the same";
}

TEST_F(ChangeFeedTest, TheKernelsOwnEntriesPassForThePrimitivesTheyTouch) {
  Open();
  Commit([](Transaction& transaction) { return Kv(transaction, kRun).Put("k", "1"); });
  Commit([](Transaction& transaction) { return transaction.CopyRun(transaction, kRun, kCopy); });
  Commit([](Transaction& transaction) { return transaction.EraseRun(kRun); });
  ChangeFeed kv = Changes(Lsn(1), {.primitives = {kKvId}});
  EXPECT_EQ(Drain(kv).size(), 2u);
  ChangeFeed state = Changes(Lsn(1), {.primitives = {kStateId}});
  EXPECT_EQ(Drain(state).size(), 1u) << "only the erasure, which touches every primitive";
}

TEST_F(ChangeFeedTest, EntriesRepeatedInAnotherStoreMakeTheSameState) {
  Open();
  Commit([](Transaction& transaction) { return Kv(transaction, kRun).Put("k", "1"); });
  Commit([](Transaction& transaction) { return transaction.CopyRun(transaction, kRun, kCopy); });
  Commit([](Transaction& transaction) { return transaction.EraseRun(kRun); });
  const std::unique_ptr<Store> replica = *OpenInMemory(Builtins(), {});
  ChangeFeed feed = Changes();
  while (true) {
    const auto next = feed.Next();
    ASSERT_TRUE(next.ok()) << next.status();
    if (!next->has_value()) break;
    const auto receipt = replica->Update([&](Transaction& transaction) {
      for (const Entry& entry : (*next)->entries) VARVE_RETURN_IF_ERROR(transaction.Repeat(entry));
      return absl::OkStatus();
    });
    ASSERT_TRUE(receipt.ok()) << receipt.status();
  }
  ReadView view = *replica->View();
  EXPECT_EQ((*Kv(view, kCopy).Get("k"))->value, "1");
  EXPECT_FALSE(Kv(view, kRun).Get("k")->has_value());
}

TEST_F(ChangeFeedTest, BufferedCommitsAreShownOnceTheyAreDurable) {
  options_.store.background_threads = false;
  options_.store.log.background_threads = false;
  Open();
  ChangeFeed feed = Changes();
  Put("a", "1", Durability::kBuffered);
  EXPECT_EQ(Get("a"), "1");
  EXPECT_THAT(Drain(feed), IsEmpty());
  ASSERT_TRUE(opened_.store->Sync().ok());
  EXPECT_THAT(Drain(feed), ElementsAre("1: put a"));
  // A view's LSN is a place to begin, durable or not.
  Put("b", "2", Durability::kBuffered);
  ChangeFeed later = Changes(opened_.store->View()->lsn());
  Put("c", "3");
  EXPECT_THAT(Drain(later), ElementsAre("3: put c"));
}

TEST_F(ChangeFeedTest, AWaitingFeedIsWokenByDurableAndByBufferedCommits) {
  Open();
  for (const Durability durability : {Durability::kDurable, Durability::kBuffered}) {
    std::atomic<bool> ended = false;
    std::thread follower([&] {
      ChangeFeed feed = Changes(opened_.store->visible_lsn());
      const auto next = feed.Next(seconds(120));
      EXPECT_TRUE(next.ok()) << next.status();
      EXPECT_TRUE(next.ok() && next->has_value()) << "nobody woke it";
      ended = true;
    });
    while (!ended) Put("a", "1", durability);  // until one falls behind the start of the feed
    follower.join();
  }
}

TEST_F(ChangeFeedTest, ClosingTheStoreEndsTheWait) {
  Open();
  ChangeFeed feed = Changes();
  std::thread closer([&] { EXPECT_TRUE(opened_.store->Close().ok()); });
  absl::Status status;
  while (status.ok()) status = feed.Next(seconds(120)).status();
  closer.join();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
}

TEST_F(ChangeFeedTest, TokensOutsideTheLogAreRefusedWithWhatToDo) {
  Open();
  const std::string value(3000, 'v');
  PutMany(0, 100, value);
  ASSERT_TRUE(opened_.store->Checkpoint().ok());
  ChangeFeed behind = Changes();
  ASSERT_TRUE(behind.Next()->has_value());
  ASSERT_TRUE(opened_.store->log().TrimTo(Lsn(90)).ok());
  const auto trimmed = opened_.store->Changes(Lsn(3));
  EXPECT_EQ(trimmed.status().code(), absl::StatusCode::kOutOfRange) << trimmed.status();
  EXPECT_THAT(std::string(trimmed.status().message()), HasSubstr("Store::View"));
  ChangeFeed kept = Changes(Lsn(95));
  EXPECT_EQ(Drain(kept).size(), 5u);
  // A feed that was behind reads the segment that it holds, and then says so too.
  absl::Status status;
  while (status.ok()) status = behind.Next().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange) << status;
  const auto future = opened_.store->Changes(Lsn(101));
  EXPECT_EQ(future.status().code(), absl::StatusCode::kOutOfRange) << future.status();
  EXPECT_THAT(std::string(future.status().message()), HasSubstr("future"));
}

TEST_F(ChangeFeedTest, AStoreInMemoryHasNoChanges) {
  const std::unique_ptr<Store> store = *OpenInMemory(Builtins(), {});
  EXPECT_TRUE(absl::IsFailedPrecondition(store->Changes({}).status()));
}

TEST_F(ChangeFeedTest, AReadOnlyStoreShowsWhatItWasOpenedWith) {
  Open();
  PutMany(0, 3);
  Close();
  options_.read_only = true;
  Open();
  ChangeFeed feed = Changes(Lsn(1));
  EXPECT_THAT(Drain(feed), ElementsAre("2: put k1", "3: put k2"));
}

TEST_F(ChangeFeedTest, DamageBehindItsBackIsDataLossAndTheFeedStays) {
  options_.store.background_threads = false;
  options_.store.log.background_threads = false;
  Open();
  PutMany(0, 3, std::string(100, 'v'));
  ChangeFeed feed = Changes();
  ASSERT_TRUE(feed.Next()->has_value());
  // Bytes of the second record's value, while the store is open. The window may hold them already,
  // so the feed begins anew.
  FlipByte(Files("wal").front(), 4096 + 48 + 160);
  FlipByte(Files("wal").front(), 4096 + 2 * 200);
  ChangeFeed other = Changes(Lsn(0));
  absl::Status status;
  while (status.ok()) status = other.Next().status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_TRUE(DamageOf(status).has_value());
  const Lsn stands = other.position();
  EXPECT_TRUE(absl::IsDataLoss(other.Next().status()));
  EXPECT_EQ(other.position(), stands);
}

TEST_F(ChangeFeedTest, NothingIsMissedOrDoubledBesideFourWriters) {
  constexpr int kWriters = 4;
  constexpr int kCommits = 150;
  Open();
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kCommits; ++i) {
        Put("k" + std::to_string(writer), std::string(1000, 'v'),
            i % 2 == 0 ? Durability::kDurable : Durability::kBuffered);
      }
    });
  }
  ChangeFeed feed = Changes();
  for (std::uint64_t expected = 1; expected <= kWriters * kCommits; ++expected) {
    const auto next = feed.Next(seconds(120));
    ASSERT_TRUE(next.ok()) << next.status();
    ASSERT_TRUE(next->has_value());
    ASSERT_EQ((*next)->lsn, Lsn(expected));
    ASSERT_LE((*next)->lsn, opened_.store->durable_lsn());
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_GT(Files("wal").size(), 4u);
}

}  // namespace
}  // namespace varve
