#include "snapshot/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/snapshot/snapshot_fixture.h"

namespace varve::snapshot {
namespace {

using ::testing::UnorderedElementsAre;

RetainedSnapshot At(std::uint64_t lsn, std::uint64_t bytes = 1) { return {Lsn(lsn), bytes, {}}; }

TEST(Retention, KeepsTheLogWholeWhileThereAreFewerSnapshotsThanWanted) {
  EXPECT_EQ(PlanRetention({}, At(5), 2), (RetentionPlan{{At(5)}, Lsn()}));
  EXPECT_EQ(PlanRetention({}, At(5), 1), (RetentionPlan{{At(5)}, Lsn(5)}));
  EXPECT_EQ(PlanRetention({At(5)}, At(9), 3), (RetentionPlan{{At(5), At(9)}, Lsn()}));
}

TEST(Retention, KeepsTheNewestAndTheLogBackToTheOldestOfThem) {
  EXPECT_EQ(PlanRetention({At(5)}, At(9), 2), (RetentionPlan{{At(5), At(9)}, Lsn(5)}));
  EXPECT_EQ(PlanRetention({At(5), At(9)}, At(12), 2), (RetentionPlan{{At(9), At(12)}, Lsn(9)}));
  EXPECT_EQ(PlanRetention({At(1), At(5), At(9)}, At(12), 1), (RetentionPlan{{At(12)}, Lsn(12)}));
}

TEST(Retention, ASnapshotOfTheSameLsnReplacesTheOneBefore) {
  EXPECT_EQ(PlanRetention({At(5), At(9)}, At(9, 7), 2), (RetentionPlan{{At(5), At(9, 7)}, Lsn(5)}));
}

class RetentionFiles : public SnapshotFixture {};

TEST_F(RetentionFiles, OnlyOurFilesThatNobodyNeedsAreRemoved) {
  const std::string folder = "store/snapshots/";
  for (const std::string& name :
       {SnapshotFileName(Lsn(5)), SnapshotFileName(Lsn(9)), SnapshotFileName(Lsn(12)),
        SnapshotFileName(Lsn(9)) + ".new", SnapshotFileName(Lsn(77)) + ".new",
        std::string("notes.txt"), std::string("backup.snapshot"), std::string("x.new")}) {
    SetFileBytes(folder + name, "x");
  }
  ASSERT_TRUE(RemoveDroppedSnapshots(*outside_.files, "store/snapshots", {At(9), At(12)}).ok());
  EXPECT_THAT(
      FileNames(),
      UnorderedElementsAre(folder + SnapshotFileName(Lsn(9)), folder + SnapshotFileName(Lsn(12)),
                           folder + "notes.txt", folder + "backup.snapshot", folder + "x.new"));
}

}  // namespace
}  // namespace varve::snapshot
