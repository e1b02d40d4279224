// A store of one primitive in a simulated world: opened, operated, dumped, closed, crashed,
// reopened.
#ifndef VARVE_TESTS_CONFORMANCE_SIMULATED_STORE_H_
#define VARVE_TESTS_CONFORMANCE_SIMULATED_STORE_H_

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crash/simulated/simulated_environment.h"
#include "kernel/store.h"
#include "recovery/open.h"
#include "tests/conformance/model_tables.h"
#include "tests/conformance/primitive_conformance.h"
#include "tests/conformance/recorded_history.h"

namespace varve::conformance {

// Not thread-safe. Keeps all history. A failure of the store is returned as it is.
class SimulatedStore final {
 public:
  SimulatedStore(const Subject& subject, std::uint64_t seed);

  // What an open finds beside the log and the snapshots: the materialized rows as they were at the
  // last checkpoint, or none, as if state.mdb had been deleted.
  enum class State { kKept, kLost };
  [[nodiscard]] absl::Status Open(State state);
  [[nodiscard]] absl::Status Close();
  // Ends the process and cuts the power: only what was durable stays.
  [[nodiscard]] absl::Status Crash();

  // Opens it by a program that lacks the primitive and carries what it left, without state.mdb.
  [[nodiscard]] absl::Status OpenCarrying();
  // Every row of a store that is restored elsewhere from this one, as it was at `lsn`.
  [[nodiscard]] absl::StatusOr<ModelTables> Restored(Lsn lsn);

  // Commits `count` transactions of a few operations each, in several runs.
  [[nodiscard]] absl::Status Operate(int count);
  // The same operations within `transaction`, which stays open.
  [[nodiscard]] absl::Status OperateWithin(Transaction& transaction);
  // One of them, in `run`.
  [[nodiscard]] absl::Status OperateIn(const RunId& run, Transaction& transaction);

  // Every row that a reader shows of the three runs that are operated in, without history.
  [[nodiscard]] absl::StatusOr<ModelTables> Dump(Reader& reader) const;
  [[nodiscard]] absl::StatusOr<ModelTables> Dump(Reader& reader,
                                                 const std::vector<RunId>& runs) const;
  [[nodiscard]] absl::StatusOr<ModelTables> DumpNow();
  // The log so far; all commits of this class are durable.
  [[nodiscard]] absl::StatusOr<RecordedHistory> History();

  [[nodiscard]] Store& store() { return *opened_.store; }
  [[nodiscard]] snapshot::Snapshotter& snapshotter() { return *opened_.snapshotter; }
  // One that is no store's, and the one that the store has, with what it keeps in memory.
  [[nodiscard]] const Primitive& primitive() const { return *primitive_; }
  [[nodiscard]] const Primitive& live() const {
    return *opened_.store->registry().FindById(primitive_->spec().id);
  }
  [[nodiscard]] const std::vector<RunId>& runs() const { return runs_; }

 private:
  [[nodiscard]] OpenOptions Options(std::shared_ptr<table::MaterializedStore>& materialized);
  [[nodiscard]] absl::StatusOr<PrimitiveRegistry> Registry() const;

  const Subject& subject_;
  std::unique_ptr<Primitive> primitive_;  // beside the one in the store
  crash::Decisions random_;
  crash::SimulatedEnvironment world_;
  std::shared_ptr<table::MaterializedStore> materialized_;
  Uuid uuid_;
  std::vector<RunId> runs_;
  OpenedStore opened_;
};

}  // namespace varve::conformance

#endif  // VARVE_TESTS_CONFORMANCE_SIMULATED_STORE_H_
