// Counts of what happens, for statistics: kept without a lock, read at any time from any thread.
#ifndef VARVE_KERNEL_BASE_COUNTER_H_
#define VARVE_KERNEL_BASE_COUNTER_H_

#include <atomic>
#include <cstdint>

namespace varve {

// Counted up by any thread. On a cache line of its own: two that are counted up by different
// threads do not slow each other down.
class alignas(64) Counter final {
 public:
  void Add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Counted up by one thread at a time, under a lock that it holds anyway: costs no more than a plain
// integer.
class SerialCounter final {
 public:
  void Add(std::uint64_t count = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace varve

#endif  // VARVE_KERNEL_BASE_COUNTER_H_
