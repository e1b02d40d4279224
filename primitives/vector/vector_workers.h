// Threads that help with one piece of work, and cost nothing while there is none.
#ifndef VARVE_PRIMITIVES_VECTOR_VECTOR_WORKERS_H_
#define VARVE_PRIMITIVES_VECTOR_VECTOR_WORKERS_H_

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace varve::vector {

// Thread-safe. Threads start at their first use and are parked between uses; destroying it ends
// them.
class Workers final {
 public:
  Workers() = default;
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Runs `work(0)` on this thread and `work(1)` to `work(helpers)` on others, each at most once: a
  // helper that has not begun when `work(0)` returns is not asked any more, so the work must be one
  // that whoever comes takes from. Returns when none of them runs.
  void Run(std::size_t helpers, const std::function<void(std::size_t)>& work);

 private:
  struct Job {
    const std::function<void(std::size_t)>* work = nullptr;
    std::size_t helpers = 0;
    std::size_t begun = 0;
    std::size_t running = 0;
  };

  void StartThreads(std::size_t count);  // with mutex_ held
  void Serve();

  std::mutex mutex_;
  std::condition_variable wanted_;
  std::condition_variable ended_;
  std::list<Job*> jobs_;  // those that can take another helper
  std::vector<std::thread> threads_;
  bool ending_ = false;
};

}  // namespace varve::vector

#endif  // VARVE_PRIMITIVES_VECTOR_VECTOR_WORKERS_H_
