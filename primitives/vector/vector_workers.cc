#include "primitives/vector/vector_workers.h"

#include <system_error>

namespace varve::vector {

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wanted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::Run(std::size_t helpers, const std::function<void(std::size_t)>& work) {
  Job job{.work = &work, .helpers = helpers};
  if (helpers > 0) {
    const std::lock_guard lock(mutex_);
    StartThreads(helpers);
    jobs_.push_back(&job);
  }
  for (std::size_t helper = 0; helper < helpers; ++helper) wanted_.notify_one();
  work(0);
  if (helpers == 0) return;
  std::unique_lock lock(mutex_);
  jobs_.remove(&job);
  ended_.wait(lock, [&] { return job.running == 0; });
}

// A machine that gives no more threads slows the work down, no more: the caller's does it all.
void Workers::StartThreads(std::size_t count) {
  try {
    while (threads_.size() < count) threads_.emplace_back([this] { Serve(); });
  } catch (const std::system_error&) {
    return;
  }
}

void Workers::Serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    wanted_.wait(lock, [&] { return ending_ || !jobs_.empty(); });
    if (ending_) return;
    Job& job = *jobs_.front();
    const std::size_t number = ++job.begun;
    if (job.begun == job.helpers) jobs_.pop_front();
    ++job.running;
    lock.unlock();
    (*job.work)(number);
    lock.lock();
    if (--job.running == 0) ended_.notify_all();
  }
}

}  // namespace varve::vector
