// The matrices of all collections of a store, kept in step with its commits.
//
//   OnCommitted -> Queue: copies what changed, takes no lock that a search holds for long
//   a search    -> Find:  folds what is queued into the matrices, then takes a snapshot
//
// Everything up to a view's LSN was queued before the view could begin, so a search always folds at
// least what it may see.
#ifndef VARVE_PRIMITIVES_VECTOR_VECTOR_INDEX_H_
#define VARVE_PRIMITIVES_VECTOR_VECTOR_INDEX_H_

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/primitive.h"
#include "kernel/read_view.h"
#include "primitives/vector/vector_matrix.h"
#include "primitives/vector/vector_payload.h"
#include "primitives/vector/vector_workers.h"

namespace varve::vector {

// Thread-safe.
class VectorIndex final {
 public:
  explicit VectorIndex(const VectorOptions& options = {}) : options_(options) {}
  VectorIndex(const VectorIndex&) = delete;
  VectorIndex& operator=(const VectorIndex&) = delete;

  // Builds every matrix anew from the rows that `view` sees. Where one of them is damaged there is
  // no index until the next rebuild: a store with one bad row can still be opened, and a search,
  // which then reads the table, says what is wrong with it.
  void Rebuild(ReadView& view);

  // What a transaction changed. Called under the commit lock; cheap.
  void Queue(Lsn lsn, std::span<const Mutation> mutations);

  // The rows of a collection, for a view at `at`; nullopt where only the table still knows them:
  // the view is older than the last compaction. `prefix`: MakeCollectionPrefix.
  [[nodiscard]] std::optional<MatrixSnapshot> Find(const RunId& run, std::string_view prefix,
                                                   const VectorShape& shape, Lsn at);

  // What commits have left and no search has folded yet.
  [[nodiscard]] std::size_t queued_bytes();

  [[nodiscard]] const VectorOptions& options() const { return options_; }
  [[nodiscard]] Workers& workers() { return workers_; }

 private:
  struct Change {
    Lsn lsn{};
    std::string group{};
    std::string key{};
    std::optional<std::string> row{};  // nullopt: deleted
  };
  // The matrices of a collection: one, unless it was dropped and made anew with another shape.
  using Group = std::vector<std::unique_ptr<Matrix>>;
  struct LoadedRow;

  void Load(std::span<const LoadedRow> rows);  // with fold_mutex_ held, as all below
  void Fold();
  void FoldOne(const Change& change);
  void EndRow(const std::string& group, std::string_view key, Lsn at);
  [[nodiscard]] Matrix& MatrixOf(const std::string& group, const VectorShape& shape);

  const VectorOptions options_;

  std::mutex queue_mutex_;  // taken last, and for moments only
  std::vector<Change> queue_;
  std::size_t queue_bytes_ = 0;

  std::mutex fold_mutex_;
  std::unordered_map<std::string, Group> groups_;  // by run and prefix
  Lsn floor_{};  // views before it must read the tables, whatever the collection

  Workers workers_;
};

}  // namespace varve::vector

#endif  // VARVE_PRIMITIVES_VECTOR_VECTOR_INDEX_H_
