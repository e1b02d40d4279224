#include "snapshot/background_target.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "kernel/base/out_of_memory.h"

namespace varve::snapshot {
namespace {
// Enough in flight to ride out a slow write: 4 MiB waiting and as much again being written.
constexpr std::size_t kJobsMax = 64;
constexpr std::size_t kBatchJobs = 8;
constexpr std::size_t kJobsRoom = kJobsMax + kBatchJobs + 1;

// Where there is no room for it, it is only not used again.
void Keep(std::string& chunk, std::vector<std::string>& to) {
  if (chunk.capacity() > 0 && to.size() < to.capacity()) to.push_back(std::move(chunk));
}

}  // namespace

// All room is made before the thread begins: handing over asks for none, and so never ends half
// way, nor in the destructor.
BackgroundTarget::BackgroundTarget(ContentTarget& target) : target_(target) {
  batch_.reserve(kBatchJobs + 1);
  for (std::vector<Job>* const jobs : {&jobs_, &taken_}) jobs->reserve(kJobsRoom);
  for (std::vector<std::string>* const chunks : {&refill_, &spare_}) chunks->reserve(kJobsRoom);
  thread_ = std::thread([this] { Run(); });
}

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
  for (std::string& chunk : spare_) Keep(chunk, refill_);
  spare_.clear();
  changed_.notify_all();
  return status_;
}

void BackgroundTarget::Run() {
  absl::Status status;
  while (true) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      status_ = status;
      for (Job& job : taken_) Keep(job.chunk, spare_);
      taken_.clear();
      changed_.wait(lock, [this] { return !jobs_.empty(); });
      taken_.swap(jobs_);
      changed_.notify_all();
    }
    for (Job& job : taken_) {
      if (job.kind == Job::Kind::kStop) {
        const std::lock_guard<std::mutex> lock(mutex_);
        status_ = status;
        return;
      }
      // After an error jobs are only taken off, so that the other side never waits in vain.
      if (status.ok()) status = CatchOutOfMemory([&] { return Perform(job); });
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
