// The folder of a backup: a store's files, and a file BACKUP that says so.
#ifndef VARVE_RECOVERY_BACKUP_TARGET_H_
#define VARVE_RECOVERY_BACKUP_TARGET_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/io/file_system.h"
#include "kernel/store_files.h"
#include "kernel/wal/reader.h"
#include "recovery/backup_file.h"
#include "recovery/base.h"
#include "snapshot/manifest.h"

namespace varve::recovery {

// Where the log of a backup ends, and when that was committed.
struct BackupEnd {
  Lsn last_lsn;
  Timestamp last_commit_time;
};

// Not thread-safe. Call Open first.
class BackupTarget final {
 public:
  BackupTarget(FileSystem& files, std::string folder) : files_(files), names_(std::move(folder)) {}

  // Takes the folder for backups of `store`, making it where it is absent, and holds it until the
  // end. Errors as BackupStore.
  [[nodiscard]] absl::Status Open(const Uuid& store);
  // Reads what is there; again after every change.
  [[nodiscard]] absl::Status Read();

  [[nodiscard]] const StoreFiles& names() const { return names_; }
  // Absent: no backup was ever finished here.
  [[nodiscard]] const std::optional<snapshot::Manifest>& manifest() const { return manifest_; }
  [[nodiscard]] const std::vector<wal::SegmentFile>& segments() const { return segments_; }
  // Null where it is not there.
  [[nodiscard]] const wal::SegmentFile* FindSegment(std::uint64_t number) const;
  [[nodiscard]] bool Names(Lsn snapshot) const;

  // Where the log in `segment` ends, which is at the end of its file: so it was copied. kDataLoss
  // where it reads otherwise; what stands behind that place would be taken for nothing.
  [[nodiscard]] absl::StatusOr<wal::SegmentEnd> EndOf(const wal::SegmentFile& segment,
                                                      const BackupMeter& meter) const;

  // kOutOfRange, kFailedPrecondition: the log of the source is not that of this backup, continued.
  [[nodiscard]] absl::Status CheckContinues(const std::vector<wal::SegmentFile>& source,
                                            const BackupMeter& meter) const;

  // Makes the backup one of everything that is here: its manifest is that of the source, but for
  // the snapshots, which are all that were ever named and `added`. Then drops what nothing needs.
  [[nodiscard]] absl::Status Finish(const snapshot::Manifest& source,
                                    const std::vector<snapshot::RetainedSnapshot>& added,
                                    Lsn last_lsn);
  // Of the finished backup; reads its newest records through.
  [[nodiscard]] absl::StatusOr<BackupEnd> FindEnd() const;
  // The oldest moment that can be restored from the finished backup.
  [[nodiscard]] Lsn FirstLsn() const;

 private:
  [[nodiscard]] absl::Status TakeFolder();
  [[nodiscard]] absl::Status CheckMark();
  [[nodiscard]] absl::Status WriteManifest(snapshot::Manifest next);

  FileSystem& files_;
  const StoreFiles names_;
  Uuid store_;
  std::unique_ptr<FileLock> lock_;
  std::optional<snapshot::Manifest> manifest_;
  std::vector<wal::SegmentFile> segments_;
};

}  // namespace varve::recovery

#endif  // VARVE_RECOVERY_BACKUP_TARGET_H_
