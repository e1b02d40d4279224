// The one source of chance of the crash harness: a stream of bytes from which every choice is
// drawn.
//
//   Decisions decisions = Decisions::FromSeed(7);
//   if (decisions.Chance(20)) Delete(AnyKey(decisions));
//   std::string again = decisions.stream();          // all that was decided ...
//   Decisions same = Decisions::FromBytes(again);    // ... and it decides the same once more
//
// Written to a file the stream repeats a failure; edited byte by byte it is shrunk; fed by a fuzzer
// it is steered. Zero is the simplest choice everywhere, and behind the end everything is zero.
#ifndef VARVE_CRASH_DECISIONS_H_
#define VARVE_CRASH_DECISIONS_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>

namespace varve::crash {

// Copyable, movable; not thread-safe. Meets the standard's UniformRandomBitGenerator.
class Decisions final {
 public:
  // Every byte from a generator: the same for the same seed on every platform.
  static Decisions FromSeed(std::uint64_t seed);
  // `bytes`, then zeros without end.
  static Decisions FromBytes(std::string bytes);

  // From 0 to `bound` - 1. Takes no byte for a bound of 1, one for up to 256, two for up to 65,536,
  // eight beyond. `bound` > 0.
  [[nodiscard]] std::uint64_t Below(std::uint64_t bound);
  // True in `percent` of 100 cases; never where the stream is zero.
  [[nodiscard]] bool Chance(unsigned percent);

  using result_type = std::uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  // Eight bytes.
  result_type operator()();

  // Every byte drawn so far, the zeros behind the end included.
  [[nodiscard]] const std::string& stream() const { return drawn_; }

 private:
  std::uint64_t Draw(unsigned bytes);

  std::optional<std::mt19937_64> generator_;  // of FromSeed
  std::string given_;                         // of FromBytes
  std::string drawn_;
};

}  // namespace varve::crash

#endif  // VARVE_CRASH_DECISIONS_H_
