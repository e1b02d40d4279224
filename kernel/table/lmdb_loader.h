// Filling an empty LMDB file in ascending key order.
#ifndef VARVE_KERNEL_TABLE_LMDB_LOADER_H_
#define VARVE_KERNEL_TABLE_LMDB_LOADER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "kernel/table/history_writer.h"
#include "kernel/table/lmdb_environment.h"
#include "kernel/table/lmdb_writer.h"
#include "kernel/table/materialized_store.h"
#include "kernel/table/stored_row.h"

namespace varve::table {

// Writes the mark and makes the transaction durable.
[[nodiscard]] absl::Status CommitWithMark(LmdbEnvironment& environment, LmdbWriter& writer,
                                          const StoredMark& mark);

// Rows go into a transaction until it holds enough; all but the last leave a mark that says
// "loading" (S2). The environment must outlive it.
class LmdbLoader final : public MaterializedStore::Loader {
 public:
  // `prepare` is asked before each transaction: for the right to write, and for room in the map.
  LmdbLoader(LmdbEnvironment& environment, const HistoryPolicy& policy, const StoredMark& mark,
             std::function<absl::Status()> prepare);

  absl::Status Add(std::string_view row_key, const RowVersion& version, bool superseded) override;
  absl::Status Finish(const AppliedMark& mark) override;

 private:
  absl::Status Begin();
  absl::Status TryAdd(std::string_view row_key, const RowVersion& version, bool superseded);

  LmdbEnvironment& environment_;
  const HistoryPolicy policy_;
  const std::function<absl::Status()> prepare_;
  StoredMark mark_;
  HistoryLoader rows_;
  SweepPosition sweep_;
  std::unique_ptr<LmdbWriter> map_;
  std::optional<HistoryWriter> writer_;
  absl::Status failed_;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_LOADER_H_
