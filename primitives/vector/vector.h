// Vectors: collections of them, and exact search for those most like a query.
//
//   store.Update([](varve::Transaction& txn) -> absl::Status {
//     varve::Vectors vectors(txn);
//     VARVE_RETURN_IF_ERROR(vectors.Create("docs", {.dimension = 3}));
//     const std::vector<float> apple = {0.9f, 0.1f, 0.2f};
//     return vectors.Insert("docs", "apple", apple, R"({"lang":"en","year":2024})");
//   });
//
//   store.Read([](varve::ReadView& view) -> absl::Status {
//     const std::vector<float> query = {1, 0, 0};
//     VARVE_ASSIGN_OR_RETURN(
//         std::vector<varve::VectorHit> hits,
//         varve::Vectors(view).Search(
//             "docs", query, {.k = 5, .filter = varve::VectorFilter::Eq("lang", "en")}));
//     for (const varve::VectorHit& hit : hits) std::cout << hit.key << " " << hit.score << "\n";
//     return absl::OkStatus();
//   });
//
// A search looks at every vector of the collection: what it answers is exact, and the same, bit for
// bit, on every processor and with any number of threads. Scores are higher where vectors are more
// alike (VectorMetric); results come with the highest score first, equal scores in key order. A
// filter is applied while searching, so that k answers come back whenever k rows match.
//
// It runs on a copy of the vectors in memory (5 bytes a component and about 170 bytes a row; a
// fifth less without VectorOptions::shadow), which is built when the store opens and follows each
// commit. A view of the past that is older than that copy reads the table instead: the same answer,
// later.
//
// Limits: names of 1 to 256 bytes, keys of 1 to 1024, any bytes; dimensions 1 to 8192; metadata, a
// JSON object, of up to 64 KiB. Past a limit the answer is kResourceExhausted and nothing is
// written. kInvalidArgument: an empty name or key, a vector of another dimension than the
// collection, a component that is NaN or infinite, zeros where the metric is cosine, metadata that
// are no JSON object. kNotFound: there is no such collection. Every read can also answer kDataLoss:
// a stored row failed its checksum.
#ifndef VARVE_PRIMITIVES_VECTOR_VECTOR_H_
#define VARVE_PRIMITIVES_VECTOR_VECTOR_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/reader.h"
#include "kernel/transaction.h"
#include "primitives/vector/vector_filter.h"
#include "primitives/vector/vector_types.h"

namespace varve {

// The collections of one run. A thin, copyable handle; the transaction or reader must outlive it.
// One thread at a time, as its reader; what it returns is the caller's own.
class Vectors final {
 public:
  // Reads and writes. `run`: whose collections; nil is the default run.
  explicit Vectors(Transaction& transaction, const RunId& run = {});
  // Reads. Every writing call answers kFailedPrecondition.
  explicit Vectors(Reader& reader, const RunId& run = {});

  // Collections.

  // kAlreadyExists: there is one of this name. Its shape can never be changed.
  [[nodiscard]] absl::Status Create(std::string_view collection, const VectorShape& shape);
  // Deletes it and all its vectors: one small log entry.
  [[nodiscard]] absl::Status Drop(std::string_view collection);
  [[nodiscard]] absl::StatusOr<std::optional<VectorCollection>> Info(
      std::string_view collection) const;
  // In the order of their names, behind `after` (empty: from the first), at most `limit`.
  [[nodiscard]] absl::StatusOr<std::vector<VectorCollection>> List(
      std::string_view after = {}, std::uint64_t limit = 1000) const;

  // Writes. Each can also answer kResourceExhausted (the transaction is full) and
  // kFailedPrecondition (a read-only handle, an ended transaction). The batch forms write all or
  // nothing and take each key once (kInvalidArgument).

  // A new vector. kAlreadyExists: the key is taken.
  [[nodiscard]] absl::Status Insert(std::string_view collection, std::string_view key,
                                    std::span<const float> vector, std::string_view metadata = {});
  [[nodiscard]] absl::Status InsertMany(std::string_view collection,
                                        std::span<const VectorItem> items);
  // A new vector or in place of the one that is there, metadata included. Reads no row, so two
  // writers of one key never conflict.
  [[nodiscard]] absl::Status Upsert(std::string_view collection, std::string_view key,
                                    std::span<const float> vector, std::string_view metadata = {});
  [[nodiscard]] absl::Status UpsertMany(std::string_view collection,
                                        std::span<const VectorItem> items);
  // Other components, the same metadata. kNotFound: there is no such key. UpdateMany looks at no
  // item's metadata.
  [[nodiscard]] absl::Status Update(std::string_view collection, std::string_view key,
                                    std::span<const float> vector);
  [[nodiscard]] absl::Status UpdateMany(std::string_view collection,
                                        std::span<const VectorItem> items);
  // Other metadata (empty: none), the same components. kNotFound: there is no such key.
  [[nodiscard]] absl::Status SetMetadata(std::string_view collection, std::string_view key,
                                         std::string_view metadata);
  // Whether there was one.
  [[nodiscard]] absl::StatusOr<bool> Delete(std::string_view collection, std::string_view key);
  // How many there were.
  [[nodiscard]] absl::StatusOr<std::uint64_t> DeleteMany(std::string_view collection,
                                                         std::span<const std::string_view> keys);

  // Reads.

  [[nodiscard]] absl::StatusOr<std::optional<VectorRow>> Get(std::string_view collection,
                                                             std::string_view key) const;
  // In the order of `keys`.
  [[nodiscard]] absl::StatusOr<std::vector<std::optional<VectorRow>>> GetMany(
      std::string_view collection, std::span<const std::string_view> keys) const;
  // In key order. Fewer than the limit: there are no more.
  [[nodiscard]] absl::StatusOr<std::vector<VectorRow>> Scan(
      std::string_view collection, const VectorScanOptions& options = {}) const;
  // Walks over the rows: O(rows).
  [[nodiscard]] absl::StatusOr<std::uint64_t> Count(std::string_view collection) const;

  // The rows most like `query`. Sees what this transaction has written. kInvalidArgument also: a k
  // of zero, a threshold that is NaN, a filter that is none.
  [[nodiscard]] absl::StatusOr<std::vector<VectorHit>> Search(
      std::string_view collection, std::span<const float> query,
      const VectorSearchOptions& options = {}) const;
  // For several queries at once, standing one after the other in `queries`: far less than one
  // search each, since the vectors are read once for many.
  [[nodiscard]] absl::StatusOr<std::vector<std::vector<VectorHit>>> SearchMany(
      std::string_view collection, std::span<const float> queries,
      const VectorSearchOptions& options = {}) const;

 private:
  enum class Existing { kMustNot, kMay, kMust };  // a row with the key of a write

  [[nodiscard]] absl::StatusOr<VectorShape> ShapeOf(std::string_view collection) const;
  [[nodiscard]] absl::StatusOr<VectorShape> ShapeForWriting(std::string_view collection) const;
  [[nodiscard]] absl::Status CheckWritable() const;
  [[nodiscard]] absl::Status CheckExisting(const std::string& table_key, Existing existing) const;
  [[nodiscard]] absl::Status CheckRoom(std::uint64_t payload_bytes, std::size_t entries) const;
  [[nodiscard]] absl::Status WriteMany(std::string_view collection,
                                       std::span<const VectorItem> items, Existing existing);
  [[nodiscard]] absl::Status Write(EntryType type, std::string_view payload);
  [[nodiscard]] absl::StatusOr<VectorHit> FillHit(std::string_view collection, float score,
                                                  std::string key,
                                                  const VectorSearchOptions& options) const;

  Reader* reader_;
  Transaction* transaction_;  // null: read-only
  RunId run_;
};

}  // namespace varve

#endif  // VARVE_PRIMITIVES_VECTOR_VECTOR_H_
