#include "kernel/wal/segment.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"

namespace varve::wal {
namespace {

using Layout = SegmentLayout;

SegmentHeader ValidHeader() {
  SegmentHeader header;
  header.store = *Uuid::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  header.number = 5;
  header.salt = 77;
  header.first_lsn = Lsn(100);
  header.predecessor = {4, 8192, Lsn(99), 0xabcdef01};
  header.segment_bytes = 1 << 20;
  header.created = Timestamp(1'700'000'000'000'000);
  return header;
}

std::string Resealed(std::string page) {
  std::uint32_t crc = Crc32c(std::string_view(page).substr(0, Layout::kHeaderCrcOffset));
  crc = ExtendCrc32c(crc, std::string_view(page).substr(Layout::kReservedOffset));
  StoreLittleEndian(page.data() + Layout::kHeaderCrcOffset, crc);
  return page;
}

absl::StatusCode DecodeCode(const std::string& page) {
  return DecodeSegmentHeader(page).status().code();
}

TEST(WalSegment, DecodesWhatItEncoded) {
  const SegmentHeader header = ValidHeader();
  const std::string page = EncodeSegmentHeader(header);
  ASSERT_EQ(page.size(), kSegmentHeaderBytes);
  const absl::StatusOr<SegmentHeader> decoded = DecodeSegmentHeader(page);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(EncodeSegmentHeader(*decoded), page);
  EXPECT_EQ(decoded->predecessor, header.predecessor);
  EXPECT_EQ(decoded->salt, header.salt);
}

// WAL-S4
TEST(WalSegment, EverySingleBitFlipIsRefused) {
  const std::string good = EncodeSegmentHeader(ValidHeader());
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string page = good;
    page[bit / 8] = static_cast<char>(page[bit / 8] ^ (1 << bit % 8));
    const absl::StatusCode code = DecodeCode(page);
    ASSERT_TRUE(code == absl::StatusCode::kDataLoss || code == absl::StatusCode::kUnimplemented)
        << "bit " << bit;
  }
}

TEST(WalSegment, AShorterPageIsRefused) {
  const std::string good = EncodeSegmentHeader(ValidHeader());
  for (std::size_t size = 0; size < good.size(); size += 7) {
    EXPECT_EQ(DecodeCode(good.substr(0, size)), absl::StatusCode::kDataLoss);
  }
}

// WAL-S3
TEST(WalSegment, ANewerVersionIsUnimplementedEvenUnderAChecksumThisBuildCannotCheck) {
  std::string page = EncodeSegmentHeader(ValidHeader());
  StoreLittleEndian<std::uint32_t>(page.data() + Layout::kVersionOffset, 2);
  EXPECT_EQ(DecodeCode(page), absl::StatusCode::kUnimplemented);
  StoreLittleEndian<std::uint32_t>(page.data() + Layout::kVersionOffset, 0);
  EXPECT_EQ(DecodeCode(page), absl::StatusCode::kDataLoss);
}

// WAL-S3
TEST(WalSegment, IncompatibleFlagsAndChecksumKindsAreUnimplemented) {
  std::string page = EncodeSegmentHeader(ValidHeader());
  StoreLittleEndian<std::uint32_t>(page.data() + Layout::kIncompatibleOffset, 1);
  EXPECT_EQ(DecodeCode(page), absl::StatusCode::kUnimplemented);
  page = EncodeSegmentHeader(ValidHeader());
  page[Layout::kChecksumKindOffset] = 2;
  EXPECT_EQ(DecodeCode(page), absl::StatusCode::kUnimplemented);
}

// WAL-S5
TEST(WalSegment, ReservedBytesAreZeroUnlessACompatibleFlagGivesThemAMeaning) {
  std::string page = EncodeSegmentHeader(ValidHeader());
  page[2000] = 1;
  EXPECT_EQ(DecodeCode(Resealed(page)), absl::StatusCode::kDataLoss);
  StoreLittleEndian<std::uint32_t>(page.data() + Layout::kCompatibleOffset, 1);
  EXPECT_EQ(DecodeCode(Resealed(page)), absl::StatusCode::kOk);
}

// WAL-S6
TEST(WalSegment, ContradictionsAreRefused) {
  const auto code_of = [](auto change) {
    SegmentHeader header = ValidHeader();
    change(header);
    return DecodeCode(EncodeSegmentHeader(header));
  };
  const auto data_loss = absl::StatusCode::kDataLoss;
  EXPECT_EQ(code_of([](SegmentHeader&) {}), absl::StatusCode::kOk);
  EXPECT_EQ(code_of([](SegmentHeader& h) { h.number = 7; }), data_loss);
  EXPECT_EQ(code_of([](SegmentHeader& h) { h.first_lsn = Lsn(101); }), data_loss);
  EXPECT_EQ(code_of([](SegmentHeader& h) { h.predecessor.end_offset = 4095; }), data_loss);
  EXPECT_EQ(code_of([](SegmentHeader& h) { h.number = 1, h.predecessor.number = 0; }), data_loss);
  EXPECT_EQ(code_of([](SegmentHeader& h) {
              h.number = 1;
              h.predecessor = {0, 0, Lsn(99), 0};
            }),
            absl::StatusCode::kOk);
}

// WAL-S1
TEST(WalSegment, NameIsTheNumberIn16HexadecimalDigits) {
  EXPECT_EQ(SegmentFileName(1), "0000000000000001.wal");
  EXPECT_EQ(SegmentFileName(0xabcdef), "0000000000abcdef.wal");
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t number : {std::uint64_t{1}, std::uint64_t{0xabcdef}, kMax}) {
    EXPECT_EQ(ParseSegmentFileName(SegmentFileName(number)), number);
  }
}

// WAL-S1
TEST(WalSegment, OtherNamesAreNotOurs) {
  for (const char* name :
       {"", ".wal", "1.wal", "0000000000000001.wal.tmp", "0000000000000001.WAL",
        "000000000000000A.wal", "000000000000000g.wal", "00000000000000001.wal",
        "0000000000000000.wal", "-000000000000001.wal", " 000000000000001.wal"}) {
    EXPECT_FALSE(ParseSegmentFileName(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace varve::wal
