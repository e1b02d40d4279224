#include "kernel/internal/worker.h"

#include <utility>

namespace varve::internal {

Worker::Worker(std::function<void()> task, std::chrono::milliseconds period)
    : task_(std::move(task)), period_(period), thread_([this] { Loop(); }) {}

Worker::~Worker() { Stop(); }

void Worker::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Worker::Wake() {
  {
    const std::lock_guard lock(mutex_);
    if (asked_) return;
    asked_ = true;
  }
  wake_.notify_one();
}

void Worker::Loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto due = [this] { return asked_ || stopping_; };
    if (period_.count() == 0) {
      wake_.wait(lock, due);
    } else {
      wake_.wait_for(lock, period_, due);
    }
    if (stopping_) return;
    asked_ = false;
    lock.unlock();
    task_();
    lock.lock();
  }
}

}  // namespace varve::internal
