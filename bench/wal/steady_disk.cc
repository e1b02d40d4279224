#include "bench/wal/steady_disk.h"

#include <sys/prctl.h>

#include <thread>
#include <utility>

#include "kernel/base/status.h"

namespace varve::bench {
namespace {

class SteadyFile final : public File {
 public:
  SteadyFile(std::unique_ptr<File> file, std::chrono::microseconds flush_time)
      : file_(std::move(file)), flush_time_(flush_time) {}
  absl::StatusOr<std::size_t> ReadAt(std::uint64_t offset, std::span<char> into) const override {
    return file_->ReadAt(offset, into);
  }
  absl::Status WriteAt(std::uint64_t offset, std::string_view bytes) override {
    return file_->WriteAt(offset, bytes);
  }
  absl::Status WriteDurablyAt(std::uint64_t offset, std::string_view bytes) override {
    const auto end = std::chrono::steady_clock::now() + flush_time_;
    VARVE_RETURN_IF_ERROR(file_->WriteAt(offset, bytes));
    prctl(PR_SET_TIMERSLACK, 1);  // of this thread, in nanoseconds; the standard is 50 us
    std::this_thread::sleep_until(end);
    return absl::OkStatus();
  }
  absl::Status Truncate(std::uint64_t size) override { return file_->Truncate(size); }
  absl::Status Sync() override { return absl::OkStatus(); }
  absl::StatusOr<std::uint64_t> Size() const override { return file_->Size(); }

 private:
  const std::unique_ptr<File> file_;
  const std::chrono::microseconds flush_time_;
};

class SteadyFileSystem final : public FileSystem {
 public:
  explicit SteadyFileSystem(std::chrono::microseconds flush_time) : flush_time_(flush_time) {}
  absl::StatusOr<std::unique_ptr<File>> Open(std::string_view path, OpenMode mode) override {
    VARVE_ASSIGN_OR_RETURN(std::unique_ptr<File> file, real_.Open(path, mode));
    return std::make_unique<SteadyFile>(std::move(file), flush_time_);
  }
  absl::Status CreateDirectory(std::string_view path) override {
    return real_.CreateDirectory(path);
  }
  absl::StatusOr<std::vector<std::string>> List(std::string_view path) override {
    return real_.List(path);
  }
  absl::StatusOr<FileInfo> Stat(std::string_view path) override { return real_.Stat(path); }
  absl::Status Rename(std::string_view from, std::string_view to) override {
    return real_.Rename(from, to);
  }
  absl::Status Remove(std::string_view path) override { return real_.Remove(path); }
  absl::Status SyncDirectory(std::string_view) override { return absl::OkStatus(); }
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(std::string_view path, LockMode mode) override {
    return real_.Lock(path, mode);
  }
  absl::StatusOr<VolumeInfo> Volume(std::string_view path) override { return real_.Volume(path); }

 private:
  FileSystem& real_ = PosixFileSystem();
  const std::chrono::microseconds flush_time_;
};

}  // namespace

FileSystem& SteadyDisk(std::chrono::microseconds flush_time) {
  static auto* const disk = new SteadyFileSystem(flush_time);
  return *disk;
}

}  // namespace varve::bench
