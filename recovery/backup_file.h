// One file of a store into a backup: copied under a temporary name, synced, read back, verified,
// and only then named.
#ifndef VARVE_RECOVERY_BACKUP_FILE_H_
#define VARVE_RECOVERY_BACKUP_FILE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "kernel/io/file_system.h"
#include "kernel/wal/reader.h"
#include "recovery/backup.h"
#include "snapshot/manifest.h"

namespace varve::recovery {

// What a file being copied has behind its name.
inline constexpr std::string_view kCopySuffix = ".new";

// Counts what is copied, tells and asks the caller. Not thread-safe.
class BackupMeter final {
 public:
  explicit BackupMeter(const BackupOptions& options) : options_(options) {}
  // So much is left to copy.
  void Expect(std::uint64_t bytes) { progress_.bytes_total = progress_.bytes_done + bytes; }
  // kCancelled where the caller wants no more.
  [[nodiscard]] absl::Status Advance(std::uint64_t bytes);
  [[nodiscard]] absl::Status CheckCancelled() const;
  [[nodiscard]] std::uint64_t bytes_done() const { return progress_.bytes_done; }

 private:
  const BackupOptions& options_;
  BackupProgress progress_;
};

// kDataLoss (Damage) where `path` is not the segment of this header up to exactly this end.
[[nodiscard]] absl::Status CheckSegmentFile(FileSystem& files, const std::string& path,
                                            const wal::SegmentHeader& header,
                                            const wal::SegmentEnd& end, const BackupMeter& meter);

// Copies `segment` up to `end` to `to`, replacing an older copy of it. Where `older` is given, the
// end of that one, the new copy must go on from there: kFailedPrecondition.
struct SegmentCopy {
  const wal::SegmentFile& segment;
  wal::SegmentEnd end;
  std::optional<wal::SegmentEnd> older;
};
[[nodiscard]] absl::Status CopySegment(FileSystem& files, const SegmentCopy& copy,
                                       const std::string& to, BackupMeter& meter);

// Copies the snapshot file `from`, which must be `expected` of `store`, to `to`.
[[nodiscard]] absl::Status CopySnapshot(FileSystem& files, const std::string& from,
                                        const snapshot::RetainedSnapshot& expected,
                                        const Uuid& store, const std::string& to,
                                        BackupMeter& meter);

// kDataLoss (Damage) where `path` is not whole, or not `expected` of `store`.
[[nodiscard]] absl::Status CheckSnapshotFile(FileSystem& files, const std::string& path,
                                             const snapshot::RetainedSnapshot& expected,
                                             const Uuid& store, const BackupMeter& meter);

}  // namespace varve::recovery

#endif  // VARVE_RECOVERY_BACKUP_FILE_H_
