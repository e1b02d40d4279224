// One background thread that runs one task whenever it is asked to.
#ifndef VARVE_KERNEL_INTERNAL_WORKER_H_
#define VARVE_KERNEL_INTERNAL_WORKER_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace varve::internal {

// Thread-safe. Destroying it waits for a running task and drops a pending one.
class Worker final {
 public:
  // Runs `task` after each Wake (several Wakes may share one run) and, where `period` is not zero,
  // whenever it has been idle for that long.
  Worker(std::function<void()> task, std::chrono::milliseconds period);
  ~Worker();

  void Wake();

 private:
  void Loop();

  const std::function<void()> task_;
  const std::chrono::milliseconds period_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool asked_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace varve::internal

#endif  // VARVE_KERNEL_INTERNAL_WORKER_H_
