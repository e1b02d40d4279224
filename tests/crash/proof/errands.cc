#include "tests/crash/proof/errand.h"

#include "tests/crash/proof/life.h"

namespace varve::crash {

absl::Status Expect(absl::StatusCode code, const absl::Status& status) {
  if (status.code() == code) return absl::OkStatus();
  return status.ok() ? Wrong("it does not refuse") : status;
}

absl::Status CheckNothing(Ground& /*ground*/, const absl::Status& /*result*/) {
  return absl::OkStatus();
}

const std::vector<Errand>& Errands() {
  static const auto* const errands = [] {
    auto* const all = new std::vector<Errand>();
    for (const auto& some :
         {StoreErrands(), MakingErrands(), TargetErrands(), CarryErrands(), RefusedErrands(),
          SnapshotErrands(), LogErrands(), RowsErrands(), RewriteErrands()}) {
      all->insert(all->end(), some.begin(), some.end());
    }
    return all;
  }();
  return *errands;
}

}  // namespace varve::crash
