// Crash fuzzing of one primitive, for its author's tests.
//
//   TEST(Ledger, SurvivesCrashes) {
//     const absl::Status status = varve::crash::CrashFuzz<LedgerPrimitive>(
//         [](varve::Transaction& txn, const varve::RunId& run, varve::crash::Decisions& random) {
//           return Ledger(txn, run).Open("account-" + std::to_string(random.Below(5)));
//         });
//     EXPECT_TRUE(status.ok()) << status;
//   }
//
// The conformance suite (tests/conformance/primitive_conformance.h) does this too, shortly.
#ifndef VARVE_CRASH_CRASH_FUZZ_H_
#define VARVE_CRASH_CRASH_FUZZ_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "crash/subject.h"

namespace varve::crash {

struct CrashFuzzOptions {
  std::uint64_t first_seed = 1;
  // Until one of them is reached; 0: no such end.
  std::uint64_t stories = 1'000;
  std::chrono::milliseconds time{0};
  int threads = 1;
};

// Lives stories (crash/story.h) of a store with `subject` and the built-in primitives in the same
// transactions; the oracle is a twin that never crashes. OK, or kInternal with the promise that was
// broken, the smallest story found that breaks it, told in full, and its case file.
[[nodiscard]] absl::Status CrashFuzzSubject(const Subject& subject,
                                            const CrashFuzzOptions& options = {});

template <typename P>
[[nodiscard]] absl::Status CrashFuzz(decltype(Subject::operate) operate,
                                     const CrashFuzzOptions& options = {}) {
  return CrashFuzzSubject(
      {.make = [] { return std::make_unique<P>(); }, .operate = std::move(operate)}, options);
}

}  // namespace varve::crash

#endif  // VARVE_CRASH_CRASH_FUZZ_H_
