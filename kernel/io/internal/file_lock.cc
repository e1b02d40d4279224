// Invariants:
//   (L1) Every lock of this process has its inode in the register for as long as its descriptor is
//        open, so no second descriptor of a locked inode is ever opened and closed here. Where
//        flock is emulated with POSIX locks (NFS), that close would drop the first lock.
//   (L2) A lock is released by closing its descriptor, never by LOCK_UN: a forked child shares the
//        lock with its parent, and its clean-up must not take the lock from the parent.
#include "kernel/io/internal/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <map>
#include <mutex>
#include <new>
#include <string_view>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/base/status.h"
#include "kernel/io/internal/errno_status.h"
#include "kernel/io/internal/posix_file.h"

namespace varve::internal {
namespace {

using Inode = std::pair<dev_t, ino_t>;

Inode InodeOf(const struct stat& info) { return {info.st_dev, info.st_ino}; }

// How the locks of this process stand, by inode. Guarded by its mutex.
struct LockRegister {
  struct Holders {
    int shared = 0;
    bool exclusive = false;
  };
  std::mutex mutex;
  std::map<Inode, Holders> held;

  bool Excludes(const Inode& inode, LockMode mode) const {
    const auto found = held.find(inode);
    if (found == held.end()) return false;
    return mode == LockMode::kExclusive || found->second.exclusive;
  }
  void Add(const Inode& inode, LockMode mode) {
    Holders& holders = held[inode];
    if (mode == LockMode::kExclusive) {
      holders.exclusive = true;
    } else {
      ++holders.shared;
    }
  }
  void Drop(const Inode& inode, LockMode mode) {
    const auto found = held.find(inode);
    VARVE_CHECK(found != held.end());
    if (mode == LockMode::kExclusive || --found->second.shared == 0) held.erase(found);
  }
};

// Never destroyed: a store that lives in a static variable may be closed after it would be.
LockRegister& ProcessLocks() {
  static auto* const locks = new LockRegister;
  return *locks;
}

class PosixLock final : public FileLock {
 public:
  PosixLock(int descriptor, const Inode& inode, LockMode mode)
      : descriptor_(descriptor), inode_(inode), mode_(mode) {}
  ~PosixLock() override {
    LockRegister& locks = ProcessLocks();
    const std::lock_guard guard(locks.mutex);
    CloseDescriptor(descriptor_);  // L2
    locks.Drop(inode_, mode_);
  }
  PosixLock(const PosixLock&) = delete;
  PosixLock& operator=(const PosixLock&) = delete;

 private:
  const int descriptor_;
  const Inode inode_;
  const LockMode mode_;
};

absl::Status Unavailable(const std::string& path, std::string_view holder) {
  return MakeStatus(absl::StatusCode::kUnavailable, "lock ", path, ": held by ", holder,
                    "; close the store there first, or open it with read_only");
}

// What an exclusive holder wrote about itself; may be out of date, so it only serves the message.
std::string DescribeHolder(int descriptor) {
  char text[32];
  const ssize_t count = ::pread(descriptor, text, sizeof text, 0);
  long long pid = 0;
  if (count > 0) std::from_chars(text, text + count, pid);
  if (pid <= 0) return "another process";
  return "another process (pid " + std::to_string(pid) + ")";
}

// Failure is of no consequence: the pid only serves messages.
void WriteHolder(int descriptor) {
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor, 0) != 0) return;
  if (::pwrite(descriptor, text.data(), text.size(), 0) < 0) return;
}

int OpenLockFile(const std::string& path, LockMode mode) {
  const int flags = mode == LockMode::kExclusive ? O_RDWR | O_CREAT : O_RDONLY;
  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

absl::Status TakeSystemLock(int descriptor, const std::string& path, LockMode mode) {
  const int operation = (mode == LockMode::kExclusive ? LOCK_EX : LOCK_SH) | LOCK_NB;
  while (::flock(descriptor, operation) != 0) {
    if (errno == EWOULDBLOCK) return Unavailable(path, DescribeHolder(descriptor));
    if (errno != EINTR) return ErrnoStatus(errno, "flock", path);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileLock>> TakeFileLock(const std::string& path, LockMode mode) {
  LockRegister& locks = ProcessLocks();
  const std::lock_guard guard(locks.mutex);
  struct stat info;
  if (::stat(path.c_str(), &info) == 0 && locks.Excludes(InodeOf(info), mode)) {  // L1
    return Unavailable(path, "this process");
  }
  const int descriptor = OpenLockFile(path, mode);
  if (descriptor < 0) return ErrnoStatus(errno, "open", path);
  bool added = false;
  try {
    absl::Status status = TakeSystemLock(descriptor, path, mode);
    if (status.ok() && ::fstat(descriptor, &info) != 0) status = ErrnoStatus(errno, "fstat", path);
    if (!status.ok()) {
      CloseDescriptor(descriptor);
      return status;
    }
    if (mode == LockMode::kExclusive) WriteHolder(descriptor);
    locks.Add(InodeOf(info), mode);
    added = true;
    return std::make_unique<PosixLock>(descriptor, InodeOf(info), mode);
  } catch (const std::bad_alloc&) {
    CloseDescriptor(descriptor);  // L2
    if (added) locks.Drop(InodeOf(info), mode);
    throw;
  }
}

}  // namespace varve::internal
