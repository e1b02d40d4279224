#include "kernel/io/internal/posix_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/io/internal/errno_status.h"

namespace varve::internal {
namespace {

// This kernel or file system does not know RWF_DSYNC.
bool LacksDurableWrite(int error) {
  return error == EOPNOTSUPP || error == EINVAL || error == ENOSYS;
}

class PosixFile final : public File {
 public:
  PosixFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~PosixFile() override { CloseDescriptor(descriptor_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  absl::StatusOr<std::size_t> ReadAt(std::uint64_t offset, std::span<char> into) const override {
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t count = ::pread(descriptor_, into.data() + done, into.size() - done,
                                    static_cast<off_t>(offset + done));
      if (count == 0) break;  // the file ends here
      if (count > 0) {
        done += static_cast<std::size_t>(count);
      } else if (errno != EINTR) {
        return Failed("pread");
      }
    }
    return done;
  }

  absl::Status WriteAt(std::uint64_t offset, std::string_view bytes) override {
    return WriteLoop(offset, bytes, /*flags=*/0);
  }

  absl::Status WriteDurablyAt(std::uint64_t offset, std::string_view bytes) override {
    if (bytes.empty()) return absl::OkStatus();
    if (has_durable_write_.load(std::memory_order_relaxed)) {
      errno = 0;
      const absl::Status status = WriteLoop(offset, bytes, RWF_DSYNC);
      if (status.ok() || !LacksDurableWrite(errno)) return status;
      has_durable_write_.store(false, std::memory_order_relaxed);
    }
    VARVE_RETURN_IF_ERROR(WriteLoop(offset, bytes, /*flags=*/0));
    return Sync();
  }

  absl::Status Truncate(std::uint64_t size) override {
    while (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
      if (errno != EINTR) return Failed("ftruncate");
    }
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    while (::fdatasync(descriptor_) != 0) {
      if (errno != EINTR) return Failed("fdatasync");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::uint64_t> Size() const override {
    struct stat info;
    if (::fstat(descriptor_, &info) != 0) return Failed("fstat");
    return static_cast<std::uint64_t>(info.st_size);
  }

 private:
  [[nodiscard]] absl::Status Failed(std::string_view call) const {
    return ErrnoStatus(errno, call, path_);
  }

  // Leaves errno as the failed call set it.
  absl::Status WriteLoop(std::uint64_t offset, std::string_view bytes, int flags) {
    const std::string_view call = flags == 0 ? "pwrite" : "pwritev2";
    while (!bytes.empty()) {
      const ssize_t count = WriteOnce(offset, bytes, flags);
      if (count > 0) {
        offset += static_cast<std::uint64_t>(count);
        bytes.remove_prefix(static_cast<std::size_t>(count));
      } else if (count == 0) {
        return MakeStatus(absl::StatusCode::kUnknown, call, " ", path_,
                          ": the device accepted no byte at offset ", offset);
      } else if (errno != EINTR) {
        const int error = errno;
        absl::Status status = ErrnoStatus(error, call, path_);
        errno = error;
        return status;
      }
    }
    return absl::OkStatus();
  }

  ssize_t WriteOnce(std::uint64_t offset, std::string_view bytes, int flags) const {
    const auto position = static_cast<off_t>(offset);
    if (flags == 0) return ::pwrite(descriptor_, bytes.data(), bytes.size(), position);
    // The system only reads through this pointer; the structure just lacks the const.
    const iovec vector{const_cast<char*>(bytes.data()), bytes.size()};
    return ::pwritev2(descriptor_, &vector, 1, position, flags);
  }

  const int descriptor_;
  const std::string path_;
  std::atomic<bool> has_durable_write_{true};
};

}  // namespace

std::unique_ptr<File> MakePosixFile(int descriptor, std::string path) {
  try {
    return std::make_unique<PosixFile>(descriptor, std::move(path));
  } catch (const std::bad_alloc&) {
    CloseDescriptor(descriptor);
    throw;
  }
}

void CloseDescriptor(int descriptor) { (void)::close(descriptor); }

}  // namespace varve::internal
