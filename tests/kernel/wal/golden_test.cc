// The frozen bytes: tests/golden/wal_segment_v1.hex was made from docs/format/wal.md by a program
// that shares no code with this one. A change there needs a second reviewer.
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "kernel/entry.h"
#include "kernel/wal/record.h"
#include "kernel/wal/segment.h"
#include "tests/kernel/wal/log_fixture.h"
#include "tests/support/source_files.h"

namespace varve::wal {
namespace {

using testing_support::ParseHexdump;
using testing_support::ReadSource;

constexpr std::uint64_t kSalt = 0x0123456789abcdef;
constexpr std::uint64_t kTime = 1'700'000'000'000'000;

std::string Hexdump(const std::string& bytes) {
  std::ostringstream text;
  for (const char byte : bytes) {
    text << std::hex << (static_cast<int>(byte) & 255) << ' ';
  }
  return text.str();
}

SegmentHeader GoldenHeader() {
  SegmentHeader header;
  header.store = TestStore();
  header.number = 2;
  header.salt = kSalt;
  header.first_lsn = Lsn(7);
  header.predecessor = {1, 4224, Lsn(6), 0x55667788};
  header.segment_bytes = 65536;
  header.created = Timestamp(kTime);
  return header;
}

RunId GoldenRun() {
  std::array<std::uint8_t, 16> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(0xa0 + i);
  return RunId(bytes);
}

std::string Framed(RecordHeader header, const std::string& body, std::uint32_t& previous_crc) {
  header.body_length = static_cast<std::uint32_t>(body.size());
  header.previous_crc = previous_crc;
  header.body_crc = BindBodyCrc(Crc32c(body), kSalt, header.lsn);
  std::string bytes(RecordLayout::kBytes, '\0');
  previous_crc = EncodeRecordHeader(header, kSalt, bytes.data());
  return bytes + body;
}

std::string EncodedSegment() {
  std::string first_body;
  AppendEntry(first_body, {0x10, 1, false, RunId(), "hello"});
  AppendEntry(first_body, {0x30, 2, true, GoldenRun(), "8 bytes!"});
  std::string second_body;
  AppendEntry(second_body, {0x11, 1, false, GoldenRun(), ""});

  std::uint32_t previous_crc = GoldenHeader().predecessor.last_record_crc;
  RecordHeader header;
  std::string bytes = EncodeSegmentHeader(GoldenHeader());
  header.lsn = Lsn(7);
  header.durable_lsn = Lsn(6);
  header.commit_time = Timestamp(kTime + 1);
  header.entry_count = 2;
  bytes += Framed(header, first_body, previous_crc);
  header.lsn = Lsn(8);
  header.durable_lsn = Lsn(7);
  header.commit_time = Timestamp(kTime + 5);
  header.entry_count = 1;
  bytes += Framed(header, second_body, previous_crc);
  header.lsn = Lsn(9);
  header.durable_lsn = Lsn(8);
  header.kind = RecordKind::kWatermark;
  header.entry_count = 0;
  bytes += Framed(header, "", previous_crc);
  return bytes;
}

// WAL-S2 WAL-R1 WAL-R2 WAL-R9 WAL-E1
TEST(WalGolden, EncoderWritesTheFrozenBytes) {
  const std::string golden = ParseHexdump(ReadSource("tests/golden/wal_segment_v1.hex"));
  ASSERT_EQ(golden.size(), 4312u);
  EXPECT_EQ(Hexdump(EncodedSegment()), Hexdump(golden));
}

TEST(WalGolden, HexdumpInTheDocumentIsTheSame) {
  const std::string document = ReadSource("docs/format/wal.md");
  const std::string fence = "```hexdump\n";
  const std::size_t start = document.find(fence);
  ASSERT_NE(start, std::string::npos);
  const std::size_t from = start + fence.size();
  const std::string dump = document.substr(from, document.find("```", from) - from);
  EXPECT_EQ(ParseHexdump(dump), ParseHexdump(ReadSource("tests/golden/wal_segment_v1.hex")));
}

TEST(WalGolden, ReaderReadsTheFrozenBytes) {
  const std::string golden = ParseHexdump(ReadSource("tests/golden/wal_segment_v1.hex"));
  crash::StrictFileSystem files;
  const auto file = files.Open("2.wal", OpenMode::kCreate);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->WriteAt(0, golden).ok());

  SegmentFile segment;
  segment.path = "2.wal";
  segment.number = 2;
  segment.file_bytes = golden.size();
  const absl::StatusOr<SegmentHeader> header = DecodeSegmentHeader(golden);
  ASSERT_TRUE(header.ok()) << header.status();
  segment.header = *header;
  EXPECT_EQ(header->predecessor, GoldenHeader().predecessor);
  EXPECT_EQ(header->store, TestStore());
  EXPECT_EQ(header->created, Timestamp(kTime));

  const absl::StatusOr<ScannedSegment> scanned = Scan(files, segment);
  ASSERT_TRUE(scanned.ok()) << scanned.status();
  ASSERT_EQ(scanned->records.size(), 3u);
  EXPECT_TRUE(scanned->tail.clean);
  EXPECT_TRUE(scanned->tail.closed);
  EXPECT_EQ(scanned->tail.end.end_offset, golden.size());
  EXPECT_EQ(scanned->tail.end.last_lsn, Lsn(9));

  EntryReader entries(scanned->records[0].body);
  Entry entry;
  ASSERT_TRUE(entries.Next(entry));
  EXPECT_EQ(entry.type, 0x10);
  EXPECT_EQ(entry.payload, "hello");
  EXPECT_TRUE(entry.run.is_nil());
  ASSERT_TRUE(entries.Next(entry));
  EXPECT_EQ(entry.payload_version, 2);
  EXPECT_TRUE(entry.safe_ignore);
  EXPECT_EQ(entry.run, GoldenRun());
  EXPECT_FALSE(entries.Next(entry));
  EXPECT_TRUE(entries.status().ok());
}

}  // namespace
}  // namespace varve::wal
