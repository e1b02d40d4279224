// A whole outside for a store, in memory and repeatable: disk, clock and chance.
#ifndef VARVE_CRASH_SIMULATED_SIMULATED_ENVIRONMENT_H_
#define VARVE_CRASH_SIMULATED_SIMULATED_ENVIRONMENT_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include "crash/simulated/strict_file_system.h"
#include "kernel/io/environment.h"

namespace varve::crash {

// Goes on by one tick at each look: a microsecond, unless told otherwise. Thread-safe.
class SimulatedClock final : public Clock {
 public:
  Timestamp Now() override {
    return Timestamp(
        micros_.fetch_add(tick_.load(std::memory_order_relaxed), std::memory_order_relaxed));
  }
  // Looking costs no tick: what is measured changes nothing about what is done.
  std::chrono::nanoseconds Monotonic() override {
    return std::chrono::microseconds(micros_.load(std::memory_order_relaxed));
  }
  // 0: stands still between calls of Set and Advance.
  void SetTick(std::uint64_t micros) { tick_.store(micros, std::memory_order_relaxed); }
  // The next Now(). May go backwards.
  void Set(Timestamp now) { micros_.store(now.micros(), std::memory_order_relaxed); }
  void Advance(std::uint64_t micros) { micros_.fetch_add(micros, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> tick_{1};
  std::atomic<std::uint64_t> micros_{1'700'000'000'000'000};  // some day in 2023
};

// The same bytes for the same seed. Thread-safe.
class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(std::uint64_t seed) : dice_(seed) {}
  void Fill(std::span<char> bytes) override {
    const std::lock_guard guard(mutex_);
    for (char& byte : bytes) byte = static_cast<char>(dice_.Below(256));
  }

 private:
  std::mutex mutex_;
  Dice dice_;
};

// Must outlive every store opened in it.
struct SimulatedEnvironment {
  explicit SimulatedEnvironment(std::uint64_t seed = 1) : entropy(seed) {}

  [[nodiscard]] Environment environment() { return {files.get(), &clock, &entropy}; }
  // The power is cut and comes back: the disk becomes what `choice` leaves of it. No store may be
  // open on it.
  void CutPower(const CrashChoice& choice) { files = files->CrashImage(choice); }

  std::unique_ptr<StrictFileSystem> files = std::make_unique<StrictFileSystem>();
  SimulatedClock clock;
  SeededEntropy entropy;
};

}  // namespace varve::crash

#endif  // VARVE_CRASH_SIMULATED_SIMULATED_ENVIRONMENT_H_
