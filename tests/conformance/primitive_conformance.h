// The promises of kernel/primitive.h, checked for any primitive.
//
// An author describes the primitive once and gets a test for each promise:
//
//   varve::conformance::Subject LedgerSubject() {
//     return {.make = [] { return std::make_unique<LedgerPrimitive>(); },
//             .operate = [](varve::Transaction& txn, const varve::RunId& run,
//                           varve::crash::Decisions& random) -> absl::Status {
//               Ledger ledger(txn, run);
//               return ledger.Post("account/" + std::to_string(random.Below(10)), 1);
//             },
//             .refusals = {{"empty name", [](varve::Transaction& txn, const varve::RunId& run) {
//                             return Ledger(txn, run).Post("", 1);
//                           }}}};
//   }
//   VARVE_PRIMITIVE_CONFORMANCE(Ledger, LedgerSubject());
//
// Histories are random: each test prints its seed and takes it from VARVE_TEST_SEED. A primitive
// that passes can be committed, replayed, snapshotted, restored and read in the past.
#ifndef VARVE_TESTS_CONFORMANCE_PRIMITIVE_CONFORMANCE_H_
#define VARVE_TESTS_CONFORMANCE_PRIMITIVE_CONFORMANCE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "crash/subject.h"

namespace varve::conformance {

using crash::Refusal;
using crash::Subject;

// Each check is OK, or kInternal with what was broken and how. They make stores in memory and in a
// simulated file system; none touches the disk.
using Check = absl::Status (*)(const Subject& subject, std::uint64_t seed);

// The spec is the same at every call, and a registry takes it.
[[nodiscard]] absl::Status CheckSpec(const Subject& subject, std::uint64_t seed);
// Operations log only declared entry types in declared payload versions.
[[nodiscard]] absl::Status CheckLogsDeclaredEntries(const Subject& subject, std::uint64_t seed);
// (P1) Two instances, and an instance that applies each entry twice as a busy store does, leave the
// same rows.
[[nodiscard]] absl::Status CheckApplyIsDeterministic(const Subject& subject, std::uint64_t seed);
// (P1) The entries of one run give the same rows of it whatever other runs do.
[[nodiscard]] absl::Status CheckRunsAreApart(const Subject& subject, std::uint64_t seed);
// (P2) Every logged entry applies again, in order, without error.
[[nodiscard]] absl::Status CheckApplyIsTotal(const Subject& subject, std::uint64_t seed);
// (P3) Cut, flipped and random payloads are applied or refused with a code that says whose fault it
// is, alike by every instance.
[[nodiscard]] absl::Status CheckApplySurvivesHostileBytes(const Subject& subject,
                                                          std::uint64_t seed);
// Payload versions and entry types that are not declared are refused.
[[nodiscard]] absl::Status CheckRefusesUndeclaredEntries(const Subject& subject,
                                                         std::uint64_t seed);
// (P4) Load(Save(x)) is x, with history and without.
[[nodiscard]] absl::Status CheckSectionRoundTrip(const Subject& subject, std::uint64_t seed);
// The same rows give the same bytes, from any instance, and again after a round trip.
[[nodiscard]] absl::Status CheckSectionBytesAreStable(const Subject& subject, std::uint64_t seed);
// A snapshot at any LSN and the log behind it give the state of the whole log.
[[nodiscard]] absl::Status CheckSnapshotPlusRestIsReplay(const Subject& subject,
                                                         std::uint64_t seed);
// (P3) Cut and flipped sections are loaded or refused with kDataLoss.
[[nodiscard]] absl::Status CheckLoadSurvivesHostileBytes(const Subject& subject,
                                                         std::uint64_t seed);
// Describe answers any bytes with short, printable text.
[[nodiscard]] absl::Status CheckDescribe(const Subject& subject, std::uint64_t seed);
// DescribeRow answers any bytes with short text.
[[nodiscard]] absl::Status CheckDescribeRow(const Subject& subject, std::uint64_t seed);

// A live store holds what replaying its log gives.
[[nodiscard]] absl::Status CheckStoreAgreesWithReplay(const Subject& subject, std::uint64_t seed);
// A view of each past LSN shows what replaying up to it gives.
[[nodiscard]] absl::Status CheckPastAgreesWithReplay(const Subject& subject, std::uint64_t seed);
// A transaction reads its own writes, and one that is abandoned leaves no trace.
[[nodiscard]] absl::Status CheckAbandonedLeavesNothing(const Subject& subject, std::uint64_t seed);
// Every refusal logs nothing and leaves the transaction usable.
[[nodiscard]] absl::Status CheckRefusalsLogNothing(const Subject& subject, std::uint64_t seed);
// Close and reopen: the same rows, whether from state.mdb, a snapshot or the log alone.
[[nodiscard]] absl::Status CheckSurvivesReopen(const Subject& subject, std::uint64_t seed);
// CheckRows finds no fault in rows that Apply made, live, checkpointed and replayed.
[[nodiscard]] absl::Status CheckFindsNoFaultInItsOwnRows(const Subject& subject,
                                                         std::uint64_t seed);
// A store that is restored elsewhere, as of any LSN, holds what replaying up to it gives.
[[nodiscard]] absl::Status CheckRestoresAsItWas(const Subject& subject, std::uint64_t seed);
// A program that lacks the primitive checkpoints and snapshots the store; then the rows are as
// before.
[[nodiscard]] absl::Status CheckComesBackFromBeingCarried(const Subject& subject,
                                                          std::uint64_t seed);
// An erased run has no rows, other runs have theirs, and CheckRows finds no fault.
[[nodiscard]] absl::Status CheckErasedRunIsGone(const Subject& subject, std::uint64_t seed);
// The copy of a run holds its rows, CheckRows finds no fault in it, and operations go on there.
[[nodiscard]] absl::Status CheckCopiedRunIsWhole(const Subject& subject, std::uint64_t seed);

// Registered or writing, the primitive changes no byte that the store holds for others: the
// built-in primitives leave the same log, the same snapshot sections and the same manifest, one
// line longer.
[[nodiscard]] absl::Status CheckLeavesOtherFormatsAlone(const Subject& subject, std::uint64_t seed);

// Stories of crashes, device faults and damage, mixed with the built-in primitives: what is
// recovered is what a twin that never crashed holds. Shortly; crash/crash_fuzz.h goes on for as
// long as one likes.
[[nodiscard]] absl::Status CheckSurvivesCrashes(const Subject& subject, std::uint64_t seed);

// Runs one check with the seed of this test run; the seed stands in the error.
[[nodiscard]] absl::Status RunCheck(Check check, const Subject& subject);

}  // namespace varve::conformance

#define VARVE_CONFORMANCE_TEST_(name, check, subject)                                \
  TEST(name##Conformance, check) {                                                   \
    const absl::Status status =                                                      \
        ::varve::conformance::RunCheck(::varve::conformance::Check##check, subject); \
    EXPECT_TRUE(status.ok()) << status;                                              \
  }

// One test for each promise, in the test suite <name>Conformance. Needs gtest/gtest.h.
#define VARVE_PRIMITIVE_CONFORMANCE(name, subject)                  \
  VARVE_CONFORMANCE_TEST_(name, Spec, subject)                      \
  VARVE_CONFORMANCE_TEST_(name, LogsDeclaredEntries, subject)       \
  VARVE_CONFORMANCE_TEST_(name, ApplyIsDeterministic, subject)      \
  VARVE_CONFORMANCE_TEST_(name, RunsAreApart, subject)              \
  VARVE_CONFORMANCE_TEST_(name, ApplyIsTotal, subject)              \
  VARVE_CONFORMANCE_TEST_(name, ApplySurvivesHostileBytes, subject) \
  VARVE_CONFORMANCE_TEST_(name, RefusesUndeclaredEntries, subject)  \
  VARVE_CONFORMANCE_TEST_(name, SectionRoundTrip, subject)          \
  VARVE_CONFORMANCE_TEST_(name, SectionBytesAreStable, subject)     \
  VARVE_CONFORMANCE_TEST_(name, SnapshotPlusRestIsReplay, subject)  \
  VARVE_CONFORMANCE_TEST_(name, LoadSurvivesHostileBytes, subject)  \
  VARVE_CONFORMANCE_TEST_(name, Describe, subject)                  \
  VARVE_CONFORMANCE_TEST_(name, DescribeRow, subject)               \
  VARVE_CONFORMANCE_TEST_(name, StoreAgreesWithReplay, subject)     \
  VARVE_CONFORMANCE_TEST_(name, PastAgreesWithReplay, subject)      \
  VARVE_CONFORMANCE_TEST_(name, AbandonedLeavesNothing, subject)    \
  VARVE_CONFORMANCE_TEST_(name, RefusalsLogNothing, subject)        \
  VARVE_CONFORMANCE_TEST_(name, SurvivesReopen, subject)            \
  VARVE_CONFORMANCE_TEST_(name, FindsNoFaultInItsOwnRows, subject)  \
  VARVE_CONFORMANCE_TEST_(name, RestoresAsItWas, subject)           \
  VARVE_CONFORMANCE_TEST_(name, ComesBackFromBeingCarried, subject) \
  VARVE_CONFORMANCE_TEST_(name, ErasedRunIsGone, subject)           \
  VARVE_CONFORMANCE_TEST_(name, CopiedRunIsWhole, subject)          \
  VARVE_CONFORMANCE_TEST_(name, LeavesOtherFormatsAlone, subject)   \
  VARVE_CONFORMANCE_TEST_(name, SurvivesCrashes, subject)           \
  static_assert(true, "so that a semicolon may follow")

#endif  // VARVE_TESTS_CONFORMANCE_PRIMITIVE_CONFORMANCE_H_
