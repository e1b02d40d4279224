// Tests: kernel/internal/transaction_state.cc
// Tests: kernel/internal/store_commit.cc
// Tests: kernel/internal/apply.cc
#include "kernel/transaction.h"

#include <gmock/gmock.h>

#include <future>
#include <thread>
#include <vector>

#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "tests/kernel/store_fixture.h"

namespace varve {
namespace {

using testing::HasSubstr;

class TransactionTest : public StoreFixture {};

std::string Message(const absl::Status& status) { return std::string(FromAbsl(status.message())); }

TEST_F(TransactionTest, ReadsItsOwnWritesAndNobodyElseDoesBeforeTheCommit) {
  Transaction transaction = Begin();
  ASSERT_TRUE(Kv(transaction).Put("k", "mine").ok());
  EXPECT_EQ(Read(transaction, "k"), "mine");
  EXPECT_EQ(Get("k"), std::nullopt);
  ASSERT_TRUE(transaction.Commit().ok());
  EXPECT_EQ(Get("k"), "mine");
}

TEST_F(TransactionTest, AbandonedTransactionLeavesNoTrace) {
  const Lsn before = store_->visible_lsn();
  {
    Transaction transaction = Begin();
    ASSERT_TRUE(Kv(transaction).Put("k", "v").ok());
  }
  EXPECT_EQ(Get("k"), std::nullopt);
  EXPECT_EQ(store_->visible_lsn(), before);
}

TEST_F(TransactionTest, ReadOfAChangedRowAborts) {
  Put("k", "1");
  Transaction transaction = Begin();
  Read(transaction, "k");
  ASSERT_TRUE(Kv(transaction).Put("other", "x").ok());
  Put("k", "2");
  EXPECT_TRUE(absl::IsAborted(transaction.Commit().status()));
  EXPECT_EQ(Get("other"), std::nullopt);
}

TEST_F(TransactionTest, ReadOfAnAbsentRowThatAppearedAborts) {
  Transaction transaction = Begin();
  Read(transaction, "k");
  ASSERT_TRUE(Kv(transaction).Put("other", "x").ok());
  Put("k", "2");
  EXPECT_TRUE(absl::IsAborted(transaction.Commit().status()));
}

TEST_F(TransactionTest, ReadOfADeletedRowAbortsAlsoAfterTheDeletionWasCheckpointed) {
  Put("k", "1");
  Transaction transaction = Begin();
  Read(transaction, "k");
  ASSERT_TRUE(Kv(transaction).Put("other", "x").ok());
  Transaction deleting = Begin();
  ASSERT_TRUE(Kv(deleting).Delete("k").ok());
  ASSERT_TRUE(deleting.Commit().ok());
  ASSERT_TRUE(store_->Checkpoint().ok());
  Put("filler", "x");
  ASSERT_TRUE(store_->Checkpoint().ok());
  EXPECT_TRUE(absl::IsAborted(transaction.Commit().status()));
}

TEST_F(TransactionTest, PhantomInAScannedRangeAborts) {
  Put("a", "1");
  Put("c", "3");
  Transaction transaction = Begin();
  EXPECT_EQ(*Kv(transaction).Count(), 2u);
  ASSERT_TRUE(Kv(transaction).Put("total", "2").ok());
  Put("b", "2");
  EXPECT_TRUE(absl::IsAborted(transaction.Commit().status()));
}

TEST_F(TransactionTest, WriteSkewAborts) {
  Put("x", "1");
  Put("y", "1");
  Transaction first = Begin();
  Transaction second = Begin();
  Read(first, "x");
  Read(first, "y");
  Read(second, "x");
  Read(second, "y");
  ASSERT_TRUE(Kv(first).Put("x", "0").ok());
  ASSERT_TRUE(Kv(second).Put("y", "0").ok());
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_TRUE(absl::IsAborted(second.Commit().status()));
}

TEST_F(TransactionTest, BlindWritesOfTheSameRowBothCommitInOrder) {
  Transaction first = Begin();
  Transaction second = Begin();
  ASSERT_TRUE(Kv(first).Put("k", "first").ok());
  ASSERT_TRUE(Kv(second).Put("k", "second").ok());
  ASSERT_TRUE(second.Commit().ok());
  ASSERT_TRUE(first.Commit().ok());
  EXPECT_EQ(Get("k"), "first");
}

TEST_F(TransactionTest, ReadOfWhatItWroteItselfIsNoConflict) {
  Transaction transaction = Begin();
  ASSERT_TRUE(Kv(transaction).Put("k", "mine").ok());
  Read(transaction, "k");
  Put("k", "theirs");
  EXPECT_TRUE(transaction.Commit().ok());
  EXPECT_EQ(Get("k"), "mine");
}

TEST_F(TransactionTest, ConflictIsFoundBehindHundredsOfUnrelatedCommits) {
  Put("k", "1");
  Transaction early = Begin();
  Transaction fine = Begin();
  Read(early, "k");
  Read(fine, "untouched");
  ASSERT_TRUE(Kv(early).Put("a", "x").ok());
  ASSERT_TRUE(Kv(fine).Put("b", "x").ok());
  Put("k", "2");
  for (int i = 0; i < 600; ++i) Put("filler" + std::to_string(i), "x");
  EXPECT_TRUE(absl::IsAborted(early.Commit().status()));
  EXPECT_TRUE(fine.Commit().ok());
}

TEST_F(TransactionTest, SecondCommitAndEveryUseAfterItIsRefused) {
  Transaction transaction = Begin();
  ASSERT_TRUE(Kv(transaction).Put("k", "v").ok());
  ASSERT_TRUE(transaction.Commit().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(transaction.Commit().status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(Kv(transaction).Put("k", "w")));
  EXPECT_TRUE(absl::IsFailedPrecondition(Kv(transaction).Get("k").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(transaction.CommitAsync().status()));
}

TEST_F(TransactionTest, EmptyCommitTakesNoLsn) {
  const Lsn before = store_->visible_lsn();
  Transaction transaction = Begin();
  Read(transaction, "k");
  const auto receipt = transaction.Commit();
  ASSERT_TRUE(receipt.ok());
  EXPECT_EQ(receipt->lsn, Lsn());
  EXPECT_EQ(store_->visible_lsn(), before);
}

TEST_F(TransactionTest, EntryOfNoRegisteredPrimitiveIsRefusedAndChangesNothing) {
  Transaction transaction = Begin();
  const absl::Status status = transaction.Write({.type = 0x8F, .run = {}, .payload = "x"});
  EXPECT_TRUE(absl::IsUnimplemented(status));
  EXPECT_THAT(Message(status), HasSubstr("0x8F"));
  EXPECT_EQ(transaction.bytes(), 0u);
}

TEST_F(TransactionTest, NewerPayloadVersionIsRefused) {
  Transaction transaction = Begin();
  const absl::Status status =
      transaction.Write({.type = 0x10, .payload_version = 9, .run = {}, .payload = "x"});
  EXPECT_TRUE(absl::IsUnimplemented(status));
  EXPECT_THAT(Message(status), HasSubstr("payload version 9"));
}

TEST_F(TransactionTest, FillsToItsLimitAndRefusesTheEntryBeyondItUnharmed) {
  Transaction transaction = Begin();
  Kv kv(transaction);
  const std::string value(kValueBytesMax, 'v');
  ASSERT_TRUE(kv.Put("1", value).ok());
  ASSERT_TRUE(kv.Put("2", value).ok());
  ASSERT_TRUE(kv.Put("3", value).ok());
  const absl::Status status = kv.Put("4", value);
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_EQ(Read(transaction, "4"), std::nullopt);
  ASSERT_TRUE(kv.Put("5", "small").ok());
  ASSERT_TRUE(transaction.Commit().ok());
  EXPECT_EQ(Get("3"), value);
  EXPECT_EQ(Get("5"), "small");
}

TEST_F(TransactionTest, OfExactlyItsLimitItCommitsAndTheSmallestEntryMoreIsRefusedAndNotLogged) {
  const Lsn before = store_->visible_lsn();
  Transaction transaction = Begin();
  Kv kv(transaction);
  constexpr std::size_t kQuarter = kTransactionBytesMax / 4;
  constexpr std::size_t kFraming = 8 + 2 + 1 + 1;  // of an entry that puts a key of one byte
  const std::string value(kQuarter - kFraming, 'v');
  for (const char* key : {"1", "2", "3", "4"}) ASSERT_TRUE(kv.Put(key, value).ok());
  ASSERT_EQ(transaction.bytes(), kTransactionBytesMax);
  EXPECT_TRUE(absl::IsResourceExhausted(kv.Put("k", "")));
  EXPECT_EQ(transaction.bytes(), kTransactionBytesMax);
  ASSERT_TRUE(transaction.Commit().ok());
  EXPECT_EQ(store_->visible_lsn(), before.Next());
  EXPECT_EQ(Get("4"), value);
  EXPECT_EQ(Get("k"), std::nullopt);
}

TEST_F(TransactionTest, TicketsAnswerInAnyOrderAndCallBack) {
  std::vector<CommitTicket> tickets;
  for (int i = 0; i < 10; ++i) {
    Transaction transaction = Begin();
    ASSERT_TRUE(Kv(transaction).Put("k" + std::to_string(i), "v").ok());
    auto ticket = transaction.CommitAsync();
    ASSERT_TRUE(ticket.ok());
    tickets.push_back(*ticket);
  }
  std::promise<Lsn> last;
  tickets.back().Then([&](absl::StatusOr<Receipt> receipt) { last.set_value(receipt->lsn); });
  EXPECT_EQ(tickets.front().Wait()->lsn, tickets.front().receipt().lsn);
  EXPECT_EQ(last.get_future().get(), tickets.back().receipt().lsn);
  EXPECT_EQ(Get("k9"), "v");
}

TEST_F(TransactionTest, CommitTimesNeverDecrease) {
  Timestamp last;
  for (int i = 0; i < 100; ++i) {
    Transaction transaction = Begin();
    ASSERT_TRUE(Kv(transaction).Put("k", "v").ok());
    const auto receipt = transaction.Commit();
    EXPECT_GE(receipt->commit_time, last);
    last = receipt->commit_time;
  }
}

TEST_F(TransactionTest, RowsTellWhichTransactionWroteThem) {
  const Lsn first = Put("a", "1");
  const Lsn second = Put("b", "2");
  auto view = store_->View();
  EXPECT_EQ((*Kv(*view).Get("a"))->lsn, first);
  EXPECT_EQ((*Kv(*view).Get("b"))->lsn, second);
}

TEST_F(TransactionTest, ScanMayDeleteWhatItStandsOn) {
  for (int i = 0; i < 50; ++i) Put("k" + std::to_string(i), "v");
  const auto receipt = store_->Update([](Transaction& transaction) -> absl::Status {
    Kv kv(transaction);
    for (KvScan scan = kv.Scan(); const KvRow& row : scan) {
      VARVE_RETURN_IF_ERROR(kv.Delete(row.key));
    }
    return absl::OkStatus();
  });
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  auto view = store_->View();
  EXPECT_EQ(*Kv(*view).Count(), 0u);
}

TEST_F(TransactionTest, ErrorOfTheCallbackIsReturnedAndNothingIsCommitted) {
  const auto receipt = store_->Update([](Transaction& transaction) -> absl::Status {
    VARVE_RETURN_IF_ERROR(Kv(transaction).Put("k", "v"));
    return absl::CancelledError("no");
  });
  EXPECT_TRUE(absl::IsCancelled(receipt.status()));
  EXPECT_EQ(Get("k"), std::nullopt);
}

TEST_F(TransactionTest, UpdateGivesUpAfterItsAttempts) {
  Put("k", "0");
  int attempts = 0;
  const auto receipt = store_->Update(
      [&](Transaction& transaction) -> absl::Status {
        ++attempts;
        Read(transaction, "k");
        VARVE_RETURN_IF_ERROR(Kv(transaction).Put("other", "x"));
        Put("k", std::to_string(attempts));
        return absl::OkStatus();
      },
      {.attempts_max = 3});
  EXPECT_TRUE(absl::IsAborted(receipt.status()));
  EXPECT_EQ(attempts, 3);
}

TEST_F(TransactionTest, IncrementsOfManyThreadsAllCount) {
  constexpr int kThreads = 4;
  constexpr int kEach = 50;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < kEach; ++n) {
        const auto receipt = store_->Update(
            [](Transaction& transaction) { return Kv(transaction).Increment("n").status(); },
            {.attempts_max = 100000});
        EXPECT_TRUE(receipt.ok()) << receipt.status();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Get("n"), std::to_string(kThreads * kEach));
}

}  // namespace
}  // namespace varve
