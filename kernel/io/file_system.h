// The only road to a disk: fifteen calls, small enough to simulate whole.
//
// What each call promises about a crash is stated here and nowhere else; crash/simulated holds a
// simulated file system that keeps exactly these promises and not one more.
//
//   content   survives a crash once File::Sync, or the WriteDurablyAt that wrote it, returned OK
//   size      likewise
//   a name    (created, renamed, removed) survives once SyncDirectory on its folder returned OK
//
// Errors, all calls: kNotFound (no such file or folder), kAlreadyExists, kPermissionDenied (also a
// read-only medium), kResourceExhausted (disk or quota full, no memory, too many open files),
// kUnknown (the device failed). A message names the path and the system's own words. EINTR and
// short transfers never surface. Paths are UTF-8 bytes with '/', relative to the working directory
// or absolute.
#ifndef VARVE_KERNEL_IO_FILE_SYSTEM_H_
#define VARVE_KERNEL_IO_FILE_SYSTEM_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace varve {

// One open file. Reads may run in parallel with each other and with writes elsewhere in the file;
// two writes to overlapping bytes may not. Destroying it closes the descriptor.
class File {
 public:
  virtual ~File() = default;

  // Fills `into` from `offset`; returns the bytes read, fewer only where the file ends.
  [[nodiscard]] virtual absl::StatusOr<std::size_t> ReadAt(std::uint64_t offset,
                                                           std::span<char> into) const = 0;
  // Writes all of `bytes` at `offset`, growing the file as needed. Not durable until Sync.
  // After an error any part of `bytes` may have been written.
  [[nodiscard]] virtual absl::Status WriteAt(std::uint64_t offset, std::string_view bytes) = 0;
  // As WriteAt, and `bytes` are durable on return. Says nothing of earlier writes elsewhere.
  [[nodiscard]] virtual absl::Status WriteDurablyAt(std::uint64_t offset,
                                                    std::string_view bytes) = 0;
  // Cuts, or extends with zeros, to `size`. Durable after Sync.
  [[nodiscard]] virtual absl::Status Truncate(std::uint64_t size) = 0;
  // Makes all content and the size durable (fdatasync). After an error nothing may be assumed of
  // any byte written since the last success, and a second try proves nothing (PostgreSQL's
  // "fsyncgate"): the caller poisons itself.
  [[nodiscard]] virtual absl::Status Sync() = 0;
  [[nodiscard]] virtual absl::StatusOr<std::uint64_t> Size() const = 0;
};

// A held lock; destroying it releases it. The lock file itself is never deleted.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class OpenMode {
  kRead,    // must exist
  kWrite,   // must exist; read and write
  kCreate,  // must not exist; read and write
};

enum class LockMode { kShared, kExclusive };

struct FileInfo {
  std::uint64_t bytes = 0;            // content size
  std::uint64_t allocated_bytes = 0;  // what it takes on disk
  bool is_directory = false;
};

struct VolumeInfo {
  enum class Kind { kLocal, kMemory, kNetwork };
  Kind kind = Kind::kLocal;
  std::uint64_t free_bytes = 0;
};

// Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  [[nodiscard]] virtual absl::StatusOr<std::unique_ptr<File>> Open(std::string_view path,
                                                                   OpenMode mode) = 0;
  // The parent must exist. kAlreadyExists where anything of that name does.
  [[nodiscard]] virtual absl::Status CreateDirectory(std::string_view path) = 0;
  // Names (not paths) in the folder, sorted, without "." and "..".
  [[nodiscard]] virtual absl::StatusOr<std::vector<std::string>> List(std::string_view path) = 0;
  [[nodiscard]] virtual absl::StatusOr<FileInfo> Stat(std::string_view path) = 0;
  // Replaces `to` atomically where it exists. Same folder or same volume.
  [[nodiscard]] virtual absl::Status Rename(std::string_view from, std::string_view to) = 0;
  // A file, or an empty folder. kFailedPrecondition: the folder is not empty.
  [[nodiscard]] virtual absl::Status Remove(std::string_view path) = 0;
  [[nodiscard]] virtual absl::Status SyncDirectory(std::string_view path) = 0;
  // Takes the lock on the file `path` (created for kExclusive where absent) or answers
  // kUnavailable at once when another holder, in this process or any other, excludes it. An
  // exclusive holder writes its process number into the file, for messages. kNotFound: kShared of
  // a file that does not exist; kShared works on a read-only medium.
  [[nodiscard]] virtual absl::StatusOr<std::unique_ptr<FileLock>> Lock(std::string_view path,
                                                                       LockMode mode) = 0;
  [[nodiscard]] virtual absl::StatusOr<VolumeInfo> Volume(std::string_view path) = 0;
};

// The operating system's, for the whole process.
[[nodiscard]] FileSystem& PosixFileSystem();

// `folder` + "/" + `name`.
[[nodiscard]] std::string JoinPath(std::string_view folder, std::string_view name);

// Writes real zeros over [0, bytes) of `file` (not a hole, not only an allocation, so that a later
// overwrite changes no metadata) and syncs it.
[[nodiscard]] absl::Status ZeroFill(File& file, std::uint64_t bytes);

// The whole content of `path`. kResourceExhausted where it is longer than `bytes_max`.
[[nodiscard]] absl::StatusOr<std::string> ReadWholeFile(FileSystem& files, std::string_view path,
                                                        std::uint64_t bytes_max);

}  // namespace varve

#endif  // VARVE_KERNEL_IO_FILE_SYSTEM_H_
