// What a damaged snapshot file may do to its reader: make it refuse, and nothing else.
#include <gtest/gtest.h>

#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "snapshot/codec.h"
#include "snapshot/layout.h"
#include "tests/snapshot/snapshot_fixture.h"

namespace varve::snapshot {
namespace {

class SnapshotDamageTest : public SnapshotFixture {
 protected:
  SnapshotDamageTest() {
    state_.Put(16, 0, "alpha", "one", 1);
    state_.Put(16, 1, "beta", std::string(400, 'b'), 2);  // a compressed chunk
    state_.Put(17, 0, "gamma", "three", 3);
    EXPECT_TRUE(Write().ok());
    good_ = FileBytes();
  }

  // A file of these bytes in place of the good one, without the cost of a sync for each.
  void Set(const std::string& bytes) { SetFileBytes(bytes); }

  // Whether anything but a refusal comes of the file; a refusal is typed and names the file.
  ::testing::AssertionResult IsRefused() {
    const absl::Status verified = Verify();
    if (verified.ok()) return ::testing::AssertionFailure() << "Verify accepts it";
    if (!absl::IsDataLoss(verified) && !absl::IsUnimplemented(verified)) {
      return ::testing::AssertionFailure() << verified;
    }
    if (absl::IsDataLoss(verified) && (!DamageOf(verified) || DamageOf(verified)->file != kPath)) {
      return ::testing::AssertionFailure() << "no Damage: " << verified;
    }
    return ::testing::AssertionSuccess();
  }

  // Load on its own, without the digest, never gives other rows than were saved.
  ::testing::AssertionResult LoadsNothingElse() {
    Rows rows;
    if (!Load(registry_, rows).ok() || rows == state_.rows) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "Load gives other rows";
  }

  // Writes the checksum of the header again, over changed bytes.
  static void FixHeader(std::string& bytes) {
    const auto length = LoadLittleEndian<std::uint32_t>(bytes.data() + 12);
    StoreLittleEndian(bytes.data() + length - 4, Crc32c(bytes.substr(0, length - 4)));
  }
  // Likewise the footer's.
  static void FixFooter(std::string& bytes) {
    const auto salt = LoadLittleEndian<std::uint64_t>(bytes.data() + HeaderLayout::kSaltOffset);
    const std::size_t trailer = bytes.size() - TrailerLayout::kBytes;
    const auto count = LoadLittleEndian<std::uint32_t>(bytes.data() + trailer + 32);
    if (count * TableEntryLayout::kBytes > trailer) return;  // refused before the checksum
    const std::size_t table = trailer - count * TableEntryLayout::kBytes;
    const std::uint32_t crc = ExtendCrc32c(
        ExtendCrc32c(0, salt), std::string_view(bytes).substr(table, trailer - table + 52));
    StoreLittleEndian(bytes.data() + trailer + TrailerLayout::kChecksumOffset, crc);
  }

  std::string good_;
};

// 0 silent of all.
TEST_F(SnapshotDamageTest, EverySingleBitFlipIsRefused) {
  for (std::size_t bit = 0; bit < good_.size() * 8; ++bit) {
    std::string bad = good_;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    Set(bad);
    ASSERT_TRUE(IsRefused()) << "bit " << bit;
    ASSERT_TRUE(LoadsNothingElse()) << "bit " << bit;
  }
  RecordProperty("flips", static_cast<int>(good_.size() * 8));
}

TEST_F(SnapshotDamageTest, TruncationAtEveryByteIsRefused) {
  for (std::size_t size = 0; size < good_.size(); ++size) {
    Set(good_.substr(0, size));
    ASSERT_TRUE(IsRefused()) << size;
    ASSERT_FALSE(ReadSnapshotInfo(*outside_.files, kPath).ok()) << size;
  }
}

// SNAP-1 SNAP-F4
TEST_F(SnapshotDamageTest, TrailingBytesAreRefused) {
  for (const std::string& more : {std::string(1, '\0'), std::string(64, '\0'), good_}) {
    Set(good_ + more);
    EXPECT_TRUE(IsRefused());
  }
}

// SNAP-K3: two intact chunks, each in the other's place.
TEST_F(SnapshotDamageTest, ChunksOfTheSameSizeCannotBeSwapped) {
  state_.rows.clear();
  for (unsigned i = 0; i < 4; ++i) state_.Put(16, 0, std::to_string(i), Noise(60'000, i), i);
  ASSERT_TRUE(Write().ok());
  std::string bytes = FileBytes();
  const std::size_t first = 120 + SectionHeaderLayout::kBytes;
  const std::size_t chunk = ChunkLayout::kBytes + kChunkRawBytesMax;
  std::swap_ranges(bytes.begin() + first, bytes.begin() + first + chunk,
                   bytes.begin() + first + chunk);
  Set(bytes);
  EXPECT_TRUE(IsRefused());
}

// SNAP-H2: what a newer program wrote is not damage.
TEST_F(SnapshotDamageTest, ANewerVersionIsUnimplementedWhateverItsChecksum) {
  std::string newer = good_;
  newer[HeaderLayout::kVersionOffset] = 2;
  Set(newer);
  EXPECT_TRUE(absl::IsUnimplemented(Verify())) << Verify();
  FixHeader(newer);
  Set(newer);
  EXPECT_TRUE(absl::IsUnimplemented(Verify())) << Verify();
  EXPECT_NE(Verify().ToString().find(kPath), std::string::npos);
}

// SNAP-H3: flags and kinds.
TEST_F(SnapshotDamageTest, UnknownFeaturesAreRefusedUnlessTheyAreCompatible) {
  const auto with = [this](std::size_t offset, char value) {
    std::string bytes = good_;
    bytes[offset] = value;
    FixHeader(bytes);
    Set(bytes);
    return Verify();
  };
  EXPECT_TRUE(with(HeaderLayout::kCompatibleFlagsOffset, 1).ok());
  EXPECT_TRUE(with(HeaderLayout::kReadCompatibleFlagsOffset, 1).ok());
  EXPECT_TRUE(absl::IsUnimplemented(with(HeaderLayout::kIncompatibleFlagsOffset, 1)));
  EXPECT_TRUE(absl::IsUnimplemented(with(HeaderLayout::kChecksumKindOffset, 2)));
  EXPECT_TRUE(absl::IsUnimplemented(with(HeaderLayout::kDigestKindOffset, 2)));
  EXPECT_TRUE(absl::IsDataLoss(with(HeaderLayout::kReservedOffset, 1)));
}

// Hostile lengths under right checksums: none is believed, so none costs memory or time.
TEST_F(SnapshotDamageTest, HostileLengthsInTheHeaderAreRefused) {
  const auto with = [this](std::size_t offset, std::uint32_t value) {
    std::string bytes = good_;
    StoreLittleEndian(bytes.data() + offset, value);
    if (offset != HeaderLayout::kHeaderLengthOffset) FixHeader(bytes);
    Set(bytes);
    return IsRefused();
  };
  for (const std::uint32_t value :
       {0u, 8u, 96u, 104u, 112u, 121u, 128u, 4096u, 98'304u, 98'312u, 0x7FFFFFF8u, 0xFFFFFFF8u}) {
    EXPECT_TRUE(with(HeaderLayout::kHeaderLengthOffset, value)) << value;
  }
  for (const std::uint32_t value : {0u, 1u, 3u, 255u, 256u, 0xFFFFFFFFu}) {
    EXPECT_TRUE(with(HeaderLayout::kSectionCountOffset, value)) << value;
    EXPECT_TRUE(with(HeaderLayout::kFingerprintCountOffset, value)) << value;
  }
}

// SNAP-F3
TEST_F(SnapshotDamageTest, HostileNumbersInTheFooterAreRefused) {
  const std::size_t trailer = good_.size() - TrailerLayout::kBytes;
  const std::size_t table = trailer - 2 * TableEntryLayout::kBytes;
  for (std::size_t offset = table; offset + 8 <= trailer + TrailerLayout::kChecksumOffset;
       offset += 8) {
    if (offset >= trailer && offset < trailer + TrailerLayout::kFileLengthOffset) continue;
    const auto before = LoadLittleEndian<std::uint64_t>(good_.data() + offset);
    for (const std::uint64_t value : {std::uint64_t{0}, before + 1, before - 1, before + 32,
                                      before << 1, std::uint64_t{1} << 40, ~std::uint64_t{0},
                                      ~std::uint64_t{0} - 31, std::uint64_t{1} << 63}) {
      if (value == before) continue;
      std::string bytes = good_;
      StoreLittleEndian(bytes.data() + offset, value);
      FixFooter(bytes);
      Set(bytes);
      ASSERT_TRUE(IsRefused()) << "offset " << offset - table << ", value " << value;
    }
  }
}

// SNAP-S2: table and section header must agree, also where both are intact by themselves.
TEST_F(SnapshotDamageTest, ASectionHeaderOfAnotherSectionIsRefused) {
  const Footer footer =
      *DecodeFooter(std::string_view(good_).substr(good_.size() - 64 - 2 * 32), 120,
                    LoadLittleEndian<std::uint64_t>(good_.data() + HeaderLayout::kSaltOffset));
  SectionRecord other = footer.sections[0];
  other.version = 2;
  std::string bytes = good_;
  bytes.replace(other.offset, SectionHeaderLayout::kBytes,
                EncodeSectionHeader(other, LoadLittleEndian<std::uint64_t>(
                                               good_.data() + HeaderLayout::kSaltOffset)));
  Set(bytes);
  EXPECT_TRUE(IsRefused());
  EXPECT_NE(Verify().ToString().find("contradicts"), std::string::npos);
}

// SNAP-D2: chunks that are right one by one, but not the content that was digested.
TEST_F(SnapshotDamageTest, AnotherDigestIsRefused) {
  std::string bytes = good_;
  const std::size_t digest = bytes.size() - TrailerLayout::kBytes;
  bytes[digest] = static_cast<char>(bytes[digest] ^ 1);
  FixFooter(bytes);
  Set(bytes);
  EXPECT_TRUE(ReadSnapshotInfo(*outside_.files, kPath).ok());
  EXPECT_TRUE(IsRefused());
}

// Found by the fuzz target snapshot_file: restored, such a store had lost its history.
TEST_F(SnapshotDamageTest, HistoryThatBeginsAfterTheSnapshotIsRefused) {  // SNAP-R8
  std::string bytes = good_;
  StoreLittleEndian(bytes.data() + HeaderLayout::kHistoryFromOffset, std::uint64_t{43});
  FixHeader(bytes);
  Set(bytes);
  EXPECT_TRUE(IsRefused());
  EXPECT_TRUE(absl::IsDataLoss(Verify())) << Verify();
}

// Found by the fuzz target snapshot_file: they were loaded, and nobody saw them.
TEST_F(SnapshotDamageTest, RowsFromAfterTheSnapshotAreRefused) {  // SNAP-R8
  state_.applied_mark.applied = Lsn(2);
  state_.applied_mark.history_from = Lsn(2);
  ASSERT_TRUE(Write().ok());
  Rows rows;
  const absl::Status status = Load(registry_, rows);
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_NE(FromAbsl(status.message()).find("content of LSN 3 in a snapshot of LSN 2"),
            std::string_view::npos)
      << status;
}

TEST_F(SnapshotDamageTest, OtherFilesAreNotTakenForSnapshots) {
  for (const std::string& bytes :
       {std::string(), std::string("hello"), std::string(10'000, '\0'), Noise(10'000, 5)}) {
    Set(bytes);
    EXPECT_TRUE(IsRefused());
  }
}

}  // namespace
}  // namespace varve::snapshot
