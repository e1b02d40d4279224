#include "kernel/wal/segment_supply.h"

#include <gtest/gtest.h>

#include "tests/kernel/wal/log_fixture.h"

namespace varve::wal {
namespace {

using crash::CallKind;
using crash::CrashChoice;
using crash::Fault;

class SegmentSupplyTest : public testing::Test {
 protected:
  std::uint64_t BytesOf(const std::string& path) { return harness_.files().Stat(path)->bytes; }

  LogHarness harness_;
  const std::string path_ = "wal/0000000000000005.wal";
};

TEST_F(SegmentSupplyTest, APreparedSegmentIsDurableZeros) {
  ASSERT_TRUE(PrepareSegment(harness_.environment.environment(), kFolder, 5, 40960).ok());
  harness_.environment.CutPower(CrashChoice::Nothing());
  EXPECT_EQ(harness_.files().Contents().at(path_), std::string(40960, '\0'));
}

TEST_F(SegmentSupplyTest, EachHasASaltOfItsOwn) {
  const auto first = PrepareSegment(harness_.environment.environment(), kFolder, 5, 8192);
  const auto second = PrepareSegment(harness_.environment.environment(), kFolder, 6, 8192);
  EXPECT_NE(first->salt, second->salt);
}

TEST_F(SegmentSupplyTest, AFailureLeavesNoFile) {
  for (const CallKind kind : {CallKind::kWrite, CallKind::kSync, CallKind::kSyncDirectory}) {
    Fault fault;
    fault.kind = kind;
    harness_.files().AddFault(fault);
    EXPECT_FALSE(PrepareSegment(harness_.environment.environment(), kFolder, 5, 8192).ok());
    EXPECT_TRUE(harness_.files().List(kFolder)->empty());
  }
}

TEST_F(SegmentSupplyTest, TakesTheOrderedOneOrMakesOne) {
  for (const bool background : {true, false}) {
    SegmentSupply supply(harness_.environment.environment(), kFolder, background);
    supply.Order(5, 8192);
    const auto ordered = supply.Take(5, 16384, 8192);
    ASSERT_TRUE(ordered.ok());
    EXPECT_EQ(ordered->bytes, background ? 8192u : 16384u);
    const auto fresh = supply.Take(6, 16384, 8192);
    ASSERT_TRUE(fresh.ok());
    EXPECT_EQ(fresh->bytes, 16384u);
    ASSERT_TRUE(supply.Stop().ok());
    ASSERT_TRUE(harness_.files().Remove(path_).ok());
    ASSERT_TRUE(harness_.files().Remove("wal/0000000000000006.wal").ok());
  }
}

TEST_F(SegmentSupplyTest, AnOrderedOneThatIsTooSmallGrows) {
  SegmentSupply supply(harness_.environment.environment(), kFolder, true);
  supply.Order(5, 8192);
  const auto taken = supply.Take(5, 40960, 40960);
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(taken->bytes, 40960u);
  EXPECT_EQ(BytesOf(path_), 40960u);
}

TEST_F(SegmentSupplyTest, AFailedOrderIsTriedAgainWhenItIsNeeded) {
  Fault fault;
  fault.kind = CallKind::kSync;
  harness_.files().AddFault(fault);
  SegmentSupply supply(harness_.environment.environment(), kFolder, true);
  supply.Order(5, 8192);
  EXPECT_TRUE(supply.Take(5, 8192, 8192).ok());
  EXPECT_EQ(harness_.files().faults_fired(), 1u);
}

TEST_F(SegmentSupplyTest, StoppingRemovesWhatNobodyTook) {
  SegmentSupply supply(harness_.environment.environment(), kFolder, true);
  supply.Order(5, 8192);
  EXPECT_TRUE(supply.Stop().ok());
  EXPECT_TRUE(supply.Stop().ok());
  EXPECT_FALSE(supply.Take(5, 8192, 8192).ok());
  EXPECT_TRUE(harness_.files().List(kFolder)->empty());
}

}  // namespace
}  // namespace varve::wal
