// The log: the header page of a segment, and the records behind it.
#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crash/simulated/strict_file_system.h"
#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "kernel/entry.h"
#include "kernel/wal/reader.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/sealing.h"

namespace varve::fuzz {
namespace {

constexpr char kFolder[] = "wal";
constexpr std::uint64_t kSalt = 0x5A17;

Uuid AnyStore() { return *Uuid::FromBytes(std::string(16, 'S')); }

wal::SegmentHeader FirstHeader() {
  wal::SegmentHeader header;
  header.store = AnyStore();
  header.number = 1;
  header.salt = kSalt;
  header.first_lsn = Lsn(1);
  header.segment_bytes = 65536;
  header.created = Timestamp(7);
  return header;
}

// --- segment_header: a byte (1: seal the page), then the page without the zeros at its end.

absl::Status TrySegmentName(std::string_view name) {
  const std::optional<std::uint64_t> number = wal::ParseSegmentFileName(name);
  if (!number.has_value() || wal::SegmentFileName(*number) == name) return absl::OkStatus();
  return Broken("two names for segment ", *number);
}

absl::Status TrySegmentHeader(std::string_view input) {
  VARVE_RETURN_IF_ERROR(TrySegmentName(input));
  if (input.empty()) return absl::OkStatus();
  std::string page(input.substr(1, wal::kSegmentHeaderBytes));
  page.resize(wal::kSegmentHeaderBytes, '\0');
  if ((input[0] & 1) != 0) SealSegmentPage(page);
  const auto header = wal::DecodeSegmentHeader(page);
  if (!header.ok()) return RefusedAsDamage(header.status());
  // Flags that this build may lack give a meaning to bytes that it does not know.
  if (header->compatible_flags != 0 || header->read_only_compatible_flags != 0) {
    return absl::OkStatus();
  }
  if (wal::EncodeSegmentHeader(*header) != page) return Broken("encode(decode(page)) is not page");
  return absl::OkStatus();
}

std::string Trimmed(std::string bytes) {
  bytes.resize(bytes.find_last_not_of('\0') + 1);
  return bytes;
}

std::vector<std::string> SegmentHeaderSeeds() {
  wal::SegmentHeader second = FirstHeader();
  second.number = 2;
  second.first_lsn = Lsn(41);
  second.predecessor = {1, 5000, Lsn(40), 0xABCD};
  std::vector<std::string> seeds = {wal::SegmentFileName(31)};
  for (const wal::SegmentHeader& header : {FirstHeader(), second}) {
    const std::string page = Trimmed(wal::EncodeSegmentHeader(header));
    seeds.push_back(std::string(1, '\0') + page);
    seeds.push_back(std::string(1, '\1') + page);
  }
  return seeds;
}

const Registration kSegmentHeader({.name = "segment_header",
                                   .run = TrySegmentHeader,
                                   .seeds = SegmentHeaderSeeds});

// --- record_stream: a byte (1: seal, 2: number, 4: two zero pages behind), then the records.

enum StreamMode : std::uint8_t { kSeal = 1, kNumber = 2, kZerosBehind = 4 };

struct Found {
  std::vector<std::pair<std::uint64_t, std::string>> records;  // offset and body
  wal::SegmentTail tail;
};

absl::Status CheckRecord(const wal::Record& record, std::uint64_t offset) {
  if (offset % 8 != 0 || reinterpret_cast<std::uintptr_t>(record.body.data()) % 8 != 0) {
    return Broken("a record at ", offset, " is not aligned");
  }
  EntryReader reader(record.body);
  std::string again;
  Entry entry;
  while (reader.Next(entry)) AppendEntry(again, entry);
  if (!reader.status().ok()) return RefusedAsDamage(reader.status());
  if (again != record.body) return Broken("encode(decode(body)) is not the body, at ", offset);
  return absl::OkStatus();
}

// The area of records behind a right header, as recovery reads it.
absl::StatusOr<Found> Scan(const std::string& area) {
  crash::StrictFileSystem files;
  VARVE_RETURN_IF_ERROR(files.CreateDirectory(kFolder));
  const std::string path = JoinPath(kFolder, wal::SegmentFileName(1));
  VARVE_ASSIGN_OR_RETURN(const auto file, files.Open(path, OpenMode::kCreate));
  VARVE_RETURN_IF_ERROR(file->WriteAt(0, wal::EncodeSegmentHeader(FirstHeader()) + area));
  VARVE_ASSIGN_OR_RETURN(const auto segments, wal::ListSegments(files, kFolder, AnyStore()));
  if (segments.size() != 1 || segments[0].unused) return Broken("a segment was not found");
  Found found;
  Lsn last;
  const auto visit = [&](const wal::Record& record, std::uint64_t offset) -> absl::Status {
    if (record.header.lsn != last.Next()) return Broken("a record out of order at ", offset);
    last = record.header.lsn;
    found.records.emplace_back(offset, record.body);
    return CheckRecord(record, offset);
  };
  VARVE_ASSIGN_OR_RETURN(found.tail, wal::ScanSegment(files, segments[0], visit));
  return found;
}

absl::Status CheckTail(const Found& found, const std::string& area) {
  const wal::SegmentTail& tail = found.tail;
  const std::uint64_t file_bytes = wal::kSegmentHeaderBytes + area.size();
  if (tail.end.end_offset < wal::kSegmentHeaderBytes || tail.end.end_offset > file_bytes) {
    return Broken("the log ends at ", tail.end.end_offset, " of ", file_bytes, " bytes");
  }
  if (tail.clean != tail.fault.empty())
    return Broken("a tail is clean and has a fault, or neither");
  if (tail.end.end_offset + tail.discarded_bytes > file_bytes) {
    return Broken("more bytes are discarded than there are");
  }
  if (tail.unproven_offset > tail.end.end_offset) return Broken("proven beyond the end");
  return absl::OkStatus();
}

absl::Status TryRecordStream(std::string_view input) {
  if (input.empty()) return absl::OkStatus();
  const auto mode = static_cast<std::uint8_t>(input[0]);
  std::string area(input.substr(1));
  if ((mode & kSeal) != 0) SealRecords(area, kSalt, (mode & kNumber) != 0);
  if ((mode & kZerosBehind) != 0) area.append(8192, '\0');
  const absl::StatusOr<Found> found = Scan(area);
  if (!found.ok()) return RefusedAsDamage(found.status());
  VARVE_RETURN_IF_ERROR(CheckTail(*found, area));
  // What recovery keeps of a torn log reads as the same records, and now ends cleanly.
  area.resize(found->tail.end.end_offset - wal::kSegmentHeaderBytes);
  const absl::StatusOr<Found> again = Scan(area);
  if (!again.ok()) return Broken("a log cut at its end is refused: ", again.status().ToString());
  if (again->records != found->records || !again->tail.clean ||
      again->tail.end != found->tail.end) {
    return Broken("a log cut at its end reads differently");
  }
  return absl::OkStatus();
}

std::string RecordBytes(std::uint64_t lsn, std::string_view body, std::uint32_t entries,
                        wal::RecordKind kind, std::uint32_t& previous) {
  wal::RecordHeader header;
  header.body_length = static_cast<std::uint32_t>(body.size());
  header.lsn = Lsn(lsn);
  header.durable_lsn = Lsn(lsn - 1);
  header.commit_time = Timestamp(lsn);
  header.kind = kind;
  header.entry_count = entries;
  header.previous_crc = previous;
  header.body_crc = wal::BindBodyCrc(Crc32c(body), kSalt, header.lsn);
  std::string bytes(wal::RecordLayout::kBytes, '\0');
  previous = wal::EncodeRecordHeader(header, kSalt, bytes.data());
  return bytes + std::string(body);
}

std::vector<std::string> RecordStreamSeeds() {
  std::string one;
  AppendEntry(one, {.type = 0x20, .payload = "payload"});
  std::string two;
  AppendEntry(two, {.type = 0x31, .safe_ignore = true, .payload = "12345678"});
  AppendEntry(two, {.type = 0x42, .run = RunId(AnyStore()), .payload = ""});
  std::uint32_t previous = 0;
  std::string log = RecordBytes(1, one, 1, wal::RecordKind::kTransaction, previous);
  log += RecordBytes(2, two, 2, wal::RecordKind::kTransaction, previous);
  const std::string open = log;
  log += RecordBytes(3, "", 0, wal::RecordKind::kWatermark, previous);
  std::string torn = log;
  torn[60] = static_cast<char>(torn[60] ^ 1);
  std::vector<std::string> seeds;
  for (const std::string& area : {open, log, torn, log.substr(0, log.size() - 20)}) {
    for (const int mode : {0, kSeal | kNumber, int{kZerosBehind}, int{kSeal}}) {
      seeds.push_back(std::string(1, static_cast<char>(mode)) + area);
    }
  }
  return seeds;
}

const Registration kRecordStream({.name = "record_stream",
                                  .run = TryRecordStream,
                                  .seeds = RecordStreamSeeds});

}  // namespace
}  // namespace varve::fuzz
