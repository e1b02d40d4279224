#include "crash/decisions.h"

#include <utility>

namespace varve::crash {

Decisions Decisions::FromSeed(std::uint64_t seed) {
  Decisions decisions;
  decisions.generator_.emplace(seed);
  return decisions;
}

Decisions Decisions::FromBytes(std::string bytes) {
  Decisions decisions;
  decisions.given_ = std::move(bytes);
  return decisions;
}

std::uint64_t Decisions::Below(std::uint64_t bound) {
  if (bound <= 1) return 0;
  if (bound <= 256) return Draw(1) % bound;
  if (bound <= 65'536) return Draw(2) % bound;
  return Draw(8) % bound;
}

bool Decisions::Chance(unsigned percent) { return Below(100) >= 100 - percent; }

Decisions::result_type Decisions::operator()() { return Draw(8); }

std::uint64_t Decisions::Draw(unsigned bytes) {
  std::uint64_t random = generator_.has_value() ? (*generator_)() : 0;
  std::uint64_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) {
    if (!generator_.has_value()) {
      random = drawn_.size() < given_.size() ? static_cast<std::uint8_t>(given_[drawn_.size()]) : 0;
    }
    value = value << 8 | (random & 0xFF);
    drawn_.push_back(static_cast<char>(random & 0xFF));
    random >>= 8;
  }
  return value;
}

}  // namespace varve::crash
