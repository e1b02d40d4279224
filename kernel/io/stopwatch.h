// How long something took, where somebody wants to know.
#ifndef VARVE_KERNEL_IO_STOPWATCH_H_
#define VARVE_KERNEL_IO_STOPWATCH_H_

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "kernel/base/histogram.h"
#include "kernel/io/clock.h"

namespace varve {

// Runs from its construction on. Without a clock it reads none and records nothing.
class Stopwatch final {
 public:
  explicit Stopwatch(Clock* clock) : clock_(clock) {
    if (clock_ != nullptr) begin_ = clock_->Monotonic();
  }

  // 0 without a clock.
  [[nodiscard]] std::uint64_t nanos() const {
    if (clock_ == nullptr) return 0;
    return static_cast<std::uint64_t>(std::max((clock_->Monotonic() - begin_).count(), kNone));
  }
  void Record(Histogram& to) const {
    if (clock_ != nullptr) to.Record(nanos());
  }

 private:
  static constexpr std::chrono::nanoseconds::rep kNone = 0;  // a simulated clock may go backwards
  Clock* clock_;
  std::chrono::nanoseconds begin_{};
};

}  // namespace varve

#endif  // VARVE_KERNEL_IO_STOPWATCH_H_
