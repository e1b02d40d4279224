#include "snapshot/background_target.h"

#include <utility>

namespace varve::snapshot {
namespace {
// Chunks in flight: enough to ride out a slow write, 4 MiB at most.
constexpr std::size_t kJobsMax = 64;
}  // namespace

BackgroundTarget::BackgroundTarget(ContentTarget& target)
    : target_(target), thread_([this] { Run(); }) {}

BackgroundTarget::~BackgroundTarget() {
  // Only left running where the caller gave up on an error, which it has already.
  if (thread_.joinable()) Finish().IgnoreError();
}

absl::Status BackgroundTarget::Begin(const SectionStart& start) {
  return Push({Job::Kind::kBegin, start, {}});
}

absl::Status BackgroundTarget::AddChunk(std::string& chunk) {
  absl::Status status = Push({Job::Kind::kChunk, {}, std::move(chunk)});
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!spare_.empty()) {
    chunk = std::move(spare_.back());
    spare_.pop_back();
  }
  return status;
}

absl::Status BackgroundTarget::End() { return Push({Job::Kind::kEnd, {}, {}}); }

absl::Status BackgroundTarget::Finish() {
  Push({Job::Kind::kStop, {}, {}}).IgnoreError();  // the same error comes out below
  thread_.join();
  return status_;
}

absl::Status BackgroundTarget::Push(Job job) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.size() < kJobsMax; });
  jobs_.push_back(std::move(job));
  changed_.notify_all();
  return status_;
}

void BackgroundTarget::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !jobs_.empty(); });
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    changed_.notify_all();
    if (job.kind == Job::Kind::kStop) return;
    // After an error jobs are only taken off, so that the other side never waits in vain.
    if (!status_.ok()) continue;
    lock.unlock();
    absl::Status status = Perform(job);
    lock.lock();
    if (!status.ok()) status_ = std::move(status);
    if (job.chunk.capacity() > 0) spare_.push_back(std::move(job.chunk));
  }
}

absl::Status BackgroundTarget::Perform(Job& job) {
  switch (job.kind) {
    case Job::Kind::kBegin:
      return target_.Begin(job.start);
    case Job::Kind::kChunk:
      return target_.AddChunk(job.chunk);
    case Job::Kind::kEnd:
      return target_.End();
    case Job::Kind::kStop:
      break;
  }
  return absl::OkStatus();
}

}  // namespace varve::snapshot
