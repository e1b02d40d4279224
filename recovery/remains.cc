#include "recovery/remains.h"

#include <algorithm>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/wal/record_cursor.h"
#include "kernel/wal/zero_bytes.h"

namespace varve::recovery {
namespace {

using Layout = wal::RecordLayout;

std::string TextOf(const absl::Status& status) { return std::string(FromAbsl(status.message())); }

// The names in `folder` that `parse` knows; none where the folder is not there.
template <typename Parse>
absl::StatusOr<std::vector<std::string>> NamesIn(FileSystem& files, const std::string& folder,
                                                 const Parse& parse) {
  absl::StatusOr<std::vector<std::string>> names = files.List(folder);
  if (absl::IsNotFound(names.status())) return std::vector<std::string>();
  VARVE_RETURN_IF_ERROR(names.status());
  std::erase_if(*names, [&](const std::string& name) { return !parse(name).has_value(); });
  return names;
}

absl::Status ReadManifestTolerantly(FileSystem& files, const StoreFiles& names, Remains& remains) {
  absl::StatusOr<snapshot::Manifest> manifest =
      snapshot::ReadManifest(files, names.manifest(), &remains.warnings);
  if (manifest.ok()) {
    remains.manifest = *std::move(manifest);
    remains.store = remains.manifest.store;
    return absl::OkStatus();
  }
  if (!absl::IsDataLoss(manifest.status()) && !absl::IsNotFound(manifest.status())) {
    return manifest.status();
  }
  remains.warnings.push_back("how far the store was durable is not known: " +
                             TextOf(manifest.status()));
  return absl::OkStatus();
}

// False for one that was prepared and never used.
absl::StatusOr<bool> ReadHeader(FileSystem& files, RemainingSegment& segment) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                         files.Open(segment.path, OpenMode::kRead));
  VARVE_ASSIGN_OR_RETURN(segment.file_bytes, file->Size());
  std::string page(wal::kSegmentHeaderBytes, '\0');
  const absl::StatusOr<std::size_t> read = file->ReadAt(0, page);
  if (!read.ok()) {
    segment.fault = "its header cannot be read: " + TextOf(read.status());
    return true;
  }
  page.resize(*read);
  if (wal::IsZero(page)) return false;
  absl::StatusOr<wal::SegmentHeader> header = wal::DecodeSegmentHeader(page);
  if (absl::IsUnimplemented(header.status())) return AddContext(header.status(), segment.path);
  if (!header.ok()) {
    segment.fault = "its header is damaged: " + TextOf(header.status());
  } else if (header->number != segment.number) {
    segment.fault = "its header says that it is segment " + std::to_string(header->number);
  } else {
    segment.header = *std::move(header);
  }
  return true;
}

absl::Status ReadSegments(FileSystem& files, const StoreFiles& names, Remains& remains) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> found,
                         NamesIn(files, names.log_folder(), wal::ParseSegmentFileName));
  for (const std::string& name : found) {
    RemainingSegment segment;
    segment.number = *wal::ParseSegmentFileName(name);
    segment.path = JoinPath(names.log_folder(), name);
    VARVE_ASSIGN_OR_RETURN(const bool used, ReadHeader(files, segment));
    if (!used) continue;
    if (segment.header.has_value() && remains.store == Uuid())
      remains.store = segment.header->store;
    if (segment.header.has_value() && segment.header->store != remains.store) {
      remains.warnings.push_back(segment.path + ": passed over, it is of another store");
      continue;
    }
    remains.segments.push_back(std::move(segment));
  }
  return absl::OkStatus();
}

absl::Status FindSnapshot(FileSystem& files, const StoreFiles& names, Remains& remains) {
  VARVE_ASSIGN_OR_RETURN(std::vector<std::string> found,
                         NamesIn(files, names.snapshot_folder(), snapshot::ParseSnapshotFileName));
  std::sort(found.begin(), found.end(), [](const std::string& a, const std::string& b) {
    return *snapshot::ParseSnapshotFileName(a) > *snapshot::ParseSnapshotFileName(b);
  });
  for (const std::string& name : found) {
    const std::string path = JoinPath(names.snapshot_folder(), name);
    absl::StatusOr<snapshot::SnapshotInfo> info = snapshot::VerifySnapshot(files, path);
    if (info.ok() && (remains.store == Uuid() || info->store == remains.store)) {
      remains.newest = *std::move(info);
      return absl::OkStatus();
    }
    remains.warnings.push_back("snapshot passed over: " +
                               (info.ok() ? path + " is of another store" : TextOf(info.status())));
  }
  return absl::OkStatus();
}

// Small, so that a sector that cannot be read takes no more with it than it must.
constexpr std::uint64_t kWindowBytes = 4096;

// The next place at or behind `at` where the header of a later record than `last` stands, if any.
// What cannot be read is passed over.
struct Found {
  std::uint64_t offset;
  wal::RecordHeader header;
};
std::optional<Found> FindRecord(wal::FileWindow& window, std::uint64_t salt, Lsn last,
                                std::uint64_t at) {
  while (at + Layout::kBytes <= window.end()) {
    const absl::StatusOr<std::string_view> bytes = window.View(at, Layout::kBytes);
    if (!bytes.ok()) {
      at = (at / kWindowBytes + 1) * kWindowBytes;
      continue;
    }
    if (bytes->size() < Layout::kBytes) break;
    if (wal::MayBeRecordHeader(*bytes)) {
      const absl::StatusOr<wal::RecordHeader> header = wal::DecodeRecordHeader(*bytes, salt);
      if (header.ok() && header->lsn > last) return Found{at, *header};
    }
    at += 8;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<Remains> FindRemains(FileSystem& files, const StoreFiles& names) {
  Remains remains;
  VARVE_RETURN_IF_ERROR(ReadManifestTolerantly(files, names, remains));
  VARVE_RETURN_IF_ERROR(ReadSegments(files, names, remains));
  VARVE_RETURN_IF_ERROR(FindSnapshot(files, names, remains));
  if (remains.store != Uuid() || remains.newest.has_value()) return remains;
  return absl::NotFoundError(
      ToAbsl(names.directory() + ": no manifest, log segment or snapshot of a store can be read"));
}

absl::StatusOr<RecordFault> ScanRemains(
    FileSystem& files, const RemainingSegment& segment, std::uint64_t end,
    const std::function<absl::Status(const wal::Record&, const RecordFault* fault)>& visit) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                         files.Open(segment.path, OpenMode::kRead));
  wal::FileWindow window(*file, segment.path, end, kWindowBytes);
  wal::RecordCursor records(*segment.header, segment.path, window);
  std::optional<RecordFault> fault;
  std::uint64_t search_from = 0;
  while (true) {
    const absl::StatusOr<std::optional<wal::Record>> record = records.Read();
    if (record.ok() && record->has_value()) {
      VARVE_RETURN_IF_ERROR(visit(**record, fault.has_value() ? &*fault : nullptr));
      fault.reset();
      records.Accept((*record)->header);
      continue;
    }
    if (!record.ok() && !absl::IsDataLoss(record.status())) return record.status();
    const std::uint64_t here = records.end().end_offset;
    if (!fault.has_value()) {
      fault = RecordFault{here, record.ok() ? records.fault() : TextOf(record.status())};
    }
    search_from = std::max(search_from, here + 8);
    const std::optional<Found> found =
        FindRecord(window, segment.header->salt, records.end().last_lsn, search_from);
    if (!found.has_value()) return *fault;
    search_from = found->offset + 8;
    records.StandBefore(found->offset, found->header);
  }
}

}  // namespace varve::recovery
