// What a store counts of its commits and reads. Tests: kernel/internal/store_stats.cc
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "kernel/internal/store_metrics.h"
#include "kernel/metrics.h"
#include "primitives/event/event.h"
#include "tests/kernel/store_fixture.h"

namespace varve {
namespace {

class StoreStatsTest : public StoreFixture {
 protected:
  [[nodiscard]] std::uint64_t Value(const MetricSpec& spec) const {
    return store_->Stats().Value(spec);
  }
  [[nodiscard]] std::uint64_t Measured(const MetricSpec& spec) const {
    const StoreStats stats = store_->Stats();
    const HistogramValue* const found = stats.Distribution(spec);
    EXPECT_NE(found, nullptr) << spec.name;
    return found == nullptr ? 0 : found->count;
  }
};

TEST_F(StoreStatsTest, CommitsAreCountedByWhatTheyWaitFor) {
  for (int i = 0; i < 3; ++i) Put("durable", "v");
  for (int i = 0; i < 2; ++i) {
    Transaction buffered = Begin();
    ASSERT_TRUE(Kv(buffered).Put("buffered", "v").ok());
    ASSERT_TRUE(buffered.Commit(Durability::kBuffered).ok());
  }
  Transaction async = Begin();
  ASSERT_TRUE(Kv(async).Put("async", "v").ok());
  ASSERT_TRUE(async.CommitAsync()->Wait().ok());
  EXPECT_EQ(Value(metric::kCommitsDurable), 3u);
  EXPECT_EQ(Value(metric::kCommitsBuffered), 2u);
  EXPECT_EQ(Value(metric::kCommitsAsync), 1u);
  EXPECT_EQ(Value(metric::kLogRecords), 6u);
  EXPECT_EQ(Value(metric::kVisibleLsn), 6u);
}

TEST_F(StoreStatsTest, ACommitOfNothingIsNone) {
  ASSERT_TRUE(Begin().Commit().ok());
  EXPECT_EQ(Value(metric::kCommitsDurable), 0u);
}

TEST_F(StoreStatsTest, OnlyDurableCommitsAreTimed) {
  Put("a", "1");
  Transaction buffered = Begin();
  ASSERT_TRUE(Kv(buffered).Put("b", "2").ok());
  ASSERT_TRUE(buffered.Commit(Durability::kBuffered).ok());
  EXPECT_EQ(Measured(metric::kCommitDuration), 1u);
}

TEST_F(StoreStatsTest, WithoutTimingsNothingIsTimedAndEverythingCounted) {
  StoreOptions options;
  options.timings = false;
  Open(options);
  Put("a", "1");
  ASSERT_TRUE(store_->Checkpoint().ok());
  EXPECT_EQ(Measured(metric::kCommitDuration), 0u);
  EXPECT_EQ(Measured(metric::kCheckpointDuration), 0u);
  EXPECT_EQ(Value(metric::kCommitsDurable), 1u);
  EXPECT_EQ(Value(metric::kCheckpoints), 1u);
}

TEST_F(StoreStatsTest, AConflictIsCountedByWhatHadChanged) {
  Put("a", "1");
  Transaction by_row = Begin();
  EXPECT_EQ(Read(by_row, "a"), "1");
  ASSERT_TRUE(Kv(by_row).Put("b", "2").ok());
  Transaction by_range = Begin();
  EXPECT_EQ(*Kv(by_range).Count(), 1u);
  ASSERT_TRUE(Kv(by_range).Put("c", "3").ok());
  Put("a", "changed");
  EXPECT_TRUE(absl::IsAborted(by_row.Commit().status()));
  EXPECT_TRUE(absl::IsAborted(by_range.Commit().status()));
  EXPECT_EQ(Value(metric::kConflictsRow), 1u);
  EXPECT_EQ(Value(metric::kConflictsRange), 1u);
  EXPECT_EQ(Value(metric::kConflictsApply), 0u);
  EXPECT_EQ(Value(metric::kCommitsDurable), 2u);
}

TEST_F(StoreStatsTest, WhatIsAppliedAgainIsNoConflict) {
  const auto append = [](Transaction& transaction) {
    return Events(transaction).Append("stream", "type", "{}").status();
  };
  ASSERT_TRUE(store_->Update(append).ok());
  const std::uint64_t before = Value(metric::kReapplied);
  Transaction late = Begin();
  ASSERT_TRUE(append(late).ok());
  ASSERT_TRUE(store_->Update(append).ok());
  ASSERT_TRUE(late.Commit().ok());
  EXPECT_GT(Value(metric::kReapplied), before);
  EXPECT_EQ(Value(metric::kConflictsRow), 0u);
}

TEST_F(StoreStatsTest, OpenViewsAndTransactionsAreCounted) {
  EXPECT_EQ(Value(metric::kReadersOpen), 0u);
  {
    const auto view = store_->View();
    const Transaction transaction = Begin();
    EXPECT_EQ(Value(metric::kReadersOpen), 2u);
  }
  EXPECT_EQ(Value(metric::kReadersOpen), 0u);
  EXPECT_EQ(Value(metric::kReaderOldestAge), 0u);
  const std::uint64_t made = Value(metric::kReadersMade);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Get("a"), std::nullopt);
  EXPECT_EQ(Value(metric::kReadersMade), made);  // all from the pool
}

TEST_F(StoreStatsTest, CheckpointsAreCountedWithTheirRows) {
  Put("a", "1");
  Put("a", "2");
  Put("b", "1");
  EXPECT_GT(Value(metric::kMemtableActive), 0u);
  ASSERT_TRUE(store_->Checkpoint().ok());
  ASSERT_TRUE(store_->Checkpoint().ok());  // nothing to do: none
  EXPECT_EQ(Value(metric::kCheckpoints), 1u);
  const std::uint64_t rows = Value(metric::kCheckpointRows);
  EXPECT_EQ(rows, Value(metric::kStateRows));
  EXPECT_GE(rows, 2u);
  EXPECT_GT(Value(metric::kCheckpointBytes), 0u);
  EXPECT_EQ(Measured(metric::kCheckpointDuration), 1u);
  EXPECT_EQ(Value(metric::kAppliedLsn), 3u);
}

TEST_F(StoreStatsTest, WritersThatAreSlowedDownAreMeasured) {
  StoreOptions options;
  options.memtable_bytes = 1 << 10;
  options.backpressure_ratio = 0.001;
  Open(options);
  for (int i = 0; i < 20; ++i) Put("k" + std::to_string(i), std::string(1000, 'v'));
  EXPECT_GT(Measured(metric::kBackpressureWait), 0u);
}

TEST_F(StoreStatsTest, AClosedStoreStillAnswersAndRefusalsAreCounted) {
  Put("a", "1");
  Transaction late = Begin();
  ASSERT_TRUE(Kv(late).Put("b", "2").ok());
  ASSERT_TRUE(store_->Close().ok());
  EXPECT_FALSE(late.Commit().ok());
  const StoreStats stats = store_->Stats();
  EXPECT_EQ(stats.Value(metric::kCommitsDurable), 1u);
  EXPECT_EQ(stats.Value(metric::kRefusedNotWritable), 1u);
  EXPECT_EQ(stats.Value(metric::kPoisoned), 0u);
}

TEST_F(StoreStatsTest, StatsMayBeAskedWhileManyWrite) {
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([this, writer] {
      for (int i = 0; i < 100; ++i) Put(std::to_string(writer * 1000 + i), "v");
    });
  }
  std::uint64_t seen = 0;
  while (seen < 400) {
    const std::uint64_t now = Value(metric::kCommitsDurable);
    ASSERT_GE(now, seen);
    seen = now;
    EXPECT_TRUE(store_->Checkpoint().ok());
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(Value(metric::kCommitsDurable), 400u);
  EXPECT_EQ(Measured(metric::kCommitDuration), 400u);
}

TEST(StoreStats, WhatIsNotThereIsZeroOrNull) {
  StoreStats stats;
  EXPECT_EQ(stats.Value(metric::kCommitsDurable), 0u);
  EXPECT_EQ(stats.Distribution(metric::kLogSync), nullptr);
  stats.Add(metric::kCommitsBuffered, 7);
  EXPECT_EQ(stats.Value(metric::kCommitsBuffered), 7u);
  EXPECT_EQ(stats.Value(metric::kCommitsDurable), 0u);
  EXPECT_EQ(stats.Distribution(metric::kCommitsBuffered), nullptr);
}

}  // namespace
}  // namespace varve
