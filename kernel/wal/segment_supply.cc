#include "kernel/wal/segment_supply.h"

#include <utility>

#include "kernel/base/check.h"
#include "kernel/base/codec.h"
#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "kernel/wal/segment.h"

namespace varve::wal {
namespace {

absl::Status FillAndPublish(const Environment& environment, const std::string& folder,
                            PreparedSegment& segment) {
  absl::StatusOr<std::unique_ptr<File>> file =
      environment.files->Open(segment.path, OpenMode::kCreate);
  if (file.status().code() == absl::StatusCode::kAlreadyExists) {
    VARVE_RETURN_IF_ERROR(environment.files->Remove(segment.path));
    file = environment.files->Open(segment.path, OpenMode::kCreate);
  }
  VARVE_RETURN_IF_ERROR(file.status());
  segment.file = *std::move(file);
  VARVE_RETURN_IF_ERROR(ZeroFill(*segment.file, segment.bytes));
  return environment.files->SyncDirectory(folder);
}

}  // namespace

absl::StatusOr<PreparedSegment> PrepareSegment(const Environment& environment,
                                               const std::string& folder, std::uint64_t number,
                                               std::uint64_t bytes) {
  PreparedSegment segment;
  segment.number = number;
  segment.bytes = bytes;
  segment.path = JoinPath(folder, SegmentFileName(number));
  char salt[sizeof segment.salt];
  environment.entropy->Fill(salt);
  segment.salt = LoadLittleEndian<std::uint64_t>(salt);
  const absl::Status status = FillAndPublish(environment, folder, segment);
  if (status.ok()) return segment;
  const bool created = segment.file != nullptr;
  segment.file.reset();
  // The first error is the one to tell; a partial file that stays is recognized as unused.
  if (created) environment.files->Remove(segment.path).IgnoreError();
  return AddContext(status, "preparing the next log segment");
}

SegmentSupply::SegmentSupply(const Environment& environment, std::string folder, bool background)
    : environment_(environment), folder_(std::move(folder)) {
  if (background) thread_ = std::thread([this] { RunThread(); });
}

SegmentSupply::~SegmentSupply() {
  // Like after a crash, a file that nobody took may stay: the next open replaces it.
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SegmentSupply::Order(std::uint64_t number, std::uint64_t bytes) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!thread_.joinable() || stopping_) return;
    VARVE_CHECK(!order_.has_value());
    VARVE_CHECK(!ready_.has_value());
    order_ = Request{number, bytes};
  }
  changed_.notify_all();
}

void SegmentSupply::RunThread() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || (order_.has_value() && !ready_); });
    if (stopping_) return;
    const Request order = *order_;
    lock.unlock();
    absl::StatusOr<PreparedSegment> segment = CatchOutOfMemory(
        [&] { return PrepareSegment(environment_, folder_, order.number, order.bytes); });
    lock.lock();
    // An error is dropped on purpose: Take tries again at the moment when it matters.
    if (segment.ok()) ready_ = *std::move(segment);
    order_.reset();
    changed_.notify_all();
  }
}

absl::StatusOr<PreparedSegment> SegmentSupply::Take(std::uint64_t number, std::uint64_t bytes,
                                                    std::uint64_t bytes_min) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !order_.has_value(); });
  if (stopping_) return FailedPrecondition("the log is closed");
  if (!ready_.has_value()) {
    lock.unlock();
    return PrepareSegment(environment_, folder_, number, bytes);
  }
  VARVE_CHECK(ready_->number == number);
  if (ready_->bytes < bytes_min) {
    // After an error it stays as it is, longer perhaps, and all zeros still.
    VARVE_RETURN_IF_ERROR(ZeroFill(*ready_->file, bytes_min));
    ready_->bytes = bytes_min;
  }
  PreparedSegment segment = *std::move(ready_);
  ready_.reset();
  return segment;
}

absl::Status SegmentSupply::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (!ready_.has_value()) return absl::OkStatus();
  const std::string path = ready_->path;
  ready_.reset();
  return environment_.files->Remove(path);
}

}  // namespace varve::wal
