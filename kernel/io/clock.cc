#include "kernel/io/clock.h"

#include <sys/random.h>
#include <time.h>

#include <array>
#include <cerrno>

#include "kernel/base/check.h"

namespace varve {
namespace {

class RealTimeClock final : public Clock {
 public:
  Timestamp Now() override {
    timespec now{};
    (void)::clock_gettime(CLOCK_REALTIME, &now);  // cannot fail: the clock exists, `now` is ours
    if (now.tv_sec < 0) return Timestamp();       // a machine that believes to be before 1970
    return Timestamp(static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
                     static_cast<std::uint64_t>(now.tv_nsec) / 1'000);
  }
  std::chrono::nanoseconds Monotonic() override {
    timespec now{};
    (void)::clock_gettime(CLOCK_MONOTONIC, &now);  // cannot fail, as above
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  }
};

class KernelEntropy final : public Entropy {
 public:
  void Fill(std::span<char> bytes) override {
    while (!bytes.empty()) {
      const ssize_t count = ::getrandom(bytes.data(), bytes.size(), 0);
      if (count > 0) {
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        continue;
      }
      // Salts that can be guessed would be worse than no store at all, so there is no fallback;
      // Linux has had this call since 3.17.
      VARVE_CHECK(count < 0 && errno == EINTR);
    }
  }
};

}  // namespace

// Neither is ever destroyed: stores in static variables may still use them.
Clock& SystemClock() {
  static auto* const clock = new RealTimeClock;
  return *clock;
}

Entropy& SystemEntropy() {
  static auto* const entropy = new KernelEntropy;
  return *entropy;
}

Uuid RandomUuid(Entropy& entropy) {
  std::array<char, 16> random{};
  entropy.Fill(random);
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(random[i]);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // version 4: random
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);  // the variant of RFC 4122
  return Uuid(bytes);
}

}  // namespace varve
