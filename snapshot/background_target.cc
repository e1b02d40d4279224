#include "snapshot/background_target.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace varve::snapshot {
namespace {
// Enough in flight to ride out a slow write: 4 MiB waiting and as much again being written.
constexpr std::size_t kJobsMax = 64;
constexpr std::size_t kBatchJobs = 8;
}  // namespace

BackgroundTarget::BackgroundTarget(ContentTarget& target)
    : target_(target), thread_([this] { Run(); }) {}

BackgroundTarget::~BackgroundTarget() {
  // Only left running where the caller gave up on an error, which it has already.
  if (thread_.joinable()) Finish().IgnoreError();
}

void BackgroundTarget::Begin(const SectionStart& start) {
  Push({Job::Kind::kBegin, start, {}}).IgnoreError();  // the next call answers the same
}

absl::Status BackgroundTarget::AddChunk(std::string& chunk) {
  absl::Status status = Push({Job::Kind::kChunk, {}, std::move(chunk)});
  if (!refill_.empty()) {
    chunk = std::move(refill_.back());
    refill_.pop_back();
  }
  return status;
}

absl::Status BackgroundTarget::End() { return Push({Job::Kind::kEnd, {}, {}}); }

absl::Status BackgroundTarget::Finish() {
  batch_.push_back({Job::Kind::kStop, {}, {}});
  HandOver().IgnoreError();  // the same error comes out below
  thread_.join();
  return status_;
}

absl::Status BackgroundTarget::Push(Job job) {
  batch_.push_back(std::move(job));
  return batch_.size() < kBatchJobs ? absl::OkStatus() : HandOver();
}

absl::Status BackgroundTarget::HandOver() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.size() < kJobsMax; });
  std::move(batch_.begin(), batch_.end(), std::back_inserter(jobs_));
  batch_.clear();
  std::move(spare_.begin(), spare_.end(), std::back_inserter(refill_));
  spare_.clear();
  changed_.notify_all();
  return status_;
}

void BackgroundTarget::Run() {
  std::vector<Job> jobs;
  absl::Status status;
  while (true) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      status_ = status;
      for (Job& job : jobs) {
        if (job.chunk.capacity() > 0) spare_.push_back(std::move(job.chunk));
      }
      jobs.clear();
      changed_.wait(lock, [this] { return !jobs_.empty(); });
      jobs.swap(jobs_);
      changed_.notify_all();
    }
    for (Job& job : jobs) {
      if (job.kind == Job::Kind::kStop) {
        const std::lock_guard<std::mutex> lock(mutex_);
        status_ = status;
        return;
      }
      // After an error jobs are only taken off, so that the other side never waits in vain.
      if (status.ok()) status = Perform(job);
    }
  }
}

absl::Status BackgroundTarget::Perform(Job& job) {
  switch (job.kind) {
    case Job::Kind::kBegin:
      target_.Begin(job.start);
      break;
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
