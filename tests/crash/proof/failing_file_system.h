// A file system whose calls are places: each may fail, or be watched.
#ifndef VARVE_TESTS_CRASH_PROOF_FAILING_FILE_SYSTEM_H_
#define VARVE_TESTS_CRASH_PROOF_FAILING_FILE_SYSTEM_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/io/file_system.h"

namespace varve::crash {

// `below` must outlive it, and its files and locks.
class FailingFileSystem final : public FileSystem {
 public:
  explicit FailingFileSystem(FileSystem& below) : below_(below) {}

  absl::StatusOr<std::unique_ptr<File>> Open(std::string_view path, OpenMode mode) override;
  absl::Status CreateDirectory(std::string_view path) override;
  absl::StatusOr<std::vector<std::string>> List(std::string_view path) override;
  absl::StatusOr<FileInfo> Stat(std::string_view path) override;
  absl::Status Rename(std::string_view from, std::string_view to) override;
  absl::Status Remove(std::string_view path) override;
  absl::Status SyncDirectory(std::string_view path) override;
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(std::string_view path, LockMode mode) override;
  absl::StatusOr<VolumeInfo> Volume(std::string_view path) override;

 private:
  FileSystem& below_;
};

}  // namespace varve::crash

#endif  // VARVE_TESTS_CRASH_PROOF_FAILING_FILE_SYSTEM_H_
