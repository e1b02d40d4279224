// Time and chance, the two things that make a run of the kernel unrepeatable, behind interfaces.
#ifndef VARVE_KERNEL_IO_CLOCK_H_
#define VARVE_KERNEL_IO_CLOCK_H_

#include <chrono>
#include <span>

#include "kernel/base/ids.h"

namespace varve {

// Thread-safe. May run backwards: the kernel clamps what it writes.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Timestamp Now() = 0;
  // For durations only: from an arbitrary origin, never backwards where the machine can help it.
  // The default derives it from Now(), so that a simulated clock has one time.
  [[nodiscard]] virtual std::chrono::nanoseconds Monotonic() {
    return std::chrono::microseconds(Now().micros());
  }
};

// Thread-safe. Unpredictable bytes: salts and ids.
class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual void Fill(std::span<char> bytes) = 0;
};

// The machine's wall clock and the kernel's random source; both live for the whole process.
[[nodiscard]] Clock& SystemClock();
[[nodiscard]] Entropy& SystemEntropy();

// A random (version 4) UUID drawn from `entropy`.
[[nodiscard]] Uuid RandomUuid(Entropy& entropy);

}  // namespace varve

#endif  // VARVE_KERNEL_IO_CLOCK_H_
