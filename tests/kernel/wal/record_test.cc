#include "kernel/wal/record.h"

#include <gtest/gtest.h>

#include <string>

#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"

namespace varve::wal {
namespace {

constexpr std::uint64_t kSalt = 0xfeedfacecafebeef;

RecordHeader ValidHeader() {
  RecordHeader header;
  header.body_length = 16;
  header.lsn = Lsn(42);
  header.durable_lsn = Lsn(40);
  header.commit_time = Timestamp(1234567);
  header.entry_count = 2;
  header.previous_crc = 0xdeadbeef;
  header.body_crc = BindBodyCrc(Crc32c("0123456789abcdef"), kSalt, Lsn(42));
  return header;
}

std::string Encoded(const RecordHeader& header) {
  std::string bytes(RecordLayout::kBytes, '\0');
  EncodeRecordHeader(header, kSalt, bytes.data());
  return bytes;
}

// `bytes` with its checksum made to fit: what a writer with other rules would have written.
std::string Resealed(std::string bytes) {
  const std::uint32_t crc = ExtendCrc32c(ExtendCrc32c(0, kSalt), std::string_view(bytes).substr(4));
  StoreLittleEndian(bytes.data(), crc);
  return bytes;
}

absl::StatusCode DecodeCode(const std::string& bytes, std::uint64_t salt = kSalt) {
  return DecodeRecordHeader(bytes, salt).status().code();
}

TEST(WalRecord, DecodesWhatItEncoded) {
  const RecordHeader header = ValidHeader();
  const absl::StatusOr<RecordHeader> decoded = DecodeRecordHeader(Encoded(header), kSalt);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->body_length, header.body_length);
  EXPECT_EQ(decoded->lsn, header.lsn);
  EXPECT_EQ(decoded->durable_lsn, header.durable_lsn);
  EXPECT_EQ(decoded->commit_time, header.commit_time);
  EXPECT_EQ(decoded->kind, header.kind);
  EXPECT_EQ(decoded->entry_count, header.entry_count);
  EXPECT_EQ(decoded->previous_crc, header.previous_crc);
  EXPECT_EQ(decoded->body_crc, header.body_crc);
}

// WAL-R2
TEST(WalRecord, EverySingleAndDoubleBitFlipOfTheHeaderIsRefused) {
  const std::string good = Encoded(ValidHeader());
  const std::size_t bits = good.size() * 8;
  for (std::size_t first = 0; first < bits; ++first) {
    std::string bytes = good;
    bytes[first / 8] = static_cast<char>(bytes[first / 8] ^ (1 << first % 8));
    ASSERT_EQ(DecodeCode(bytes), absl::StatusCode::kDataLoss) << "bit " << first;
    for (std::size_t second = first + 1; second < bits; ++second) {
      std::string twice = bytes;
      twice[second / 8] = static_cast<char>(twice[second / 8] ^ (1 << second % 8));
      ASSERT_EQ(DecodeCode(twice), absl::StatusCode::kDataLoss) << first << ", " << second;
    }
  }
}

// WAL-R2
TEST(WalRecord, AnotherSegmentsSaltIsRefused) {
  EXPECT_EQ(DecodeCode(Encoded(ValidHeader()), kSalt + 1), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeCode(std::string(RecordLayout::kBytes, '\0'), 0), absl::StatusCode::kDataLoss);
}

TEST(WalRecord, AHeaderCutOffAnywhereIsRefused) {
  const std::string good = Encoded(ValidHeader());
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(DecodeCode(good.substr(0, size)), absl::StatusCode::kDataLoss) << size;
  }
}

// WAL-R6
TEST(WalRecord, ANewerVersionKindOrFlagIsUnimplementedOnlyWhereIntact) {
  for (const std::size_t offset :
       {RecordLayout::kKindOffset, RecordLayout::kVersionOffset, RecordLayout::kFlagsOffset}) {
    std::string bytes = Encoded(ValidHeader());
    bytes[offset] = 9;
    EXPECT_EQ(DecodeCode(bytes), absl::StatusCode::kDataLoss) << offset;
    EXPECT_EQ(DecodeCode(Resealed(bytes)), absl::StatusCode::kUnimplemented) << offset;
  }
}

std::string WithField32(std::size_t offset, std::uint32_t value) {
  std::string bytes = Encoded(ValidHeader());
  StoreLittleEndian(bytes.data() + offset, value);
  return Resealed(bytes);
}

// WAL-R3
TEST(WalRecord, BodyLengthIsAMultipleOf8UpToTheLimit) {
  const auto max = static_cast<std::uint32_t>(kRecordBodyBytesMax);
  const std::size_t at = RecordLayout::kBodyLengthOffset;
  EXPECT_EQ(DecodeCode(WithField32(at, max)), absl::StatusCode::kOk);
  EXPECT_EQ(DecodeCode(WithField32(at, max + 8)), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeCode(WithField32(at, 0xfffffff8)), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeCode(WithField32(at, 17)), absl::StatusCode::kDataLoss);
}

// WAL-R7
TEST(WalRecord, EntryCountMustFitTheBody) {
  const std::size_t at = RecordLayout::kEntryCountOffset;
  EXPECT_EQ(DecodeCode(WithField32(at, 2)), absl::StatusCode::kOk);
  EXPECT_EQ(DecodeCode(WithField32(at, 3)), absl::StatusCode::kDataLoss);
}

// WAL-R4 WAL-R5
TEST(WalRecord, LsnIsAboveZeroAndAboveItsDurableLsn) {
  std::string bytes = Encoded(ValidHeader());
  StoreLittleEndian<std::uint64_t>(bytes.data() + RecordLayout::kDurableLsnOffset, 42);
  EXPECT_EQ(DecodeCode(Resealed(bytes)), absl::StatusCode::kDataLoss);
  StoreLittleEndian<std::uint64_t>(bytes.data() + RecordLayout::kDurableLsnOffset, 0);
  StoreLittleEndian<std::uint64_t>(bytes.data() + RecordLayout::kLsnOffset, 0);
  EXPECT_EQ(DecodeCode(Resealed(bytes)), absl::StatusCode::kDataLoss);
}

// WAL-R8
TEST(WalRecord, AWatermarkHasNoBody) {
  std::string bytes = Encoded(ValidHeader());
  bytes[RecordLayout::kKindOffset] = static_cast<char>(RecordKind::kWatermark);
  EXPECT_EQ(DecodeCode(Resealed(bytes)), absl::StatusCode::kDataLoss);
}

// WAL-R9
TEST(WalRecord, BodyIsBoundToItsSaltAndItsLsn) {
  const std::string body = "0123456789abcdef";
  RecordHeader header = ValidHeader();
  EXPECT_TRUE(CheckRecordBody(header, body, kSalt).ok());
  EXPECT_FALSE(CheckRecordBody(header, body, kSalt + 1).ok());
  EXPECT_FALSE(CheckRecordBody(header, body.substr(0, 8), kSalt).ok());
  EXPECT_FALSE(CheckRecordBody(header, "0123456789abcdeF", kSalt).ok());
  header.lsn = Lsn(43);
  EXPECT_FALSE(CheckRecordBody(header, body, kSalt).ok());
}

}  // namespace
}  // namespace varve::wal
