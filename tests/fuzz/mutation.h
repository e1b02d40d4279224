// Mutations of an input that know nothing of its structure: flips, cuts, splices, integers at their
// limits.
#ifndef VARVE_TESTS_FUZZ_MUTATION_H_
#define VARVE_TESTS_FUZZ_MUTATION_H_

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace varve::fuzz {

// One to four mutations of a random element of `corpus` (which must not be empty), parts of others
// included. Never longer than `bytes_max`.
[[nodiscard]] std::string Mutated(const std::vector<std::string>& corpus, std::size_t bytes_max,
                                  std::mt19937_64& random);

}  // namespace varve::fuzz

#endif  // VARVE_TESTS_FUZZ_MUTATION_H_
