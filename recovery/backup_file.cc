#include "recovery/backup_file.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "kernel/base/status.h"
#include "snapshot/snapshot.h"

namespace varve::recovery {
namespace {

constexpr std::uint64_t kChunkBytes = std::uint64_t{1} << 20;

std::string FolderOf(const std::string& path) { return path.substr(0, path.find_last_of('/')); }

absl::Status DamageIn(const std::string& path, std::uint64_t offset, Damage::Kind kind,
                      std::string found) {
  Damage damage;
  damage.kind = kind;
  damage.file = path;
  damage.offset = offset;
  damage.found = std::move(found);
  return damage.ToStatus();
}

absl::Status RemoveIfThere(FileSystem& files, const std::string& path) {
  const absl::Status status = files.Remove(path);
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

// The first `bytes` of `from`, synced.
absl::Status CopyBytes(FileSystem& files, const std::string& from, std::uint64_t bytes,
                       const std::string& to, BackupMeter& meter) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<File> source, files.Open(from, OpenMode::kRead));
  VARVE_RETURN_IF_ERROR(RemoveIfThere(files, to));
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<File> copy, files.Open(to, OpenMode::kCreate));
  std::string buffer(std::min(bytes, kChunkBytes), '\0');
  for (std::uint64_t offset = 0; offset < bytes;) {
    const std::span<char> into(buffer.data(), std::min<std::uint64_t>(kChunkBytes, bytes - offset));
    VARVE_ASSIGN_OR_RETURN(const std::size_t count, source->ReadAt(offset, into));
    if (count < into.size()) {
      return DamageIn(from, offset + count, Damage::Kind::kMissing,
                      "the file ends here, before " + std::to_string(bytes));
    }
    VARVE_RETURN_IF_ERROR(copy->WriteAt(offset, std::string_view(into.data(), count)));
    offset += count;
    VARVE_RETURN_IF_ERROR(meter.Advance(count));
  }
  return copy->Sync();
}

// Copies, asks `check` of the copy, and names it. A failed check is the source's fault where
// `check` finds it there, too.
absl::Status CopyChecked(FileSystem& files, const std::string& from, std::uint64_t bytes,
                         const std::string& to, BackupMeter& meter,
                         const std::function<absl::Status(const std::string& path)>& check) {
  const std::string temporary = to + std::string(kCopySuffix);
  absl::Status status = CopyBytes(files, from, bytes, temporary, meter);
  if (status.ok()) {
    status = check(temporary);
    if (absl::IsDataLoss(status)) {
      const absl::Status of_source = check(from);
      status = of_source.ok()
                   ? AddContext(status, "the disk gave back other bytes than were copied")
                   : of_source;
    }
  }
  if (status.ok()) status = files.Rename(temporary, to);
  if (!status.ok()) {
    RemoveIfThere(files, temporary).IgnoreError();  // the error that counts is the first
    return status;
  }
  return files.SyncDirectory(FolderOf(to));
}

using RecordVisitor = std::function<absl::Status(const wal::Record&, std::uint64_t offset)>;

absl::Status CheckHeaderPage(FileSystem& files, const std::string& path,
                             const wal::SegmentHeader& header) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file, files.Open(path, OpenMode::kRead));
  std::string page(wal::kSegmentHeaderBytes, '\0');
  VARVE_ASSIGN_OR_RETURN(const std::size_t count, file->ReadAt(0, page));
  page.resize(count);
  if (page == wal::EncodeSegmentHeader(header)) return absl::OkStatus();
  return DamageIn(path, 0, Damage::Kind::kCorrupt, "its header is not the one that was read");
}

absl::Status CheckSegmentRecords(FileSystem& files, const std::string& path,
                                 const wal::SegmentHeader& header, const wal::SegmentEnd& end,
                                 const RecordVisitor& visit) {
  VARVE_RETURN_IF_ERROR(CheckHeaderPage(files, path, header));
  wal::SegmentFile segment;
  segment.number = header.number;
  segment.path = path;
  segment.file_bytes = end.end_offset;
  segment.header = header;
  segment.stated_end = end;
  VARVE_ASSIGN_OR_RETURN(const wal::SegmentTail tail, wal::ScanSegment(files, segment, visit));
  if (tail.clean && tail.end == end) return absl::OkStatus();
  return DamageIn(path, tail.end.end_offset, Damage::Kind::kCorrupt,
                  "bad record: " + (tail.fault.empty() ? "not the last one expected" : tail.fault));
}

}  // namespace

absl::Status BackupMeter::Advance(std::uint64_t bytes) {
  progress_.bytes_done += bytes;
  if (options_.progress) options_.progress(progress_);
  return CheckCancelled();
}

absl::Status BackupMeter::CheckCancelled() const {
  if (!options_.cancelled || !options_.cancelled()) return absl::OkStatus();
  return absl::CancelledError("the backup was cancelled; the one before is as it was");
}

absl::Status CheckSegmentFile(FileSystem& files, const std::string& path,
                              const wal::SegmentHeader& header, const wal::SegmentEnd& end,
                              const BackupMeter& meter) {
  return CheckSegmentRecords(files, path, header, end, [&](const wal::Record&, std::uint64_t) {
    return meter.CheckCancelled();
  });
}

absl::Status CopySegment(FileSystem& files, const SegmentCopy& copy, const std::string& to,
                         BackupMeter& meter) {
  const wal::SegmentHeader& header = copy.segment.header;
  const auto check = [&](const std::string& path) -> absl::Status {
    // A segment without records goes on from where its header says.
    bool goes_on = !copy.older.has_value() || copy.older->end_offset == wal::kSegmentHeaderBytes;
    const auto visit = [&](const wal::Record& record, std::uint64_t) {
      // Each record holds the checksum of the one before, so one equal record means that all before
      // it are.
      if (!goes_on && record.header.lsn == copy.older->last_lsn) {
        goes_on = record.header.header_crc == copy.older->last_record_crc;
      }
      return meter.CheckCancelled();
    };
    VARVE_RETURN_IF_ERROR(CheckSegmentRecords(files, path, header, copy.end, visit));
    if (goes_on) return absl::OkStatus();
    return FailedPrecondition(copy.segment.path, ": holds other records than the backup has up to ",
                              "LSN ", copy.older->last_lsn,
                              ": the store's history is another one. Start a new backup");
  };
  return CopyChecked(files, copy.segment.path, copy.end.end_offset, to, meter, check);
}

absl::Status CheckSnapshotFile(FileSystem& files, const std::string& path,
                               const snapshot::RetainedSnapshot& expected, const Uuid& store,
                               const BackupMeter& meter) {
  snapshot::SnapshotWriteOptions options;
  options.cancelled = [&] { return !meter.CheckCancelled().ok(); };
  VARVE_ASSIGN_OR_RETURN(const snapshot::SnapshotInfo info,
                         snapshot::VerifySnapshot(files, path, options));
  if (info.digest == expected.digest && info.lsn == expected.lsn && info.store == store) {
    return absl::OkStatus();
  }
  return DamageIn(path, 0, Damage::Kind::kForeign,
                  "whole, but not the snapshot that the manifest names");
}

absl::Status CopySnapshot(FileSystem& files, const std::string& from,
                          const snapshot::RetainedSnapshot& expected, const Uuid& store,
                          const std::string& to, BackupMeter& meter) {
  VARVE_ASSIGN_OR_RETURN(const FileInfo info, files.Stat(from));
  return CopyChecked(files, from, info.bytes, to, meter, [&](const std::string& path) {
    return CheckSnapshotFile(files, path, expected, store, meter);
  });
}

}  // namespace varve::recovery
