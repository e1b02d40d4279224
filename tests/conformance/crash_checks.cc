// The check of the suite that crashes the store.
#include "crash/allocations/sanitizer.h"
#include "crash/crash_fuzz.h"
#include "tests/conformance/primitive_conformance.h"

namespace varve::conformance {
namespace {

constexpr std::uint64_t kStories = crash::kHasSanitizer ? 15 : 150;

}  // namespace

absl::Status CheckSurvivesCrashes(const Subject& subject, std::uint64_t seed) {
  return crash::CrashFuzzSubject(subject, {.first_seed = seed, .stories = kStories});
}

}  // namespace varve::conformance
