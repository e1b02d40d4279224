#include "kernel/io/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <climits>

namespace varve {
namespace {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

void CallFutex(const std::atomic<std::uint32_t>& word, int operation, std::uint32_t value,
               const timespec* timeout) {
  // Every answer (woken, changed before the sleep, interrupted, timed out) means the same to the
  // caller: look at the word again.
  (void)::syscall(SYS_futex, reinterpret_cast<const std::uint32_t*>(&word),
                  operation | FUTEX_PRIVATE_FLAG, value, timeout, nullptr, 0);
}

}  // namespace

void FutexWait(const std::atomic<std::uint32_t>& word, std::uint32_t expected) {
  CallFutex(word, FUTEX_WAIT, expected, nullptr);
}

void FutexWaitFor(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                  std::chrono::nanoseconds timeout) {
  if (timeout <= std::chrono::nanoseconds::zero()) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  timespec relative{};
  relative.tv_sec = static_cast<time_t>(seconds.count());
  relative.tv_nsec = static_cast<long>((timeout - seconds).count());
  CallFutex(word, FUTEX_WAIT, expected, &relative);
}

void FutexWakeOne(const std::atomic<std::uint32_t>& word) {
  CallFutex(word, FUTEX_WAKE, 1, nullptr);
}

void FutexWakeAll(const std::atomic<std::uint32_t>& word) {
  CallFutex(word, FUTEX_WAKE, INT_MAX, nullptr);
}

}  // namespace varve
