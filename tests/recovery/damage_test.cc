// Torn tails, damage, and what is left when files go missing. Rules: docs/format/wal.md, WAL-T*.
// Tests: recovery/log_scan.cc
// Tests: recovery/base.cc
#include <gmock/gmock.h>

#include "kernel/base/status.h"
#include "snapshot/layout.h"
#include "tests/recovery/recovery_fixture.h"

namespace varve {
namespace {

class DamageTest : public RecoveryFixture {
 protected:
  // The refusal every damage gets: kDataLoss with its place, and not a byte changed (O12).
  Damage ExpectRefused() {
    const auto before = AllBytes();
    const absl::Status status = TryOpen();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_EQ(AllBytes(), before);
    const std::optional<Damage> damage = DamageOf(status);
    EXPECT_TRUE(damage.has_value()) << status;
    return damage.value_or(Damage());
  }
  std::filesystem::path LastSegment() { return Files("wal").back(); }
  // Where the zeros begin behind the last record of a segment.
  static std::size_t EndOf(const std::filesystem::path& segment) {
    const std::string bytes = Bytes(segment);
    const std::size_t last = bytes.find_last_not_of('\0');
    return (last + 8) / 8 * 8;
  }
  // The newest segment that holds records.
  std::filesystem::path UsedSegment() {
    std::filesystem::path used;
    for (const auto& path : Files("wal")) {
      if (EndOf(path) > 4096) used = path;
    }
    return used;
  }
};

TEST_F(DamageTest, UnprovenLastRecordThatIsTornIsDiscardedAndReported) {
  Open();
  PutMany(0, 10);
  Kill();
  FlipByte(UsedSegment(), EndOf(UsedSegment()) - 16);
  Open();
  EXPECT_GT(opened_.report.torn_tail_bytes, 0u);
  EXPECT_EQ(Count(), 9u);
  EXPECT_EQ(Get("k9"), std::nullopt);
}

TEST_F(DamageTest, DiscardedTailNeverReturns) {
  Open();
  PutMany(0, 10);
  Kill();
  const auto torn = UsedSegment();
  const std::string intact = Bytes(torn);
  FlipByte(torn, EndOf(torn) - 16);
  Open();
  EXPECT_EQ(Count(), 9u);
  Put("after", "x");
  Kill();
  SetBytes(torn, intact);  // the old sector comes back
  Open();
  EXPECT_EQ(Get("k9"), std::nullopt);
  EXPECT_EQ(Get("after"), "x");
}

TEST_F(DamageTest, RecordThatALaterOneProvesDurableIsDamage) {
  Open();
  PutMany(0, 10);
  Kill();
  FlipByte(UsedSegment(), 4096 + 200);
  const Damage damage = ExpectRefused();
  EXPECT_EQ(damage.kind, Damage::Kind::kCorrupt);
  EXPECT_EQ(damage.file, UsedSegment().string());
  EXPECT_FALSE(damage.evidence.empty());
}

TEST_F(DamageTest, LastRecordOfACleanCloseIsDamageNotATornTail) {
  options_.snapshots.log_bytes_min = 1 << 30;
  Open();
  PutMany(0, 10);
  Close();
  FlipByte(UsedSegment(), EndOf(UsedSegment()) - 16);
  std::filesystem::remove(directory_ / "state.mdb");
  ExpectRefused();
}

TEST_F(DamageTest, LogCutBelowWhatTheCheckpointHoldsIsDamage) {
  Open();
  PutMany(0, 10);
  ASSERT_TRUE(opened_.store->Checkpoint().ok());
  Kill();
  std::string bytes = Bytes(UsedSegment());
  bytes.resize(4096 + 300);
  SetBytes(UsedSegment(), bytes);
  EXPECT_THAT(ExpectRefused().evidence, testing::Not(testing::IsEmpty()));
}

// state.mdb holds everything, and still: a log that is gone is not begun anew without a word.
TEST_F(DamageTest, ALogThatIsGoneAsAWholeIsMissingThoughItsBaseHasEverything) {
  Open();
  PutMany(0, 20);
  Close();
  for (const auto& segment : Files("wal")) std::filesystem::remove(segment);
  const absl::Status status = TryOpen();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  const std::optional<Damage> damage = DamageOf(status);
  ASSERT_TRUE(damage.has_value());
  EXPECT_EQ(damage->kind, Damage::Kind::kMissing);
  EXPECT_TRUE(damage->file.ends_with("wal/0000000000000001.wal")) << damage->file;
  EXPECT_NE(damage->evidence.find("MANIFEST"), std::string::npos) << damage->evidence;
}

TEST_F(DamageTest, MissingMiddleSegmentIsDamage) {
  Open();
  const std::string value(5000, 'v');
  PutMany(0, 60, value);
  Kill();
  ASSERT_GE(Files("wal").size(), 4u);
  std::filesystem::remove(Files("wal")[2]);
  ExpectRefused();
}

TEST_F(DamageTest, MissingFirstSegmentIsDamageWhenItIsNeeded) {
  Open();
  const std::string value(5000, 'v');
  PutMany(0, 60, value);
  Kill();
  std::filesystem::remove(Files("wal").front());
  std::filesystem::remove(directory_ / "state.mdb");
  ExpectRefused();
}

TEST_F(DamageTest, SealedSegmentCutShortIsDamage) {
  Open();
  const std::string value(5000, 'v');
  PutMany(0, 60, value);
  Kill();
  std::string bytes = Bytes(Files("wal").front());
  bytes.resize(bytes.size() / 2);
  SetBytes(Files("wal").front(), bytes);
  std::filesystem::remove(directory_ / "state.mdb");
  ExpectRefused();
}

TEST_F(DamageTest, DamagedSegmentHeaderIsDamage) {
  Open();
  PutMany(0, 10);
  Kill();
  FlipByte(UsedSegment(), 40);
  ExpectRefused();
}

TEST_F(DamageTest, SegmentOfAnotherStoreIsRefused) {
  Open();
  PutMany(0, 3);
  Close();
  const std::string foreign = Bytes(UsedSegment());
  std::filesystem::remove_all(directory_);
  Open();
  PutMany(0, 3);
  Kill();
  SetBytes(UsedSegment(), foreign);
  EXPECT_EQ(ExpectRefused().kind, Damage::Kind::kForeign);
}

TEST_F(DamageTest, DamagedStateFileIsRebuiltWhateverIsWrongWithIt) {
  Open();
  PutMany(0, 200);
  Close();
  const std::string state = Bytes(directory_ / "state.mdb");
  for (const std::string& bad :
       {std::string(), std::string(100, 'x'), std::string(8192, '\0'), state.substr(0, 9000)}) {
    SetBytes(directory_ / "state.mdb", bad);
    Open();
    EXPECT_TRUE(opened_.report.materialized_rebuilt);
    EXPECT_EQ(Count(), 200u);
    Close();
  }
}

TEST_F(DamageTest, DamagedSnapshotFallsBackToTheOlderOneAndTheLog) {
  Open();
  PutMany(0, 20);
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  PutMany(20, 40);
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  PutMany(40, 50);
  Kill();
  ASSERT_EQ(Files("snapshots").size(), 2u);
  FlipByte(Files("snapshots").back(), Bytes(Files("snapshots").back()).size() / 2);
  std::filesystem::remove(directory_ / "state.mdb");
  Open();
  EXPECT_EQ(opened_.report.base, RecoveryReport::Base::kSnapshot);
  EXPECT_FALSE(opened_.report.warnings.empty());
  EXPECT_EQ(Count(), 50u);
}

// A wrong bit in the version reads as a later format: refused only where nothing else serves.
TEST_F(DamageTest, SnapshotOfALaterVersionFallsBackToTheOlderOneAndTheLog) {
  Open();
  PutMany(0, 30);
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  PutMany(30, 60);
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  Close();
  std::filesystem::remove(directory_ / "state.mdb");
  FlipByte(Files("snapshots").back(), snapshot::HeaderLayout::kVersionOffset);
  Open();
  EXPECT_EQ(Count(), 60u);
  EXPECT_THAT(opened_.report.warnings,
              testing::Contains(testing::HasSubstr("snapshot passed over")));
}

TEST_F(DamageTest, AllSnapshotsDamagedAndTheLogTrimmedIsRefused) {
  options_.snapshots.retained = 1;
  Open();
  const std::string value(5000, 'v');
  PutMany(0, 60, value);
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  Put("more", "x");
  Kill();
  ASSERT_EQ(Files("snapshots").size(), 1u);
  FlipByte(Files("snapshots").front(), Bytes(Files("snapshots").front()).size() / 2);
  std::filesystem::remove(directory_ / "state.mdb");
  ExpectRefused();
}

// It read as kNotFound: as if there were no store.
TEST_F(DamageTest, TheOnlySnapshotMissingIsDamageAndNotAMissingStore) {
  options_.snapshots.retained = 1;
  Open();
  const std::string value(5000, 'v');
  PutMany(0, 60, value);
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  Kill();
  ASSERT_EQ(Files("snapshots").size(), 1u);
  std::filesystem::remove(Files("snapshots").front());
  std::filesystem::remove(directory_ / "state.mdb");
  EXPECT_EQ(ExpectRefused().kind, Damage::Kind::kMissing);
}

TEST_F(DamageTest, DeletedStateIsRebuiltFromSnapshotAndLog) {
  Open();
  PutMany(0, 20);
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  PutMany(20, 40);
  Close();
  std::filesystem::remove(directory_ / "state.mdb");
  Open();
  EXPECT_EQ(opened_.report.base, RecoveryReport::Base::kSnapshot);
  EXPECT_EQ(Count(), 40u);
}

TEST_F(DamageTest, OneBadManifestSlotIsSurvivedTwoAreRefused) {
  Open();
  PutMany(0, 5);
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  Close();
  const std::string manifest = Bytes(directory_ / "MANIFEST");
  std::string bad = manifest;
  bad[100] = static_cast<char>(bad[100] ^ 1);
  SetBytes(directory_ / "MANIFEST", bad);
  Open();
  EXPECT_EQ(opened_.report.warnings.size(), 1u);
  EXPECT_EQ(Count(), 5u);
  Close();
  bad = manifest;
  bad[100] = static_cast<char>(bad[100] ^ 1);
  bad[4096 + 100] = static_cast<char>(bad[4096 + 100] ^ 1);
  SetBytes(directory_ / "MANIFEST", bad);
  ExpectRefused();
}

}  // namespace
}  // namespace varve
