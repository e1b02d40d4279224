#include "tests/kernel/wal/log_fixture.h"

#include <gtest/gtest.h>

#include <utility>

#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "kernel/base/status.h"

namespace varve::wal {

std::string Body(std::string_view text) {
  std::string body(text);
  while (body.size() % 8 != 0) body.push_back('.');
  return body;
}

std::string LargeBody(std::size_t bytes, std::uint64_t seed) {
  crash::Dice dice(seed);
  std::string body(bytes / 8 * 8, '\0');
  for (std::size_t at = 0; at < body.size(); at += 8) {
    StoreLittleEndian(body.data() + at, std::uint64_t{dice.Next()});
  }
  return body;
}

Uuid TestStore() { return *Uuid::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8"); }

std::vector<std::string> FoundLog::bodies() const {
  std::vector<std::string> bodies;
  for (const FoundRecord& record : records) {
    if (record.kind == RecordKind::kTransaction) bodies.push_back(record.body);
  }
  return bodies;
}

absl::StatusOr<ScannedSegment> Scan(FileSystem& files, const SegmentFile& segment) {
  ScannedSegment scanned;
  VARVE_ASSIGN_OR_RETURN(
      scanned.tail, ScanSegment(files, segment, [&](const Record& record, std::uint64_t offset) {
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(record.body.data()) % 8, 0u);
        scanned.records.push_back(
            {record.header.lsn, std::string(record.body), record.header.kind, offset});
        return absl::OkStatus();
      }));
  return scanned;
}

absl::StatusOr<FoundLog> ReadLog(FileSystem& files) {
  FoundLog found;
  VARVE_ASSIGN_OR_RETURN(found.segments, ListSegments(files, kFolder, TestStore()));
  found.position.store = TestStore();
  for (const SegmentFile& segment : found.segments) {
    if (segment.unused) continue;
    VARVE_ASSIGN_OR_RETURN(ScannedSegment scanned, Scan(files, segment));
    if (segment.stated_end.has_value() && !scanned.tail.clean) {
      return MakeStatus(absl::StatusCode::kDataLoss, segment.path, ": ", scanned.tail.fault);
    }
    found.records.insert(found.records.end(), scanned.records.begin(), scanned.records.end());
    found.tail = scanned.tail;
    found.position.predecessor = scanned.tail.end;
    found.position.last_lsn = scanned.tail.end.last_lsn;
    found.position.unproven_offset = scanned.tail.unproven_offset;
    if (!scanned.records.empty()) found.position.last_commit_time = scanned.tail.last_commit_time;
  }
  return found;
}

LogHarness::LogHarness() {
  EXPECT_TRUE(files().CreateDirectory(kFolder).ok());
  EXPECT_TRUE(files().SyncDirectory("").ok());
}

LogOptions LogHarness::InlineOptions() const {
  LogOptions options;
  options.segment_bytes_min = 16 << 10;
  options.segment_bytes_max = 64 << 10;
  options.background_threads = false;
  return options;
}

LogOptions LogHarness::ThreadedOptions() const {
  LogOptions options = InlineOptions();
  options.background_threads = true;
  return options;
}

absl::Status LogHarness::TryOpen(const LogOptions& options) {
  log.reset();
  VARVE_ASSIGN_OR_RETURN(const FoundLog found, ReadLog(files()));
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    announced_.clear();
  }
  VARVE_ASSIGN_OR_RETURN(log, StartLog(environment.environment(), kFolder, found.position, options,
                                       {.on_durable =
                                            [this](Lsn lsn) {
                                              const std::lock_guard<std::mutex> lock(mutex_);
                                              announced_.push_back(lsn);
                                            },
                                        .timing = &environment.clock}));
  return absl::OkStatus();
}

void LogHarness::Open(const LogOptions& options) {
  const absl::Status status = TryOpen(options);
  ASSERT_TRUE(status.ok()) << status;
}

absl::StatusOr<Lsn> LogHarness::TryAppend(const std::string& body) {
  RecordDraft draft;
  draft.body = body;
  draft.body_crc = Crc32c(body);
  draft.entry_count = 1;
  draft.commit_time = Timestamp(commit_micros_++);
  return log->Append(draft);
}

Lsn LogHarness::Append(const std::string& body) {
  const absl::StatusOr<Lsn> lsn = TryAppend(body);
  EXPECT_TRUE(lsn.ok()) << lsn.status();
  return lsn.ok() ? *lsn : Lsn();
}

Lsn LogHarness::Commit(const std::string& body) {
  const Lsn lsn = Append(body);
  const absl::Status status = log->WaitDurable(lsn);
  EXPECT_TRUE(status.ok()) << status;
  return lsn;
}

void LogHarness::Close() {
  const absl::Status status = log->Close();
  EXPECT_TRUE(status.ok()) << status;
}

FoundLog LogHarness::Read() {
  absl::StatusOr<FoundLog> found = ReadLog(files());
  EXPECT_TRUE(found.ok()) << found.status();
  return found.ok() ? *std::move(found) : FoundLog();
}

std::vector<Lsn> LogHarness::announced() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return announced_;
}

}  // namespace varve::wal
