// The primitive within a real store, whose rows must be those that the model gives.
#include <string>

#include "tests/conformance/check_support.h"
#include "tests/conformance/expectations.h"
#include "tests/conformance/simulated_store.h"

namespace varve::conformance {

namespace {

using State = SimulatedStore::State;

constexpr int kPhaseTransactions = 30;
constexpr int kAbandonedTransactions = 10;

}  // namespace

absl::Status CheckStoreAgreesWithReplay(const Subject& subject, std::uint64_t seed) {
  SimulatedStore world(subject, seed);
  VARVE_RETURN_IF_ERROR(world.Open(State::kLost));
  for (int phase = 0; phase < 3; ++phase) {
    VARVE_RETURN_IF_ERROR(world.Operate(kPhaseTransactions));
    VARVE_ASSIGN_OR_RETURN(const ModelTables expected, Replayed(world, kLsnMax));
    VARVE_RETURN_IF_ERROR(ExpectRows(world, expected, "a live store differs from its log"));
    VARVE_RETURN_IF_ERROR(world.store().Checkpoint());
    VARVE_RETURN_IF_ERROR(ExpectRows(world, expected, "a checkpoint changed rows"));
  }
  return world.Close();
}

absl::Status CheckPastAgreesWithReplay(const Subject& subject, std::uint64_t seed) {
  SimulatedStore world(subject, seed);
  VARVE_RETURN_IF_ERROR(world.Open(State::kLost));
  VARVE_RETURN_IF_ERROR(world.Operate(kPhaseTransactions));
  VARVE_RETURN_IF_ERROR(world.store().Checkpoint());
  VARVE_RETURN_IF_ERROR(world.Operate(kPhaseTransactions));
  const std::uint64_t newest = world.store().visible_lsn().value();
  for (std::uint64_t lsn = 1; lsn <= newest; ++lsn) {
    VARVE_ASSIGN_OR_RETURN(const ModelTables expected, Replayed(world, Lsn(lsn)));
    VARVE_ASSIGN_OR_RETURN(ReadView view, world.store().AsOf(Lsn(lsn)));
    VARVE_ASSIGN_OR_RETURN(const ModelTables found, world.Dump(view));
    VARVE_RETURN_IF_ERROR(ExpectSame(expected, found, "the past at LSN " + std::to_string(lsn)));
  }
  return world.Close();
}

absl::Status CheckAbandonedLeavesNothing(const Subject& subject, std::uint64_t seed) {
  SimulatedStore world(subject, seed);
  VARVE_RETURN_IF_ERROR(world.Open(State::kLost));
  VARVE_RETURN_IF_ERROR(world.Operate(kPhaseTransactions));
  for (int i = 0; i < kAbandonedTransactions; ++i) {
    VARVE_ASSIGN_OR_RETURN(const ModelTables before, world.DumpNow());
    {
      VARVE_ASSIGN_OR_RETURN(Transaction abandoned, world.store().Begin());
      VARVE_RETURN_IF_ERROR(world.OperateWithin(abandoned));
    }
    VARVE_RETURN_IF_ERROR(ExpectRows(world, before, "an abandoned transaction left a trace"));

    VARVE_ASSIGN_OR_RETURN(Transaction kept, world.store().Begin());
    VARVE_RETURN_IF_ERROR(world.OperateWithin(kept));
    VARVE_ASSIGN_OR_RETURN(const ModelTables within, world.Dump(kept));
    VARVE_RETURN_IF_ERROR(kept.Commit().status());
    VARVE_ASSIGN_OR_RETURN(const ModelTables after, world.DumpNow());
    const bool keys_only = subject.values_hold_position;
    if (Contents(within, keys_only) != Contents(after, keys_only)) {
      return Broken("a transaction read other rows than it committed");
    }
  }
  return world.Close();
}

absl::Status CheckRefusalsLogNothing(const Subject& subject, std::uint64_t seed) {
  SimulatedStore world(subject, seed);
  VARVE_RETURN_IF_ERROR(world.Open(State::kLost));
  VARVE_RETURN_IF_ERROR(world.Operate(kPhaseTransactions));
  for (const Refusal& refusal : subject.refusals) {
    for (const RunId& run : world.runs()) {
      VARVE_ASSIGN_OR_RETURN(Transaction transaction, world.store().Begin());
      VARVE_RETURN_IF_ERROR(world.OperateWithin(transaction));
      const std::uint64_t bytes = transaction.bytes();
      VARVE_ASSIGN_OR_RETURN(const ModelTables before, world.Dump(transaction));
      const absl::Status status = refusal.call(transaction, run);
      if (!IsHonestRefusal(status)) {
        return Broken(refusal.name, ": expected a refusal, got ", FromAbsl(status.ToString()));
      }
      if (transaction.bytes() != bytes) return Broken(refusal.name, ": was refused, but logged");
      VARVE_ASSIGN_OR_RETURN(const ModelTables after, world.Dump(transaction));
      VARVE_RETURN_IF_ERROR(ExpectSame(before, after, refusal.name + ": changed rows"));
      VARVE_RETURN_IF_ERROR(world.OperateWithin(transaction));
      VARVE_RETURN_IF_ERROR(transaction.Commit().status());
    }
  }
  return world.Close();
}

absl::Status CheckSurvivesReopen(const Subject& subject, std::uint64_t seed) {
  SimulatedStore world(subject, seed);
  VARVE_RETURN_IF_ERROR(world.Open(State::kLost));
  VARVE_RETURN_IF_ERROR(world.Operate(kPhaseTransactions));
  VARVE_RETURN_IF_ERROR(world.store().Checkpoint());
  VARVE_RETURN_IF_ERROR(world.Operate(kPhaseTransactions));
  VARVE_ASSIGN_OR_RETURN(ModelTables rows, world.DumpNow());

  VARVE_RETURN_IF_ERROR(world.Close());
  VARVE_RETURN_IF_ERROR(world.Open(State::kKept));
  VARVE_RETURN_IF_ERROR(ExpectRows(world, rows, "a clean reopen changed rows"));

  VARVE_RETURN_IF_ERROR(world.Close());
  VARVE_RETURN_IF_ERROR(world.Open(State::kLost));
  VARVE_RETURN_IF_ERROR(ExpectRows(world, rows, "rebuilding from the log changed rows"));

  VARVE_RETURN_IF_ERROR(world.snapshotter().CreateSnapshot(world.store()).status());
  VARVE_RETURN_IF_ERROR(world.Operate(kPhaseTransactions));
  VARVE_ASSIGN_OR_RETURN(rows, world.DumpNow());
  VARVE_RETURN_IF_ERROR(world.Crash());
  VARVE_RETURN_IF_ERROR(world.Open(State::kLost));
  VARVE_RETURN_IF_ERROR(ExpectRows(world, rows, "a crash, a snapshot and the log changed rows"));
  return world.Close();
}

absl::Status CheckFindsNoFaultInItsOwnRows(const Subject& subject, std::uint64_t seed) {
  SimulatedStore world(subject, seed);
  VARVE_RETURN_IF_ERROR(world.Open(State::kLost));
  VARVE_RETURN_IF_ERROR(ExpectNoFault(world, "a new store"));
  for (int phase = 0; phase < 3; ++phase) {
    VARVE_RETURN_IF_ERROR(world.Operate(kPhaseTransactions));
    VARVE_RETURN_IF_ERROR(ExpectNoFault(world, "a live store"));
    VARVE_RETURN_IF_ERROR(world.store().Checkpoint());
    VARVE_RETURN_IF_ERROR(ExpectNoFault(world, "a checkpointed store"));
  }
  VARVE_RETURN_IF_ERROR(world.Close());
  VARVE_RETURN_IF_ERROR(world.Open(State::kLost));
  VARVE_RETURN_IF_ERROR(ExpectNoFault(world, "a recovered store"));
  return world.Close();
}

}  // namespace varve::conformance
