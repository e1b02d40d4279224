// One background thread that runs one task whenever it is asked to.
#ifndef VARVE_KERNEL_INTERNAL_WORKER_H_
#define VARVE_KERNEL_INTERNAL_WORKER_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace varve::internal {

// Thread-safe, but for Stop and the destructor, which are for its owner.
class Worker final {
 public:
  // Runs `task` after each Wake (several Wakes may share one run) and, where `period` is not zero,
  // whenever it has been idle for that long.
  Worker(std::function<void()> task, std::chrono::milliseconds period);
  ~Worker();  // stops it

  void Wake();
  // Waits for a running task and drops a pending one; no Wake after that runs anything. Not to be
  // called from the task.
  void Stop();

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
