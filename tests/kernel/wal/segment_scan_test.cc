// Tests: kernel/wal/record_cursor.cc
// ScanSegment against every way that the bytes of a segment can be wrong.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "kernel/base/status.h"
#include "kernel/wal/reader.h"
#include "tests/kernel/wal/log_fixture.h"

namespace varve::wal {
namespace {

constexpr std::uint64_t kSalt = 0x1122334455667788;
using crash::CallKind;
using crash::Fault;
using crash::StrictFileSystem;

// Builds a segment by hand, one record after another, each field open to a lie.
class SegmentBuilder {
 public:
  SegmentBuilder() {
    header_.store = TestStore();
    header_.number = 1;
    header_.salt = kSalt;
    header_.first_lsn = Lsn(1);
    header_.segment_bytes = 1 << 20;
    bytes_ = EncodeSegmentHeader(header_);
    next_.lsn = Lsn(1);
    next_.commit_time = Timestamp(1000);
  }

  RecordHeader& next() { return next_; }

  SegmentBuilder& Add(const std::string& text) {
    const std::string body = Body(text);
    next_.body_length = static_cast<std::uint32_t>(body.size());
    next_.entry_count = body.empty() ? 0 : 1;
    next_.body_crc = BindBodyCrc(Crc32c(body), kSalt, next_.lsn);
    offsets_.push_back(bytes_.size());
    std::string framed(RecordLayout::kBytes, '\0');
    next_.previous_crc = EncodeRecordHeader(next_, kSalt, framed.data());
    bytes_ += framed + body;
    next_.durable_lsn = next_.lsn;
    next_.lsn = next_.lsn.Next();
    next_.commit_time = Timestamp(next_.commit_time.micros() + 1);
    return *this;
  }

  std::string& bytes() { return bytes_; }
  std::uint64_t offset(std::size_t index) const { return offsets_.at(index); }
  const SegmentHeader& header() const { return header_; }

 private:
  SegmentHeader header_;
  RecordHeader next_;
  std::string bytes_;
  std::vector<std::uint64_t> offsets_;
};

SegmentFile FileOf(StrictFileSystem& files, const SegmentHeader& header, const std::string& bytes) {
  (void)files.Remove("segment");
  const auto file = files.Open("segment", OpenMode::kCreate);
  EXPECT_TRUE(file.ok() && (*file)->WriteAt(0, bytes).ok());
  SegmentFile segment;
  segment.number = header.number;
  segment.path = "segment";
  segment.file_bytes = bytes.size();
  segment.header = header;
  return segment;
}

ScannedSegment ScanBytes(const SegmentHeader& header, const std::string& bytes) {
  StrictFileSystem files;
  const absl::StatusOr<ScannedSegment> scanned = Scan(files, FileOf(files, header, bytes));
  EXPECT_TRUE(scanned.ok()) << scanned.status();
  return scanned.ok() ? *scanned : ScannedSegment();
}

ScannedSegment ScanBuilt(SegmentBuilder& builder) {
  return ScanBytes(builder.header(), builder.bytes());
}

void ExpectPrefix(const std::vector<FoundRecord>& got, const std::vector<FoundRecord>& whole) {
  ASSERT_LE(got.size(), whole.size());
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], whole[i]);
}

SegmentBuilder SmallSegment() {
  SegmentBuilder builder;
  builder.Add("first").Add("").Add("the third, somewhat longer").Add("4");
  return builder;
}

// WAL-R2 WAL-R9 WAL-R12
TEST(WalScan, EverySingleBitFlipOfTheRecordsYieldsAStrictPrefixAndAFault) {
  SegmentBuilder builder = SmallSegment();
  const ScannedSegment whole = ScanBuilt(builder);
  ASSERT_EQ(whole.records.size(), 4u);
  const std::string good = builder.bytes();
  std::uint64_t flips = 0;
  for (std::size_t bit = kSegmentHeaderBytes * 8; bit < good.size() * 8; ++bit, ++flips) {
    std::string bytes = good;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    const ScannedSegment scanned = ScanBytes(builder.header(), bytes);
    ASSERT_NO_FATAL_FAILURE(ExpectPrefix(scanned.records, whole.records));
    ASSERT_LT(scanned.records.size(), whole.records.size()) << "bit " << bit << " went unnoticed";
    ASSERT_FALSE(scanned.tail.clean) << "bit " << bit;
    ASSERT_FALSE(scanned.tail.fault.empty()) << "bit " << bit;
    ASSERT_EQ(scanned.tail.end.end_offset, builder.offset(scanned.records.size()));
    // Every record but the last is proven by the one after it, where that one's header is whole.
    if (bit / 8 < builder.offset(3)) {
      ASSERT_GE(scanned.tail.proven_durable, Lsn(2)) << bit;
    }
  }
  RecordProperty("flips", static_cast<int>(flips));
}

// WAL-R12 WAL-S9
TEST(WalScan, EveryTruncationYieldsAPrefix) {
  SegmentBuilder builder = SmallSegment();
  const ScannedSegment whole = ScanBuilt(builder);
  const std::string good = builder.bytes();
  for (std::size_t size = kSegmentHeaderBytes; size < good.size(); ++size) {
    const ScannedSegment scanned = ScanBytes(builder.header(), good.substr(0, size));
    ASSERT_NO_FATAL_FAILURE(ExpectPrefix(scanned.records, whole.records));
    ASSERT_LT(scanned.records.size(), whole.records.size());
    const std::uint64_t end = scanned.tail.end.end_offset;
    ASSERT_EQ(scanned.tail.clean, end == size || good.find_first_not_of('\0', end) >= size);
  }
}

// WAL-S9
TEST(WalScan, ZerosBehindTheRecordsAreACleanEnd) {
  SegmentBuilder builder = SmallSegment();
  const std::uint64_t end = builder.bytes().size();
  builder.bytes().append(3 << 20, '\0');
  const ScannedSegment scanned = ScanBuilt(builder);
  EXPECT_TRUE(scanned.tail.clean);
  EXPECT_EQ(scanned.tail.fault, "");
  EXPECT_EQ(scanned.tail.end.end_offset, end);
  EXPECT_EQ(scanned.tail.discarded_bytes, 0u);
}

// WAL-S9
TEST(WalScan, OneByteFarBehindTheZerosIsNoCleanEnd) {
  SegmentBuilder builder = SmallSegment();
  const std::uint64_t end = builder.bytes().size();
  builder.bytes().append(3 << 20, '\0');
  builder.bytes().back() = 'x';
  const ScannedSegment scanned = ScanBuilt(builder);
  EXPECT_FALSE(scanned.tail.clean);
  EXPECT_EQ(scanned.tail.end.end_offset, end);
  EXPECT_EQ(scanned.tail.discarded_bytes, 3u << 20);
  EXPECT_EQ(scanned.tail.proven_durable, Lsn());
}

// WAL-T2 WAL-T5
TEST(WalScan, ALaterIntactHeaderProvesWhatWasDurableEvenWithoutItsBody) {
  SegmentBuilder builder = SmallSegment();
  builder.bytes()[builder.offset(1)] ^= 1;
  builder.bytes()[builder.offset(3) + RecordLayout::kBytes] ^= 1;  // the body of LSN 4
  const ScannedSegment scanned = ScanBuilt(builder);
  EXPECT_EQ(scanned.records.size(), 1u);
  EXPECT_EQ(scanned.tail.proven_durable, Lsn(3));
  EXPECT_EQ(scanned.tail.proof_offset, builder.offset(3));
}

// WAL-T2 WAL-T5
TEST(WalScan, TheProofIsFoundAcrossZeroedSectorsAndBufferEdges) {
  SegmentBuilder builder;
  builder.Add("first");
  builder.Add(LargeBody(3 << 20, 1)).Add("the proof");
  for (const std::uint64_t zeroed : {std::uint64_t{8}, (std::uint64_t{3} << 20) + 16}) {
    std::string bytes = builder.bytes();
    bytes.replace(builder.offset(1), zeroed, zeroed, '\0');
    const ScannedSegment scanned = ScanBytes(builder.header(), bytes);
    EXPECT_EQ(scanned.records.size(), 1u);
    EXPECT_EQ(scanned.tail.proven_durable, Lsn(2));
    EXPECT_EQ(scanned.tail.proof_offset, builder.offset(2));
  }
}

// WAL-T7
TEST(WalScan, AnIntactRecordBehindABadOneIsNoProofByItself) {
  SegmentBuilder builder;
  builder.Add("first");
  for (const char* text : {"second", "third"}) {
    builder.next().durable_lsn = Lsn(1);  // both in one flush
    builder.Add(text);
  }
  builder.bytes()[builder.offset(1)] ^= 1;
  const ScannedSegment scanned = ScanBuilt(builder);
  EXPECT_FALSE(scanned.tail.clean);
  EXPECT_EQ(scanned.tail.proven_durable, Lsn(1));  // which does not cover LSN 2
}

// WAL-R10
TEST(WalScan, ABrokenChainEndsTheIntactRecords) {
  SegmentBuilder builder;
  builder.Add("first");
  builder.next().previous_crc ^= 1;
  builder.Add("second");
  const ScannedSegment scanned = ScanBuilt(builder);
  EXPECT_EQ(scanned.records.size(), 1u);
  EXPECT_NE(scanned.tail.fault.find("chain"), std::string::npos) << scanned.tail.fault;
}

// WAL-R4
TEST(WalScan, AGapOrARepetitionInTheLsnEndsTheIntactRecords) {
  for (const std::uint64_t lsn : {std::uint64_t{1}, std::uint64_t{3}}) {
    SegmentBuilder builder;
    builder.Add("first");
    builder.next().lsn = Lsn(lsn);
    builder.next().durable_lsn = Lsn();
    builder.Add("second");
    const ScannedSegment scanned = ScanBuilt(builder);
    EXPECT_EQ(scanned.records.size(), 1u);
    EXPECT_NE(scanned.tail.fault.find("LSN"), std::string::npos) << scanned.tail.fault;
  }
}

// WAL-R11
TEST(WalScan, ACommitTimeThatGoesBackEndsTheIntactRecords) {
  SegmentBuilder builder;
  builder.Add("first");
  builder.next().commit_time = Timestamp(999);
  builder.Add("second");
  EXPECT_EQ(ScanBuilt(builder).records.size(), 1u);
}

// WAL-R6
TEST(WalScan, AnIntactRecordOfANewerVersionIsUnimplemented) {
  SegmentBuilder builder;
  builder.Add("first").Add("second");
  std::string& bytes = builder.bytes();
  char* const record = bytes.data() + builder.offset(1);
  record[RecordLayout::kVersionOffset] = 2;
  const std::uint32_t crc =
      ExtendCrc32c(ExtendCrc32c(0, kSalt), std::string_view(record + 4, RecordLayout::kBytes - 4));
  StoreLittleEndian(record, crc);
  StrictFileSystem files;
  const auto scanned = Scan(files, FileOf(files, builder.header(), bytes));
  EXPECT_EQ(scanned.status().code(), absl::StatusCode::kUnimplemented);
}

// WAL-R3: the header is intact, but says more than the file has.
TEST(WalScan, ALengthBeyondTheFileEndsTheIntactRecords) {
  SegmentBuilder builder;
  builder.Add("first").Add("second");
  builder.bytes().resize(builder.bytes().size() - 8);
  const ScannedSegment scanned = ScanBuilt(builder);
  EXPECT_EQ(scanned.records.size(), 1u);
  EXPECT_FALSE(scanned.tail.clean);
}

// WAL-T3
TEST(WalScan, AFailedReadIsDamageAndNotTheEnd) {
  SegmentBuilder builder = SmallSegment();
  StrictFileSystem files;
  const SegmentFile segment = FileOf(files, builder.header(), builder.bytes());
  Fault fault;
  fault.kind = CallKind::kRead;
  files.AddFault(fault);
  const auto scanned = Scan(files, segment);
  EXPECT_EQ(scanned.status().code(), absl::StatusCode::kDataLoss);
  ASSERT_TRUE(DamageOf(scanned.status()).has_value());
  EXPECT_EQ(DamageOf(scanned.status())->kind, Damage::Kind::kUnreadable);
}

// WAL-S7 WAL-T1
TEST(WalScan, NothingCountsBehindAStatedEnd) {
  SegmentBuilder builder = SmallSegment();
  const ScannedSegment whole = ScanBuilt(builder);
  StrictFileSystem files;
  SegmentFile segment = FileOf(files, builder.header(), builder.bytes());
  const ScannedSegment two =
      ScanBytes(builder.header(), builder.bytes().substr(0, builder.offset(2)));
  segment.stated_end = two.tail.end;
  const auto scanned = Scan(files, segment);
  ASSERT_TRUE(scanned.ok());
  EXPECT_EQ(scanned->records.size(), 2u);
  EXPECT_TRUE(scanned->tail.clean);
  EXPECT_EQ(scanned->tail.end, *segment.stated_end);

  segment.stated_end->last_record_crc ^= 1;
  EXPECT_FALSE(Scan(files, segment)->tail.clean);
  segment.stated_end = whole.tail.end;
  segment.stated_end->end_offset -= 8;
  EXPECT_FALSE(Scan(files, segment)->tail.clean);
}

TEST(WalScan, UnprovenRecordsAreThoseThatNoLaterOneCovers) {
  SegmentBuilder builder;
  builder.Add("1").Add("2").Add("3").Add("4");  // each proves the one before
  EXPECT_EQ(ScanBuilt(builder).tail.unproven_offset, builder.offset(2));
  SegmentBuilder unproven;
  for (const char* text : {"1", "2", "3"}) {
    unproven.next().durable_lsn = Lsn();
    unproven.Add(text);
  }
  EXPECT_EQ(ScanBuilt(unproven).tail.unproven_offset, unproven.offset(0));
}

TEST(WalScan, RecordsLargerThanTheReadBufferAreRead) {
  SegmentBuilder builder;
  builder.Add("small").Add(LargeBody(5 << 20, 1)).Add("small").Add(LargeBody(1 << 20, 2)).Add("x");
  const ScannedSegment scanned = ScanBuilt(builder);
  ASSERT_EQ(scanned.records.size(), 5u);
  EXPECT_EQ(scanned.records[1].body, LargeBody(5 << 20, 1));
  EXPECT_EQ(scanned.records[3].body, LargeBody(1 << 20, 2));
  EXPECT_TRUE(scanned.tail.clean);
}

TEST(WalScan, TheVisitorsErrorStopsTheScan) {
  SegmentBuilder builder = SmallSegment();
  StrictFileSystem files;
  int calls = 0;
  const auto tail = ScanSegment(
      files, FileOf(files, builder.header(), builder.bytes()), [&](const Record&, std::uint64_t) {
        return ++calls == 2 ? absl::CancelledError("enough") : absl::OkStatus();
      });
  EXPECT_EQ(tail.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace varve::wal
