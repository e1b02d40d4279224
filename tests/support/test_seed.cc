#include "tests/support/test_seed.h"

#include <cstdio>
#include <cstdlib>

namespace varve::testing_support {

std::uint64_t TestSeed(std::uint64_t standard) {
  const char* const text = std::getenv("VARVE_TEST_SEED");
  const std::uint64_t seed = text == nullptr ? standard : std::strtoull(text, nullptr, 10);
  std::printf("VARVE_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

}  // namespace varve::testing_support
