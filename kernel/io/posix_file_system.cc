#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/base/status.h"
#include "kernel/io/file_system.h"
#include "kernel/io/internal/errno_status.h"
#include "kernel/io/internal/file_lock.h"
#include "kernel/io/internal/posix_file.h"
#include "kernel/io/internal/volume.h"

namespace varve {
namespace {

using internal::ErrnoStatus;

int FlagsOf(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY;
    case OpenMode::kWrite:
      return O_RDWR;
    case OpenMode::kCreate:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

absl::StatusOr<int> OpenDescriptor(const std::string& path, int flags) {
  while (true) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
    if (descriptor >= 0) return descriptor;
    if (errno != EINTR) return ErrnoStatus(errno, "open", path);
  }
}

struct FolderCloser {
  void operator()(DIR* folder) const { (void)::closedir(folder); }
};

class OperatingSystemFiles final : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<File>> Open(std::string_view path, OpenMode mode) override {
    std::string name(path);
    VARVE_ASSIGN_OR_RETURN(const int descriptor, OpenDescriptor(name, FlagsOf(mode)));
    return internal::MakePosixFile(descriptor, std::move(name));
  }

  absl::Status CreateDirectory(std::string_view path) override {
    const std::string name(path);
    if (::mkdir(name.c_str(), 0755) != 0) return ErrnoStatus(errno, "mkdir", path);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> List(std::string_view path) override {
    const std::string name(path);
    const std::unique_ptr<DIR, FolderCloser> folder(::opendir(name.c_str()));
    if (folder == nullptr) return ErrnoStatus(errno, "opendir", path);
    std::vector<std::string> names;
    while (true) {
      errno = 0;
      const dirent* const entry = ::readdir(folder.get());
      if (entry == nullptr) break;
      const std::string_view found = entry->d_name;
      if (found != "." && found != "..") names.emplace_back(found);
    }
    if (errno != 0) return ErrnoStatus(errno, "readdir", path);
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::StatusOr<FileInfo> Stat(std::string_view path) override {
    const std::string name(path);
    struct stat info;
    if (::stat(name.c_str(), &info) != 0) return ErrnoStatus(errno, "stat", path);
    FileInfo result;
    result.bytes = static_cast<std::uint64_t>(info.st_size);
    result.allocated_bytes = static_cast<std::uint64_t>(info.st_blocks) * 512;  // POSIX's unit
    result.is_directory = S_ISDIR(info.st_mode);
    return result;
  }

  absl::Status Rename(std::string_view from, std::string_view to) override {
    const std::string old_name(from);
    const std::string new_name(to);
    if (::rename(old_name.c_str(), new_name.c_str()) != 0) {
      return ErrnoStatus(errno, "rename", old_name + " to " + new_name);
    }
    return absl::OkStatus();
  }

  absl::Status Remove(std::string_view path) override {
    const std::string name(path);
    if (::unlink(name.c_str()) == 0) return absl::OkStatus();
    if (errno != EISDIR) return ErrnoStatus(errno, "unlink", path);
    if (::rmdir(name.c_str()) != 0) return ErrnoStatus(errno, "rmdir", path);
    return absl::OkStatus();
  }

  absl::Status SyncDirectory(std::string_view path) override {
    const std::string name(path);
    VARVE_ASSIGN_OR_RETURN(const int descriptor, OpenDescriptor(name, O_RDONLY | O_DIRECTORY));
    int error = 0;
    while (::fsync(descriptor) != 0) {
      if (errno == EINTR) continue;
      error = errno;
      break;
    }
    internal::CloseDescriptor(descriptor);
    return error == 0 ? absl::OkStatus() : ErrnoStatus(error, "fsync of folder", path);
  }

  absl::StatusOr<std::unique_ptr<FileLock>> Lock(std::string_view path, LockMode mode) override {
    return internal::TakeFileLock(std::string(path), mode);
  }

  absl::StatusOr<VolumeInfo> Volume(std::string_view path) override {
    return internal::InspectVolume(std::string(path));
  }
};

}  // namespace

FileSystem& PosixFileSystem() {
  // Never destroyed: a store in a static variable may outlive every static of this file.
  static auto* const files = new OperatingSystemFiles;
  return *files;
}

}  // namespace varve
