// From where recovery found the end of the log to a new segment behind it.
#include "kernel/wal/writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "kernel/base/status.h"
#include "kernel/wal/log_writer.h"
#include "kernel/wal/reader.h"
#include "kernel/wal/record_cursor.h"

namespace varve::wal {
namespace {

constexpr std::uint64_t kSegmentBytesFloor = 2 * kSegmentHeaderBytes;

LogOptions Normalized(LogOptions options) {
  const auto whole_pages = [](std::uint64_t bytes) {
    bytes = std::max(bytes, kSegmentBytesFloor);
    return (bytes + kSegmentHeaderBytes - 1) / kSegmentHeaderBytes * kSegmentHeaderBytes;
  };
  options.segment_bytes_min = whole_pages(options.segment_bytes_min);
  options.segment_bytes_max =
      std::max(whole_pages(options.segment_bytes_max), options.segment_bytes_min);
  return options;
}

// The folder must be what recovery saw: nothing in use behind the predecessor, which is there.
absl::Status CheckPosition(const std::vector<SegmentFile>& segments, const LogPosition& position) {
  const std::uint64_t newest = segments.empty() ? 0 : segments.back().number;
  if (newest != position.predecessor.number) {
    return FailedPrecondition("the newest log segment is number ", newest,
                              " but the log is to go on behind number ",
                              position.predecessor.number, ": recover the store first");
  }
  if (position.last_lsn != position.predecessor.last_lsn && newest != 0) {
    return FailedPrecondition("the log ends with LSN ", position.predecessor.last_lsn,
                              " but is to go on after LSN ", position.last_lsn);
  }
  for (const SegmentFile& segment : segments) {
    if (segment.header.read_only_compatible_flags != 0) {
      return Unimplemented(segment.path, " was written by a newer build that lets this one read ",
                           "the store but not write to it: open it read-only");
    }
  }
  if (newest != 0 && segments.back().file_bytes < position.predecessor.end_offset) {
    return FailedPrecondition(segments.back().path, " ends before its last record");
  }
  return absl::OkStatus();
}

SegmentHeader MakeHeader(const PreparedSegment& segment, const LogPosition& position,
                         Timestamp now) {
  SegmentHeader header;
  header.store = position.store;
  header.number = segment.number;
  header.salt = segment.salt;
  header.first_lsn = position.last_lsn.Next();
  header.predecessor = position.predecessor;
  header.predecessor.last_lsn = position.last_lsn;
  header.segment_bytes = segment.bytes;
  header.created = now;
  return header;
}

absl::Status ReadsOtherwise(const std::string& path, std::uint64_t offset, std::string_view fault) {
  Damage damage;
  damage.file = path;
  damage.offset = offset;
  damage.found = "it reads otherwise than a moment ago: ";
  damage.found += fault;
  return damage.ToStatus();
}

// Whatever is read goes back to the disk, so it is checked once more: a bit that is read wrong just
// now would be wrong for ever. `from` is where a record begins.
absl::Status SettleRecords(File& file, const std::string& path, const SegmentHeader& header,
                           std::uint64_t from, std::uint64_t end) {
  constexpr std::uint64_t kChunkBytes = std::uint64_t{1} << 20;
  FileWindow window(file, path, end, kChunkBytes);
  RecordCursor records(header, path, window);
  if (from > kSegmentHeaderBytes) {
    VARVE_ASSIGN_OR_RETURN(const std::string_view head, window.View(from, RecordLayout::kBytes));
    const absl::StatusOr<RecordHeader> first = DecodeRecordHeader(head, header.salt);
    if (!first.ok()) return ReadsOtherwise(path, from, FromAbsl(first.status().message()));
    records.StandBefore(from, *first);
  }
  std::string checked;
  std::uint64_t checked_from = records.end().end_offset;
  while (records.end().end_offset < end) {
    const std::uint64_t offset = records.end().end_offset;
    VARVE_ASSIGN_OR_RETURN(const std::optional<Record> record, records.Read());
    if (!record.has_value()) return ReadsOtherwise(path, offset, records.fault());
    checked.append(record->whole());
    records.Accept(record->header);
    if (checked.size() < kChunkBytes && records.end().end_offset < end) continue;
    VARVE_RETURN_IF_ERROR(file.WriteAt(checked_from, checked));
    checked_from += checked.size();
    checked.clear();
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SettleSegment(FileSystem& files, const std::string& path, std::uint64_t from,
                           std::uint64_t end) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file, files.Open(path, OpenMode::kWrite));
  std::string page(kSegmentHeaderBytes, '\0');
  VARVE_ASSIGN_OR_RETURN(const std::size_t count, file->ReadAt(0, page));
  page.resize(count);
  const absl::StatusOr<SegmentHeader> header = DecodeSegmentHeader(page);
  if (!header.ok()) return ReadsOtherwise(path, 0, FromAbsl(header.status().message()));
  // No record proves the header either.
  if (from <= kSegmentHeaderBytes) VARVE_RETURN_IF_ERROR(file->WriteAt(0, page));
  if (from < end) VARVE_RETURN_IF_ERROR(SettleRecords(*file, path, *header, from, end));
  return file->Sync();
}

absl::StatusOr<std::unique_ptr<Log>> StartLog(const Environment& environment, std::string folder,
                                              const LogPosition& position,
                                              const LogOptions& options, LogHooks hooks) {
  const LogOptions normalized = Normalized(options);
  FileSystem& files = *environment.files;
  VARVE_ASSIGN_OR_RETURN(std::vector<SegmentFile> segments,
                         ListSegments(files, folder, position.store));
  std::optional<std::string> leftover;
  if (!segments.empty() && segments.back().unused) {
    leftover = segments.back().path;
    segments.pop_back();
  }
  VARVE_RETURN_IF_ERROR(CheckPosition(segments, position));
  LogWriter::Start start;
  if (!segments.empty()) {
    start.predecessor_cut = segments.back().file_bytes == position.predecessor.end_offset;
    const std::uint64_t end = position.predecessor.end_offset;
    const std::uint64_t from = position.unproven_offset == 0 ? end : position.unproven_offset;
    VARVE_RETURN_IF_ERROR(SettleSegment(files, segments.back().path, from, end));
  }
  if (leftover.has_value()) VARVE_RETURN_IF_ERROR(files.Remove(*leftover));
  VARVE_ASSIGN_OR_RETURN(start.segment,
                         PrepareSegment(environment, folder, position.predecessor.number + 1,
                                        normalized.segment_bytes_min));
  start.header = MakeHeader(start.segment, position, environment.clock->Now());
  VARVE_RETURN_IF_ERROR(start.segment.file->WriteDurablyAt(0, EncodeSegmentHeader(start.header)));
  for (const SegmentFile& segment : segments) start.older.push_back(segment.header);
  start.last_commit_time = position.last_commit_time;
  return std::make_unique<LogWriter>(environment, std::move(folder), normalized, std::move(start),
                                     std::move(hooks));
}

}  // namespace varve::wal
