// ListSegments: which segments there are, and whether their headers make one chain.
#include <algorithm>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/wal/reader.h"
#include "kernel/wal/zero_bytes.h"

namespace varve::wal {
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 20;

absl::Status DamagedSegment(const SegmentFile& segment, Damage::Kind kind, std::string found,
                            std::string evidence = {}) {
  Damage damage;
  damage.kind = kind;
  damage.file = segment.path;
  damage.found = std::move(found);
  damage.evidence = std::move(evidence);
  return damage.ToStatus();
}

absl::Status Unreadable(const SegmentFile& segment, const absl::Status& status) {
  if (status.code() == absl::StatusCode::kNotFound ||
      status.code() == absl::StatusCode::kPermissionDenied ||
      status.code() == absl::StatusCode::kResourceExhausted) {
    return status;  // about the folder or the process, not about the bytes
  }
  return DamagedSegment(segment, Damage::Kind::kUnreadable,
                        "the device failed the read: " + std::string(FromAbsl(status.message())));
}

// Whether everything from `offset` to the end of the file is zero.
absl::StatusOr<bool> ZeroFrom(const File& file, const SegmentFile& segment, std::uint64_t offset) {
  std::vector<char> buffer(kReadBytes);
  while (offset < segment.file_bytes) {
    const absl::StatusOr<std::size_t> count = file.ReadAt(offset, buffer);
    if (!count.ok()) return Unreadable(segment, count.status());
    if (*count == 0) break;
    if (!IsZero(std::string_view(buffer.data(), *count))) return false;
    offset += *count;
  }
  return true;
}

absl::Status CheckIdentity(const SegmentFile& segment, const Uuid& store) {
  if (segment.header.number != segment.number) {
    return DamagedSegment(segment, Damage::Kind::kForeign,
                          "its header says that it is segment " +
                              std::to_string(segment.header.number) + ": the file was renamed");
  }
  if (segment.header.store != store) {
    return DamagedSegment(
        segment, Damage::Kind::kForeign,
        "it belongs to store " + segment.header.store.ToString() + ", not to " + store.ToString());
  }
  return absl::OkStatus();
}

// Fills in everything but stated_end.
absl::Status ReadHeader(FileSystem& files, const Uuid& store, bool newest, SegmentFile& segment) {
  absl::StatusOr<std::unique_ptr<File>> file = files.Open(segment.path, OpenMode::kRead);
  if (!file.ok()) return Unreadable(segment, file.status());
  const absl::StatusOr<std::uint64_t> size = (*file)->Size();
  if (!size.ok()) return Unreadable(segment, size.status());
  segment.file_bytes = *size;
  std::string page(kSegmentHeaderBytes, '\0');
  const absl::StatusOr<std::size_t> count = (*file)->ReadAt(0, page);
  if (!count.ok()) return Unreadable(segment, count.status());

  absl::StatusOr<SegmentHeader> header =
      DecodeSegmentHeader(std::string_view(page).substr(0, *count));
  if (header.ok()) {
    segment.header = *header;
    return CheckIdentity(segment, store);
  }
  if (header.status().code() != absl::StatusCode::kDataLoss) {
    return AddContext(header.status(), segment.path);
  }
  if (newest) {
    VARVE_ASSIGN_OR_RETURN(segment.unused, ZeroFrom(**file, segment, kSegmentHeaderBytes));
    if (segment.unused) return absl::OkStatus();
  }
  return DamagedSegment(segment, Damage::Kind::kCorrupt,
                        std::string(FromAbsl(header.status().message())),
                        newest ? "bytes stand behind the header, and it is durable before they are"
                               : "a later segment exists");
}

// Ties `previous` and `segment`, its successor, together.
absl::Status CheckFollows(const SegmentFile& segment, SegmentFile& previous) {
  if (segment.unused) return absl::OkStatus();
  const SegmentEnd& end = segment.header.predecessor;
  if (end.last_lsn.Next() < previous.header.first_lsn) {
    return DamagedSegment(segment, Damage::Kind::kCorrupt,
                          "it says that segment " + std::to_string(previous.number) +
                              " ends with LSN " + std::to_string(end.last_lsn.value()) +
                              ", which is before that one's first");
  }
  if (previous.file_bytes < end.end_offset) {
    return DamagedSegment(previous, Damage::Kind::kMissing,
                          "the file has only " + std::to_string(previous.file_bytes) + " bytes",
                          "its successor says that it ends at " + std::to_string(end.end_offset));
  }
  previous.stated_end = end;
  return absl::OkStatus();
}

absl::Status CheckNoGap(const std::string& folder, const SegmentFile& previous,
                        const SegmentFile& segment) {
  if (segment.number == previous.number + 1) return absl::OkStatus();
  Damage damage;
  damage.kind = Damage::Kind::kMissing;
  damage.file = JoinPath(folder, SegmentFileName(previous.number + 1));
  damage.found = "the segment is missing";
  damage.evidence = "segments before and after it are there";
  return damage.ToStatus();
}

}  // namespace

absl::StatusOr<std::vector<SegmentFile>> ListSegments(FileSystem& files, const std::string& folder,
                                                      const Uuid& store) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files.List(folder));
  std::vector<SegmentFile> segments;
  for (const std::string& name : names) {
    const std::optional<std::uint64_t> number = ParseSegmentFileName(name);
    if (!number.has_value()) continue;
    SegmentFile segment;
    segment.number = *number;
    segment.path = JoinPath(folder, name);
    segments.push_back(std::move(segment));
  }
  std::sort(segments.begin(), segments.end(),
            [](const SegmentFile& a, const SegmentFile& b) { return a.number < b.number; });
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool newest = i + 1 == segments.size();
    if (i > 0) VARVE_RETURN_IF_ERROR(CheckNoGap(folder, segments[i - 1], segments[i]));
    VARVE_RETURN_IF_ERROR(ReadHeader(files, store, newest, segments[i]));
    if (i > 0) VARVE_RETURN_IF_ERROR(CheckFollows(segments[i], segments[i - 1]));
  }
  return segments;
}

}  // namespace varve::wal
