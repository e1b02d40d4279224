// The seed of a random test.
#ifndef VARVE_TESTS_SUPPORT_TEST_SEED_H_
#define VARVE_TESTS_SUPPORT_TEST_SEED_H_

#include <cstdint>

namespace varve::testing_support {

// VARVE_TEST_SEED where it is set, else `standard`. Prints which, so that a failure can be run
// again.
[[nodiscard]] std::uint64_t TestSeed(std::uint64_t standard);

}  // namespace varve::testing_support

#endif  // VARVE_TESTS_SUPPORT_TEST_SEED_H_
