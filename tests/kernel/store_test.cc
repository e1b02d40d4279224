// Tests: kernel/internal/store_read.cc
// Tests: kernel/internal/store_checkpoint.cc
// Tests: kernel/internal/layered_reader.cc
// Tests: kernel/read_view.cc
// Tests: kernel/reader.cc
// Tests: kernel/io/fork.cc
#include "kernel/store.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "kernel/base/status.h"
#include "tests/kernel/store_fixture.h"

namespace varve {
namespace {

class StoreTest : public StoreFixture {};

TEST_F(StoreTest, ViewKeepsItsMomentThroughCommitsAndCheckpoints) {
  Put("k", "1");
  auto view = store_->View();
  Put("k", "2");
  ASSERT_TRUE(store_->Checkpoint().ok());
  Put("k", "3");
  ASSERT_TRUE(store_->Checkpoint().ok());
  EXPECT_EQ(Read(*view, "k"), "1");
  EXPECT_EQ(Get("k"), "3");
}

TEST_F(StoreTest, CheckpointMovesEverythingDownAndChangesNoAnswer) {
  for (int i = 0; i < 100; ++i) Put("k" + std::to_string(i), std::to_string(i));
  Transaction transaction = Begin();
  ASSERT_TRUE(Kv(transaction).Delete("k7").ok());
  ASSERT_TRUE(transaction.Commit().ok());
  ASSERT_TRUE(store_->Checkpoint().ok());
  EXPECT_EQ(store_->applied_lsn(), store_->visible_lsn());
  EXPECT_EQ(Get("k7"), std::nullopt);
  EXPECT_EQ(Get("k99"), "99");
  auto view = store_->View();
  EXPECT_EQ(*Kv(*view).Count(), 99u);
}

TEST_F(StoreTest, TombstoneInTheMemtableHidesTheMaterializedRow) {
  Put("k", "1");
  ASSERT_TRUE(store_->Checkpoint().ok());
  Transaction transaction = Begin();
  ASSERT_TRUE(Kv(transaction).Delete("k").ok());
  EXPECT_EQ(Read(transaction, "k"), std::nullopt);
  ASSERT_TRUE(transaction.Commit().ok());
  EXPECT_EQ(Get("k"), std::nullopt);
  auto view = store_->View();
  EXPECT_EQ(*Kv(*view).Count(), 0u);
}

TEST_F(StoreTest, AsOfReadsEveryMomentSinceTheLastCheckpointWithoutHistory) {
  std::vector<Lsn> lsns;
  for (int i = 0; i < 10; ++i) lsns.push_back(Put("k", std::to_string(i)));
  for (int i = 0; i < 10; ++i) {
    auto view = store_->AsOf(lsns[static_cast<std::size_t>(i)]);
    ASSERT_TRUE(view.ok()) << view.status();
    EXPECT_EQ(Read(*view, "k"), std::to_string(i));
  }
  ASSERT_TRUE(store_->Checkpoint().ok());
  EXPECT_TRUE(absl::IsOutOfRange(store_->AsOf(lsns[0]).status()));
  EXPECT_TRUE(store_->AsOf(lsns[9]).ok());
}

TEST_F(StoreTest, AsOfReadsEveryMomentThroughCheckpointsWithHistory) {
  Open({.history = {.keep = std::chrono::microseconds::max()}});
  std::vector<Lsn> lsns;
  for (int i = 0; i < 12; ++i) {
    lsns.push_back(Put("k", std::to_string(i)));
    if (i % 3 == 2) {
      ASSERT_TRUE(store_->Checkpoint().ok());
    }
  }
  for (int i = 0; i < 12; ++i) {
    auto view = store_->AsOf(lsns[static_cast<std::size_t>(i)]);
    ASSERT_TRUE(view.ok()) << view.status();
    EXPECT_EQ(Read(*view, "k"), std::to_string(i));
  }
  auto view = store_->View();
  std::vector<std::string> versions;
  const auto history = *Kv(*view).History("k");
  for (const KvVersion& version : history) versions.emplace_back(version.value);
  EXPECT_EQ(versions.size(), 12u);
  EXPECT_EQ(versions.front(), "11");
  EXPECT_EQ(versions.back(), "0");
}

TEST_F(StoreTest, AsOfTheFutureIsOutOfRange) {
  Put("k", "1");
  EXPECT_TRUE(absl::IsOutOfRange(store_->AsOf(Lsn(1000)).status()));
}

TEST_F(StoreTest, BufferedCommitIsVisibleAtOnceAndDurableAfterSync) {
  Transaction transaction = Begin();
  ASSERT_TRUE(Kv(transaction).Put("k", "v").ok());
  const auto receipt = transaction.Commit(Durability::kBuffered);
  ASSERT_TRUE(receipt.ok());
  EXPECT_EQ(Get("k"), "v");
  ASSERT_TRUE(store_->Sync().ok());
  EXPECT_GE(store_->durable_lsn(), receipt->lsn);
}

TEST_F(StoreTest, ClosedStoreRefusesEverything) {
  Put("k", "v");
  ASSERT_TRUE(store_->Close().ok());
  EXPECT_TRUE(store_->Close().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(store_->Begin().status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(store_->View().status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(store_->Checkpoint()));
}

// Threads that commit as long as the store takes it, each with an answer for every commit.
std::vector<std::thread> CommitUntilRefused(Store& store, std::atomic<int>& commits) {
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 3; ++writer) {
    threads.emplace_back([&, writer] {
      const std::string value(1000, 'v');
      while (true) {
        const auto receipt = store.Update([&](Transaction& transaction) {
          return Kv(transaction).Put("k" + std::to_string(writer), value);
        });
        if (!receipt.ok()) {
          EXPECT_TRUE(absl::IsFailedPrecondition(receipt.status())) << receipt.status();
          return;
        }
        commits.fetch_add(1);
        commits.notify_all();
      }
    });
  }
  return threads;
}

void AwaitAtLeast(const std::atomic<int>& count, int least) {
  for (int now = count.load(); now < least; now = count.load()) count.wait(now);
}

// Was: Close destroyed the worker that a commit beside it was about to wake.
TEST_F(StoreTest, CommitsBesideACloseCommitOrAreRefused) {
  for (const bool threads : {true, false}) {
    StoreOptions options;
    options.memtable_bytes = 4 << 10;  // every fourth commit asks for a checkpoint
    options.background_threads = threads;
    Open(options);
    std::atomic<int> commits{0};
    std::vector<std::thread> writers = CommitUntilRefused(*store_, commits);
    AwaitAtLeast(commits, 100);
    EXPECT_TRUE(store_->Close().ok());
    for (std::thread& writer : writers) writer.join();
    EXPECT_GE(store_->visible_lsn().value(), static_cast<std::uint64_t>(commits.load()));
  }
}

TEST_F(StoreTest, OneOfSeveralClosesAtOnceClosesAndTheOthersWaitForIt) {
  Open({.memtable_bytes = 4 << 10});
  std::atomic<int> commits{0};
  std::vector<std::thread> threads = CommitUntilRefused(*store_, commits);
  AwaitAtLeast(commits, 100);
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      EXPECT_TRUE(store_->Close().ok());
      EXPECT_TRUE(absl::IsFailedPrecondition(store_->View().status()));
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(StoreTest, ChildOfAForkIsRefused) {
  Put("k", "v");
  const pid_t child = fork();
  if (child == 0) {
    const bool refused = absl::IsFailedPrecondition(store_->Begin().status()) &&
                         absl::IsFailedPrecondition(store_->View().status()) &&
                         store_->Stats().metrics().empty();
    _exit(refused ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(Get("k"), "v");
}

TEST_F(StoreTest, ChildOfAForkClosesNothingAndDestroysItWithoutWaiting) {
  Put("k", "v");
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);  // the threads that it must not wait for are not there
    const bool refused = absl::IsFailedPrecondition(store_->Close());
    store_.reset();
    _exit(refused ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  Put("k", "after");
  EXPECT_EQ(Get("k"), "after");
}

TEST_F(StoreTest, MemtableMovesDownByItselfWhenItIsFull) {
  Open({.memtable_bytes = 64 << 10});
  const std::string value(1000, 'v');
  for (int i = 0; i < 1000; ++i) Put("k" + std::to_string(i), value);
  EXPECT_GT(store_->applied_lsn(), Lsn());
  auto view = store_->View();
  EXPECT_EQ(*Kv(*view).Count(), 1000u);
}

TEST_F(StoreTest, WithoutThreadsCheckpointsHappenInsideCommits) {
  StoreOptions options;
  options.memtable_bytes = 32 << 10;
  options.background_threads = false;
  options.log.background_threads = false;
  Open(options);
  const std::string value(1000, 'v');
  for (int i = 0; i < 200; ++i) Put("k" + std::to_string(i), value);
  EXPECT_GT(store_->applied_lsn(), Lsn());
  EXPECT_EQ(Get("k150"), value);
}

// Money moves between accounts; every view, at any time, through any layer, sees the same sum.
TEST_F(StoreTest, EveryViewSeesAConsistentSumWhileWritersAndCheckpointsRun) {
  Open({.memtable_bytes = 16 << 10});
  constexpr int kAccounts = 10;
  for (int i = 0; i < kAccounts; ++i) Put("account" + std::to_string(i), "100");
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 2; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937 random(seed);
      while (!stop) {
        const std::string from = "account" + std::to_string(random() % kAccounts);
        const std::string to = "account" + std::to_string(random() % kAccounts);
        const auto receipt = store_->Update(
            [&](Transaction& transaction) -> absl::Status {
              Kv kv(transaction);
              VARVE_RETURN_IF_ERROR(kv.Increment(from, -1).status());
              return kv.Increment(to, 1).status();
            },
            {.attempts_max = 100000});
        EXPECT_TRUE(receipt.ok()) << receipt.status();
      }
    });
  }
  for (int round = 0; round < 300; ++round) {
    auto view = store_->View();
    ASSERT_TRUE(view.ok());
    long sum = 0;
    KvScan scan = Kv(*view).Scan({.prefix = "account"});
    for (const KvRow& row : scan) sum += std::stol(std::string(row.value));
    ASSERT_TRUE(scan.status().ok());
    ASSERT_EQ(sum, 100 * kAccounts);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

TEST_F(StoreTest, AScanOfAViewEndsExactlyAtItsBounds) {
  constexpr std::size_t kKeys = 45;  // more than are read ahead, several times
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < kKeys; ++i) keys.push_back("k" + std::to_string(100 + i));
  for (const std::string& key : keys) Put(key, "value of " + key);
  for (const bool checkpointed : {false, true}) {
    if (checkpointed) {
      ASSERT_TRUE(store_->Checkpoint().ok());
    }
    auto view = store_->View();
    ASSERT_TRUE(view.ok()) << view.status();
    for (std::size_t begin = 0; begin < kKeys; begin += 4) {
      for (std::size_t end = begin; end <= kKeys; ++end) {
        const std::string_view end_key = end == kKeys ? std::string_view() : keys[end];
        KvScan scan = Kv(*view).Scan({.begin = keys[begin], .end = end_key});
        std::size_t at = begin;
        for (; scan.valid(); scan.Next(), ++at) {
          ASSERT_LT(at, end);
          ASSERT_EQ(scan.row().key, keys[at]);
          ASSERT_EQ(scan.row().value, "value of " + keys[at]);
        }
        ASSERT_EQ(at, end) << begin;
        ASSERT_TRUE(scan.status().ok()) << scan.status();
      }
    }
  }
}

}  // namespace
}  // namespace varve
