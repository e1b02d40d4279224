// The rows by other roads than a reopen: restored elsewhere, and carried by programs that lack the
// primitive.
#include <string>

#include "tests/conformance/check_support.h"
#include "tests/conformance/expectations.h"
#include "tests/conformance/simulated_store.h"

namespace varve::conformance {

namespace {

using State = SimulatedStore::State;

constexpr int kTransactions = 30;
constexpr int kTransactionsCarried = 5;  // few, so that most rows come out of the section
constexpr std::uint64_t kRestores = 6;

}  // namespace

absl::Status CheckRestoresAsItWas(const Subject& subject, std::uint64_t seed) {
  SimulatedStore world(subject, seed);
  VARVE_RETURN_IF_ERROR(world.Open(State::kLost));
  VARVE_RETURN_IF_ERROR(world.Operate(kTransactions));
  VARVE_RETURN_IF_ERROR(world.snapshotter().CreateSnapshot(world.store()).status());
  VARVE_RETURN_IF_ERROR(world.Operate(kTransactions));
  const std::uint64_t newest = world.store().visible_lsn().value();
  for (std::uint64_t i = 1; i <= kRestores; ++i) {
    const Lsn lsn(newest * i / kRestores);
    VARVE_ASSIGN_OR_RETURN(const ModelTables expected, Replayed(world, lsn));
    VARVE_ASSIGN_OR_RETURN(const ModelTables found, world.Restored(lsn));
    VARVE_RETURN_IF_ERROR(
        ExpectSame(expected, found, "restored as of LSN " + std::to_string(lsn.value())));
  }
  return world.Close();
}

absl::Status CheckComesBackFromBeingCarried(const Subject& subject, std::uint64_t seed) {
  SimulatedStore world(subject, seed);
  VARVE_RETURN_IF_ERROR(world.Open(State::kLost));
  VARVE_RETURN_IF_ERROR(world.Operate(kTransactions));
  VARVE_RETURN_IF_ERROR(world.snapshotter().CreateSnapshot(world.store()).status());
  VARVE_RETURN_IF_ERROR(world.Operate(kTransactionsCarried));
  VARVE_ASSIGN_OR_RETURN(const ModelTables rows, world.DumpNow());
  VARVE_RETURN_IF_ERROR(world.Close());

  VARVE_RETURN_IF_ERROR(world.OpenCarrying());
  VARVE_RETURN_IF_ERROR(world.store().Checkpoint());
  VARVE_RETURN_IF_ERROR(world.snapshotter().CreateSnapshot(world.store()).status());
  VARVE_RETURN_IF_ERROR(world.Close());

  VARVE_RETURN_IF_ERROR(world.Open(State::kLost));
  VARVE_RETURN_IF_ERROR(ExpectRows(world, rows, "being carried changed rows"));
  VARVE_RETURN_IF_ERROR(ExpectNoFault(world, "a store that was carried"));
  return world.Close();
}

}  // namespace varve::conformance
