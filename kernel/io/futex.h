// Sleeping on a 32-bit word until another thread changes it: what lets a whole commit group be
// woken by one system call, and nobody else by it.
#ifndef VARVE_KERNEL_IO_FUTEX_H_
#define VARVE_KERNEL_IO_FUTEX_H_

#include <atomic>
#include <chrono>
#include <cstdint>

namespace varve {

// Returns when woken, at once when `word` does not hold `expected`, or spuriously: callers loop.
void FutexWait(const std::atomic<std::uint32_t>& word, std::uint32_t expected);
// The same, for at most `timeout`.
void FutexWaitFor(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                  std::chrono::nanoseconds timeout);
void FutexWakeOne(const std::atomic<std::uint32_t>& word);
void FutexWakeAll(const std::atomic<std::uint32_t>& word);

}  // namespace varve

#endif  // VARVE_KERNEL_IO_FUTEX_H_
