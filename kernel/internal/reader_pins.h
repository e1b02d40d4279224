// Which readers are in use, and since when: what tells of a forgotten view.
#ifndef VARVE_KERNEL_INTERNAL_READER_PINS_H_
#define VARVE_KERNEL_INTERNAL_READER_PINS_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "kernel/base/counter.h"
#include "kernel/base/ids.h"

namespace varve::internal {

// The readers of one store, each with an entry from when it is made until it is destroyed: that
// takes the lock, using a reader does not. Thread-safe.
class ReaderPins final {
 public:
  // When it was taken from the pool, in microseconds; 0: it is idle there.
  using Since = std::atomic<std::uint64_t>;

  struct InUse {
    std::uint64_t readers = 0;
    Timestamp oldest;  // when the oldest of them was taken; the far future where there is none
  };
  [[nodiscard]] InUse Look() const {
    const std::lock_guard lock(mutex_);
    InUse found;
    std::uint64_t oldest = ~std::uint64_t{0};
    for (const Since* entry : entries_) {
      const std::uint64_t since = entry->load(std::memory_order_relaxed);
      if (since == 0) continue;
      ++found.readers;
      oldest = std::min(oldest, since);
    }
    found.oldest = Timestamp(oldest);
    return found;
  }
  // How many have entered since the beginning.
  [[nodiscard]] std::uint64_t made() const { return made_.value(); }

  void Enter(const Since& entry) {
    made_.Add();
    const std::lock_guard lock(mutex_);
    entries_.push_back(&entry);
  }
  void Leave(const Since& entry) {
    const std::lock_guard lock(mutex_);
    std::erase(entries_, &entry);
  }

 private:
  mutable std::mutex mutex_;
  std::vector<const Since*> entries_;  // as many as were ever in use at once: tens, not more
  Counter made_;
};

}  // namespace varve::internal

#endif  // VARVE_KERNEL_INTERNAL_READER_PINS_H_
