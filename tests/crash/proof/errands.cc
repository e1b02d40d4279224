#include "tests/crash/proof/errand.h"

namespace varve::crash {

const std::vector<Errand>& Errands() {
  static const auto* const errands = [] {
    auto* const all = new std::vector<Errand>();
    for (const auto& some :
         {StoreErrands(), MakingErrands(), CarryErrands(), RefusedErrands(), RowsErrands()}) {
      all->insert(all->end(), some.begin(), some.end());
    }
    return all;
  }();
  return *errands;
}

}  // namespace varve::crash
