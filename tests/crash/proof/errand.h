// What a program does with a store as a whole, in one go: each call of it may fail, be cancelled or
// be the last, and what must hold then.
#ifndef VARVE_TESTS_CRASH_PROOF_ERRAND_H_
#define VARVE_TESTS_CRASH_PROOF_ERRAND_H_

#include <functional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "tests/crash/proof/ground.h"

namespace varve::crash {

struct Errand {
  std::string_view name;
  // Makes what must be there before; it may put another ground in the place of this one.
  std::function<absl::Status(std::unique_ptr<Ground>&)> prepare;
  // The errand itself, which stops at the first error.
  std::function<absl::Status(Ground&)> run;
  // What must hold after it, whatever became of it; it may go on with what is there. `result` is
  // its answer; kAborted: the process was killed within it.
  std::function<absl::Status(Ground&, const absl::Status& result)> check;
  // Nothing of Path("store") may be changed.
  bool keeps_store = false;
  // A fault may lead to another answer here than in the errands that met its place before.
  bool all_places_new = false;
};

// OK where `status` is `code`, as it should; the status itself where it is another error.
[[nodiscard]] absl::Status Expect(absl::StatusCode code, const absl::Status& status);
// Nothing must hold.
[[nodiscard]] absl::Status CheckNothing(Ground& ground, const absl::Status& result);

[[nodiscard]] std::vector<Errand> StoreErrands();
[[nodiscard]] std::vector<Errand> MakingErrands();
[[nodiscard]] std::vector<Errand> CarryErrands();
[[nodiscard]] std::vector<Errand> RefusedErrands();
[[nodiscard]] std::vector<Errand> RowsErrands();
[[nodiscard]] std::vector<Errand> RewriteErrands();
[[nodiscard]] std::vector<Errand> LogErrands();
[[nodiscard]] std::vector<Errand> TargetErrands();
[[nodiscard]] std::vector<Errand> SnapshotErrands();
[[nodiscard]] const std::vector<Errand>& Errands();

// The name of a sweep: one errand on one ground.
[[nodiscard]] std::size_t SweepCount();
[[nodiscard]] absl::Status RunSweep(std::size_t index);

}  // namespace varve::crash

#endif  // VARVE_TESTS_CRASH_PROOF_ERRAND_H_
