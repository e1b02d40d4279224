#include "recovery/backup_target.h"

#include <algorithm>
#include <utility>

#include "kernel/base/status.h"
#include "recovery/backup_file.h"
#include "recovery/create.h"
#include "snapshot/retention.h"
#include "snapshot/snapshot.h"

namespace varve::recovery {
namespace {

constexpr std::string_view kMarkName = "BACKUP";
// As many as a manifest has room for beside many primitives. The log alone leads to every moment;
// snapshots between the oldest and the newest only make the way shorter.
constexpr std::size_t kSnapshotsMax = 32;

std::string MarkText(const Uuid& store) {
  return "varve backup 1\nstore " + store.ToString() + "\n";
}

absl::Status CreateFolder(FileSystem& files, const std::string& path) {
  const absl::Status status = files.CreateDirectory(path);
  return absl::IsAlreadyExists(status) ? absl::OkStatus() : status;
}

// What a copy that was cut short left.
absl::Status RemoveUnfinished(FileSystem& files, const std::string& folder) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files.List(folder));
  for (const std::string& name : names) {
    if (!name.ends_with(kCopySuffix)) continue;
    VARVE_RETURN_IF_ERROR(files.Remove(JoinPath(folder, name)));
  }
  return absl::OkStatus();
}

bool SameHeader(const wal::SegmentHeader& a, const wal::SegmentHeader& b) {
  return wal::EncodeSegmentHeader(a) == wal::EncodeSegmentHeader(b);
}

// Leaves out, one by one, the snapshot that shortens the way of the fewest moments.
void ThinOut(std::vector<snapshot::RetainedSnapshot>& snapshots) {
  while (snapshots.size() > kSnapshotsMax) {
    std::size_t least = 1;
    for (std::size_t i = 1; i + 1 < snapshots.size(); ++i) {
      const auto span = [&](std::size_t at) {
        return snapshots[at + 1].lsn.value() - snapshots[at - 1].lsn.value();
      };
      if (span(i) < span(least)) least = i;
    }
    snapshots.erase(snapshots.begin() + static_cast<std::ptrdiff_t>(least));
  }
}

}  // namespace

absl::Status BackupTarget::Open(const Uuid& store) {
  store_ = store;
  VARVE_RETURN_IF_ERROR(TakeFolder());
  VARVE_RETURN_IF_ERROR(CheckMark());
  VARVE_RETURN_IF_ERROR(CreateFolder(files_, names_.log_folder()));
  VARVE_RETURN_IF_ERROR(CreateFolder(files_, names_.snapshot_folder()));
  VARVE_RETURN_IF_ERROR(SyncStoreNames(files_, names_));
  VARVE_RETURN_IF_ERROR(RemoveUnfinished(files_, names_.log_folder()));
  return RemoveUnfinished(files_, names_.snapshot_folder());
}

absl::Status BackupTarget::TakeFolder() {
  const absl::StatusOr<std::vector<std::string>> found = files_.List(names_.directory());
  if (absl::IsNotFound(found.status())) {
    if (files_.Stat(names_.directory()).ok()) {
      return absl::AlreadyExistsError(ToAbsl(names_.directory() + ": is a file, not a folder"));
    }
    VARVE_RETURN_IF_ERROR(CreateStoreDirectory(files_, names_));
  } else {
    VARVE_RETURN_IF_ERROR(found.status());
    bool marked = false;
    bool empty = true;
    for (const std::string& name : *found) {
      marked = marked || name == kMarkName;
      empty =
          empty && (name == "LOCK" || name == std::string(kMarkName) + std::string(kCopySuffix));
    }
    if (!marked && !empty) {
      return absl::AlreadyExistsError(
          ToAbsl(names_.directory() +
                 ": holds something that is no backup; name a new folder, or one that was backed "
                 "up into before"));
    }
  }
  absl::StatusOr<std::unique_ptr<FileLock>> lock = files_.Lock(names_.lock(), LockMode::kExclusive);
  VARVE_RETURN_IF_ERROR(lock.status());
  lock_ = *std::move(lock);
  return absl::OkStatus();
}

absl::Status BackupTarget::CheckMark() {
  const std::string path = JoinPath(names_.directory(), kMarkName);
  const std::string wanted = MarkText(store_);
  const absl::StatusOr<std::string> text = ReadWholeFile(files_, path, 4096);
  if (text.ok()) {
    if (*text == wanted) return absl::OkStatus();
    return FailedPrecondition(path, ": not the mark of a backup of store ", store_.ToString(),
                              ": a target holds the backup of one store only. Name another folder");
  }
  if (!absl::IsNotFound(text.status())) return text.status();
  const std::string temporary = path + std::string(kCopySuffix);
  const absl::Status removed = files_.Remove(temporary);
  if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<File> mark,
                         files_.Open(temporary, OpenMode::kCreate));
  VARVE_RETURN_IF_ERROR(mark->WriteAt(0, wanted));
  VARVE_RETURN_IF_ERROR(mark->Sync());
  VARVE_RETURN_IF_ERROR(files_.Rename(temporary, path));
  return files_.SyncDirectory(names_.directory());
}

absl::Status BackupTarget::Read() {
  manifest_.reset();
  absl::StatusOr<snapshot::Manifest> manifest = snapshot::ReadManifest(files_, names_.manifest());
  if (manifest.ok()) {
    manifest_ = *std::move(manifest);
  } else if (!absl::IsNotFound(manifest.status())) {
    return AddContext(manifest.status(), "the backup is damaged");
  }
  absl::StatusOr<std::vector<wal::SegmentFile>> segments =
      wal::ListSegments(files_, names_.log_folder(), store_);
  if (!segments.ok()) return AddContext(segments.status(), "the backup is damaged");
  segments_ = *std::move(segments);
  return absl::OkStatus();
}

const wal::SegmentFile* BackupTarget::FindSegment(std::uint64_t number) const {
  if (segments_.empty() || number < segments_.front().number) return nullptr;
  const std::uint64_t at = number - segments_.front().number;
  return at < segments_.size() ? &segments_[at] : nullptr;
}

bool BackupTarget::Names(Lsn snapshot) const {
  if (!manifest_.has_value()) return false;
  return std::any_of(manifest_->snapshots.begin(), manifest_->snapshots.end(),
                     [&](const auto& named) { return named.lsn == snapshot; });
}

absl::StatusOr<wal::SegmentEnd> BackupTarget::EndOf(const wal::SegmentFile& segment,
                                                    const BackupMeter& meter) const {
  VARVE_ASSIGN_OR_RETURN(const wal::SegmentTail tail,
                         wal::ScanSegment(files_, segment, [&](const wal::Record&, std::uint64_t) {
                           return meter.CheckCancelled();
                         }));
  if (tail.end.end_offset == segment.file_bytes) return tail.end;
  Damage damage;
  damage.file = segment.path;
  damage.offset = tail.end.end_offset;
  damage.lsn = tail.end.last_lsn.Next();
  damage.found = "bad record: " + tail.fault;
  damage.evidence = "a backup's segment ends with its file. Start a new backup";
  return damage.ToStatus();
}

absl::Status BackupTarget::CheckContinues(const std::vector<wal::SegmentFile>& source,
                                          const BackupMeter& meter) const {
  const auto diverged = [&](std::uint64_t number) {
    return FailedPrecondition(
        names_.directory(), ": its log segment ", number,
        " is not the store's: the backup was opened for writing, or the store is an older copy of "
        "itself and has another history since. Start a new backup");
  };
  const auto gap = [&](Lsn covered) {
    return MakeStatus(absl::StatusCode::kOutOfRange, names_.directory(),
                      ": the backup ends at LSN ", covered,
                      ", and the store's log begins later: it was trimmed since. Start a "
                      "new backup, and back up more often or retain more snapshots");
  };
  for (const wal::SegmentFile& segment : segments_) {
    if (segment.unused) return diverged(segment.number);
  }
  for (const wal::SegmentFile& segment : source) {
    const wal::SegmentFile* const here = FindSegment(segment.number);
    if (here != nullptr && !SameHeader(here->header, segment.header))
      return diverged(segment.number);
  }
  if (segments_.empty()) {
    const bool begins_later = manifest_.has_value() && !source.empty() &&
                              source.front().header.first_lsn > manifest_->durable_lsn.Next();
    return begins_later ? gap(manifest_->durable_lsn) : absl::OkStatus();
  }
  const wal::SegmentFile& last = segments_.back();
  if (source.empty() || source.back().number < last.number) return diverged(last.number);
  if (source.front().number <= last.number) return absl::OkStatus();
  const wal::SegmentEnd& stated = source.front().header.predecessor;
  if (source.front().number > last.number + 1 || stated.end_offset > last.file_bytes) {
    return gap(manifest_.has_value() ? manifest_->durable_lsn : last.header.first_lsn);
  }
  VARVE_ASSIGN_OR_RETURN(const wal::SegmentEnd end, EndOf(last, meter));
  return end == stated ? absl::OkStatus() : diverged(last.number);
}

absl::Status BackupTarget::WriteManifest(snapshot::Manifest next) {
  if (!manifest_.has_value()) {
    next.generation = 1;  // MAN-8
    VARVE_RETURN_IF_ERROR(CreateStoreManifest(files_, names_, next));
  } else {
    next.generation = manifest_->generation;
    VARVE_RETURN_IF_ERROR(snapshot::UpdateManifest(files_, names_.manifest(), next));
  }
  return Read();
}

absl::Status BackupTarget::Finish(const snapshot::Manifest& source,
                                  const std::vector<snapshot::RetainedSnapshot>& added,
                                  Lsn last_lsn) {
  snapshot::Manifest next = source;
  next.clean_close = false;
  next.durable_lsn = last_lsn;
  next.snapshots = added;
  if (manifest_.has_value()) {
    next.log_start = manifest_->log_start;
    next.snapshots = manifest_->snapshots;
    for (const snapshot::RetainedSnapshot& one : added) {
      if (!Names(one.lsn)) next.snapshots.push_back(one);
    }
    std::sort(next.snapshots.begin(), next.snapshots.end(),
              [](const auto& a, const auto& b) { return a.lsn < b.lsn; });
    next.generation = manifest_->generation;
  }
  const std::size_t all = next.snapshots.size();
  ThinOut(next.snapshots);
  const bool thinned = next.snapshots.size() < all;
  if (manifest_ != next) VARVE_RETURN_IF_ERROR(WriteManifest(next));
  // Into the other slot, too, before what only that one names is removed.
  if (thinned) VARVE_RETURN_IF_ERROR(WriteManifest(next));
  return snapshot::RemoveDroppedSnapshots(files_, names_.snapshot_folder(), manifest_->snapshots);
}

absl::StatusOr<BackupEnd> BackupTarget::FindEnd() const {
  BackupEnd end{manifest_->durable_lsn, Timestamp()};
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
    VARVE_ASSIGN_OR_RETURN(
        const wal::SegmentTail tail,
        wal::ScanSegment(files_, *segment,
                         [](const wal::Record&, std::uint64_t) { return absl::OkStatus(); }));
    end.last_lsn = std::max(end.last_lsn, tail.end.last_lsn);
    end.last_commit_time = tail.last_commit_time;
    if (tail.end.end_offset > wal::kSegmentHeaderBytes) return end;
  }
  if (manifest_->snapshots.empty()) return end;
  VARVE_ASSIGN_OR_RETURN(
      const snapshot::SnapshotInfo info,
      snapshot::ReadSnapshotInfo(
          files_, JoinPath(names_.snapshot_folder(),
                           snapshot::SnapshotFileName(manifest_->snapshots.back().lsn))));
  end.last_commit_time = info.commit_time;
  return end;
}

Lsn BackupTarget::FirstLsn() const {
  const bool whole_log = segments_.empty() ? manifest_->snapshots.empty()
                                           : segments_.front().header.first_lsn == Lsn(1);
  if (whole_log || manifest_->snapshots.empty()) return Lsn();
  return manifest_->snapshots.front().lsn;
}

}  // namespace varve::recovery
