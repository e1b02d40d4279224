// The check of the suite that crashes the store.
#include "crash/crash_fuzz.h"
#include "tests/conformance/primitive_conformance.h"

namespace varve::conformance {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kStories = 15;
#else
constexpr std::uint64_t kStories = 150;
#endif

}  // namespace

absl::Status CheckSurvivesCrashes(const Subject& subject, std::uint64_t seed) {
  return crash::CrashFuzzSubject(subject, {.first_seed = seed, .stories = kStories});
}

}  // namespace varve::conformance
