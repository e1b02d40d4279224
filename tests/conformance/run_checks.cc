// A run as a whole: what concerns every primitive of it without asking any.
#include <string>

#include "kernel/table/row.h"
#include "tests/conformance/check_support.h"
#include "tests/conformance/expectations.h"
#include "tests/conformance/simulated_store.h"

namespace varve::conformance {

namespace {

constexpr int kTransactions = 40;
constexpr int kTransactionsAfter = 20;

// `rows` without those of tables that stay behind when a run is copied, as rows of `run`.
absl::StatusOr<ModelTables> AsCopied(const ModelTables& rows, const PrimitiveSpec& spec,
                                     const RunId& run) {
  ModelTables copied;
  for (const auto& [row_key, versions] : rows.rows()) {
    const auto parts = table::ParseRowKey(row_key);
    for (const TableSpec& table : spec.tables) {
      if (table.number != parts->table.number || !table.copied) continue;
      const ModelVersion& newest = versions.front();
      VARVE_RETURN_IF_ERROR(copied.Add(table::MakeRowKey(parts->table, run, parts->key),
                                       {.lsn = newest.lsn,
                                        .commit_time = newest.commit_time,
                                        .deleted = false,
                                        .value = newest.value},
                                       false));
    }
  }
  return copied;
}

absl::Status GoOn(SimulatedStore& world, const RunId& run) {
  for (int i = 0; i < kTransactionsAfter; ++i) {
    VARVE_ASSIGN_OR_RETURN(Transaction transaction, world.store().Begin());
    VARVE_RETURN_IF_ERROR(world.OperateIn(run, transaction));
    VARVE_RETURN_IF_ERROR(transaction.Commit().status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckErasedRunIsGone(const Subject& subject, std::uint64_t seed) {
  SimulatedStore world(subject, seed);
  VARVE_RETURN_IF_ERROR(world.Open(SimulatedStore::State::kLost));
  VARVE_RETURN_IF_ERROR(world.Operate(kTransactions));
  VARVE_ASSIGN_OR_RETURN(ReadView before, world.store().View());
  const RunId erased = world.runs()[1];
  VARVE_RETURN_IF_ERROR(
      world.store().Update([&](Transaction& txn) { return txn.EraseRun(erased); }).status());

  VARVE_ASSIGN_OR_RETURN(ReadView after, world.store().View());
  VARVE_ASSIGN_OR_RETURN(const ModelTables left, world.Dump(after, {erased}));
  VARVE_RETURN_IF_ERROR(ExpectSame({}, left, "an erased run has rows"));
  const std::vector<RunId> others = {world.runs()[0], world.runs()[2]};
  VARVE_ASSIGN_OR_RETURN(const ModelTables kept, world.Dump(before, others));
  VARVE_ASSIGN_OR_RETURN(const ModelTables found, world.Dump(after, others));
  VARVE_RETURN_IF_ERROR(ExpectSame(kept, found, "erasing a run changed others"));
  VARVE_RETURN_IF_ERROR(ExpectNoFault(world, "a store with an erased run"));
  VARVE_RETURN_IF_ERROR(GoOn(world, erased));
  return ExpectNoFault(world, "a run begun anew after it was erased");
}

absl::Status CheckCopiedRunIsWhole(const Subject& subject, std::uint64_t seed) {
  SimulatedStore world(subject, seed);
  VARVE_RETURN_IF_ERROR(world.Open(SimulatedStore::State::kLost));
  VARVE_RETURN_IF_ERROR(world.Operate(kTransactions));
  VARVE_ASSIGN_OR_RETURN(ReadView before, world.store().View());
  const RunId source = world.runs()[1];
  const RunId target = *RunId::FromBytes(std::string(sizeof(RunId), '\x7F'));
  VARVE_RETURN_IF_ERROR(world.store()
                            .Update([&](Transaction& transaction) {
                              return transaction.CopyRun(before, source, target);
                            })
                            .status());

  VARVE_ASSIGN_OR_RETURN(ReadView after, world.store().View());
  VARVE_ASSIGN_OR_RETURN(const ModelTables rows, world.Dump(before, {source}));
  VARVE_ASSIGN_OR_RETURN(const ModelTables expected,
                         AsCopied(rows, world.primitive().spec(), target));
  VARVE_ASSIGN_OR_RETURN(const ModelTables found, world.Dump(after, {target}));
  if (Contents(expected, false) != Contents(found, false)) {
    return Broken("the copy of a run holds other rows");
  }
  VARVE_RETURN_IF_ERROR(ExpectNoFault(world, "a copied run"));
  VARVE_RETURN_IF_ERROR(GoOn(world, target));
  return ExpectNoFault(world, "a copied run that goes its own way");
}

}  // namespace varve::conformance
