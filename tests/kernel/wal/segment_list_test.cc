// ListSegments against folders that are not as a writer left them.
#include <gtest/gtest.h>

#include <string>

#include "kernel/base/status.h"
#include "kernel/wal/reader.h"
#include "tests/kernel/wal/log_fixture.h"

namespace varve::wal {
namespace {

using crash::CallKind;
using crash::Fault;

std::string PathOf(std::uint64_t number) { return JoinPath(kFolder, SegmentFileName(number)); }

// Three segments, the last with room to spare.
class WalList : public testing::Test {
 protected:
  void SetUp() override {
    harness_.Open(harness_.InlineOptions());
    for (std::uint64_t i = 0; i < 12; ++i) harness_.Commit(LargeBody(4000, i));
    harness_.log.reset();
    number_ = List()->back().number;
    ASSERT_GE(number_, 3u);
  }

  absl::StatusOr<std::vector<SegmentFile>> List() {
    return ListSegments(harness_.files(), kFolder, TestStore());
  }

  void ExpectDamage(Damage::Kind kind, std::uint64_t number) {
    const auto listed = List();
    ASSERT_EQ(listed.status().code(), absl::StatusCode::kDataLoss) << listed.status();
    const auto damage = DamageOf(listed.status());
    ASSERT_TRUE(damage.has_value());
    EXPECT_EQ(damage->kind, kind);
    EXPECT_EQ(damage->file, PathOf(number));
  }

  void WriteFile(std::uint64_t number, const std::string& bytes) {
    const auto file = harness_.files().Open(PathOf(number), OpenMode::kCreate);
    ASSERT_TRUE(file.ok() && (*file)->WriteAt(0, bytes).ok());
  }

  void Overwrite(std::uint64_t number, std::uint64_t offset, const std::string& bytes) {
    const auto file = harness_.files().Open(PathOf(number), OpenMode::kWrite);
    ASSERT_TRUE(file.ok() && (*file)->WriteAt(offset, bytes).ok());
  }

  LogHarness harness_;
  std::uint64_t number_ = 0;  // of the newest
};

// WAL-S7
TEST_F(WalList, EachSegmentKnowsWhereItEndsButTheNewest) {
  const auto segments = List();
  ASSERT_TRUE(segments.ok()) << segments.status();
  for (const SegmentFile& segment : *segments) {
    EXPECT_EQ(segment.stated_end.has_value(), segment.number != number_);
  }
}

TEST_F(WalList, OtherFilesAreIgnored) {
  ASSERT_TRUE(harness_.files().Open("wal/notes.txt", OpenMode::kCreate).ok());
  ASSERT_TRUE(harness_.files().Open("wal/0000000000000001.wal~", OpenMode::kCreate).ok());
  EXPECT_EQ(List()->size(), number_);
}

// WAL-S8
TEST_F(WalList, AMissingMiddleSegmentIsDamage) {
  ASSERT_TRUE(harness_.files().Remove(PathOf(2)).ok());
  ExpectDamage(Damage::Kind::kMissing, 2);
}

// WAL-S8
TEST_F(WalList, MissingOldestSegmentsWereTrimmed) {
  ASSERT_TRUE(harness_.files().Remove(PathOf(1)).ok());
  EXPECT_EQ(List()->front().number, 2u);
}

// WAL-S6
TEST_F(WalList, ARenamedSegmentIsDamage) {
  ASSERT_TRUE(harness_.files().Rename(PathOf(number_), PathOf(number_ + 1)).ok());
  ASSERT_TRUE(harness_.files().Rename(PathOf(number_ - 1), PathOf(number_)).ok());
  ASSERT_TRUE(harness_.files().Rename(PathOf(1), PathOf(number_ - 1)).ok());
  ExpectDamage(Damage::Kind::kForeign, number_ - 1);
}

// WAL-S6
TEST_F(WalList, ASegmentOfAnotherStoreIsDamage) {
  const auto listed = ListSegments(harness_.files(), kFolder, Uuid());
  ASSERT_TRUE(DamageOf(listed.status()).has_value());
  EXPECT_EQ(DamageOf(listed.status())->kind, Damage::Kind::kForeign);
}

// WAL-S4
TEST_F(WalList, ABadHeaderOfAnOlderSegmentIsDamage) {
  Overwrite(1, 60, "damage");
  ExpectDamage(Damage::Kind::kCorrupt, 1);
}

// WAL-S10
TEST_F(WalList, ABadHeaderOfTheNewestWithRecordsBehindItIsDamage) {
  Overwrite(number_, 60, "damage");
  ExpectDamage(Damage::Kind::kCorrupt, number_);
}

// WAL-S10
TEST_F(WalList, TheNewestMayBePreparedAndUnused) {
  WriteFile(number_ + 1, std::string(16 << 10, '\0'));
  const auto segments = List();
  ASSERT_TRUE(segments.ok()) << segments.status();
  EXPECT_TRUE(segments->back().unused);
  EXPECT_FALSE((*segments)[number_ - 1].stated_end.has_value());
}

// WAL-S10
TEST_F(WalList, TheNewestMayBeEmptyOrTornInItsHeader) {
  WriteFile(number_ + 1, "");
  EXPECT_TRUE(List()->back().unused);
  ASSERT_TRUE(harness_.files().Remove(PathOf(number_ + 1)).ok());
  SegmentHeader header = List()->back().header;
  header.predecessor = {number_, 5000, Lsn(12), 1};
  header.number = number_ + 1;
  header.first_lsn = Lsn(13);
  std::string page = EncodeSegmentHeader(header);
  page.replace(64, 64, 64, '\0');
  WriteFile(number_ + 1, page + std::string(8192, '\0'));
  EXPECT_TRUE(List()->back().unused);
}

// WAL-S10
TEST_F(WalList, AnUnusedSegmentBeforeTheNewestIsDamage) {
  WriteFile(number_ + 1, std::string(16 << 10, '\0'));
  WriteFile(number_ + 2, std::string(16 << 10, '\0'));
  ExpectDamage(Damage::Kind::kCorrupt, number_ + 1);
}

// WAL-S7
TEST_F(WalList, AFileShorterThanItsSuccessorSaysIsDamage) {
  const auto segments = List();
  const std::uint64_t end = (*segments)[0].stated_end->end_offset;
  const auto file = harness_.files().Open(PathOf(1), OpenMode::kWrite);
  ASSERT_TRUE((*file)->Truncate(end).ok());
  EXPECT_TRUE(List().ok());
  ASSERT_TRUE((*file)->Truncate(end - 1).ok());
  ExpectDamage(Damage::Kind::kMissing, 1);
}

// WAL-S3
TEST_F(WalList, ANewerFormatIsUnimplemented) {
  Overwrite(2, SegmentLayout::kVersionOffset, std::string("\2\0\0\0", 4));
  EXPECT_EQ(List().status().code(), absl::StatusCode::kUnimplemented);
}

// WAL-T3
TEST_F(WalList, AnUnreadableHeaderIsDamageAndNoUnusedSegment) {
  Fault fault;
  fault.kind = CallKind::kRead;
  fault.path_contains = SegmentFileName(number_);
  harness_.files().AddFault(fault);
  ExpectDamage(Damage::Kind::kUnreadable, number_);
}

TEST_F(WalList, AMissingFolderIsNotFound) {
  EXPECT_EQ(ListSegments(harness_.files(), "nowhere", TestStore()).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace varve::wal
