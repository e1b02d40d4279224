#ifndef VARVE_BENCH_COMPARE_STOPWATCH_H_
#define VARVE_BENCH_COMPARE_STOPWATCH_H_

#include <chrono>

namespace varve::compare {

// Starts when made.
class Stopwatch final {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace varve::compare

#endif  // VARVE_BENCH_COMPARE_STOPWATCH_H_
