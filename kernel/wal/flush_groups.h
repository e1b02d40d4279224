// Who waits for which flush: one futex word per group, so that the end of a flush wakes exactly
// those whom it served, by one system call, and nobody else.
//
// Flushes are numbered. At any time only the one in flight and the next one can have waiters, so a
// short ring of words serves them all: whoever joined flush f sees word f % kSlots change when f
// ends.
#ifndef VARVE_KERNEL_WAL_FLUSH_GROUPS_H_
#define VARVE_KERNEL_WAL_FLUSH_GROUPS_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "kernel/io/futex.h"

namespace varve::wal {

// Join, Finish and waiting need the log's mutex; Wait and Wake are called without it.
class FlushGroups final {
 public:
  struct Ticket {
    std::uint64_t flush = 0;
    std::uint32_t word = 0;
  };

  [[nodiscard]] Ticket Join(std::uint64_t flush) {
    Slot& slot = slots_[flush % kSlots];
    ++slot.waiting;
    return {flush, slot.word.load(std::memory_order_relaxed)};
  }

  // Returns when the flush of `ticket` has finished (at once when it has already).
  void Wait(const Ticket& ticket) const {
    const std::atomic<std::uint32_t>& word = slots_[ticket.flush % kSlots].word;
    while (word.load(std::memory_order_acquire) == ticket.word) FutexWait(word, ticket.word);
  }

  // How many joined `flush` since it was last finished.
  [[nodiscard]] std::uint32_t waiting(std::uint64_t flush) const {
    return slots_[flush % kSlots].waiting;
  }

  // Ends the waiting of all who joined `flush`; returns how many. Wake must follow where any did.
  std::uint32_t Finish(std::uint64_t flush) {
    Slot& slot = slots_[flush % kSlots];
    slot.word.fetch_add(1, std::memory_order_release);
    const std::uint32_t count = slot.waiting;
    slot.waiting = 0;
    return count;
  }

  void Wake(std::uint64_t flush) const { FutexWakeAll(slots_[flush % kSlots].word); }

 private:
  static constexpr std::size_t kSlots = 4;
  struct alignas(64) Slot {
    std::atomic<std::uint32_t> word{0};
    std::uint32_t waiting = 0;
  };
  std::array<Slot, kSlots> slots_;
};

}  // namespace varve::wal

#endif  // VARVE_KERNEL_WAL_FLUSH_GROUPS_H_
