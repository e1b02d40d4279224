#include "primitives/vector/vector.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "kernel/base/codec.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "primitives/vector/vector_checks.h"
#include "primitives/vector/vector_payload.h"
#include "primitives/vector/vector_primitive.h"

namespace varve {

namespace {

using vector::RowImage;

VectorCollection CollectionOf(const Row& row, const VectorShape& shape) {
  return {.name = std::string(row.key),
          .shape = shape,
          .created = row.lsn,
          .created_time = row.commit_time};
}

VectorRow RowOf(const Row& row, std::string_view key, const RowImage& image, bool with_vector) {
  return {.key = std::string(key),
          .vector = with_vector ? image.ToVector() : std::vector<float>(),
          .metadata = std::string(image.metadata),
          .lsn = row.lsn,
          .commit_time = row.commit_time};
}

// The range of a collection's rows that a scan wants.
KeyRange RangeOf(const std::string& prefix, const VectorScanOptions& options) {
  KeyRange range = KeyRange::Prefix(prefix + std::string(options.prefix));
  if (!options.after.empty()) {
    range.begin = std::max(range.begin, prefix + std::string(options.after) + '\0');
  }
  return range;
}

}  // namespace

Vectors::Vectors(Transaction& transaction, const RunId& run)
    : reader_(&transaction), transaction_(&transaction), run_(run) {}

Vectors::Vectors(Reader& reader, const RunId& run)
    : reader_(&reader), transaction_(nullptr), run_(run) {}

absl::Status Vectors::Create(std::string_view collection, const VectorShape& shape) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  VARVE_RETURN_IF_ERROR(vector::CheckShape(shape));
  VARVE_ASSIGN_OR_RETURN(const std::optional<VectorCollection> existing, Info(collection));
  if (existing.has_value()) {
    return MakeStatus(absl::StatusCode::kAlreadyExists, "there is a vector collection \"",
                      vector::Shown(collection), "\" already, of dimension ",
                      existing->shape.dimension, " and metric ",
                      VectorMetricName(existing->shape.metric));
  }
  return Write(kVectorCollectionCreate, vector::EncodeCreate(shape, collection));
}

absl::Status Vectors::Drop(std::string_view collection) {
  VARVE_RETURN_IF_ERROR(ShapeForWriting(collection).status());
  return Write(kVectorCollectionDelete, collection);
}

absl::StatusOr<std::optional<VectorCollection>> Vectors::Info(std::string_view collection) const {
  VARVE_RETURN_IF_ERROR(vector::CheckName(collection));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row,
                         reader_->Get(kVectorCollections, run_, collection));
  if (!row.has_value()) return std::nullopt;
  VARVE_ASSIGN_OR_RETURN(const VectorShape shape, vector::DecodeShape(row->value));
  return CollectionOf(*row, shape);
}

absl::StatusOr<std::vector<VectorCollection>> Vectors::List(std::string_view after,
                                                            std::uint64_t limit) const {
  KeyRange range = KeyRange::All();
  if (!after.empty()) range.begin = std::string(after) + '\0';
  std::vector<VectorCollection> collections;
  const std::unique_ptr<RowScan> scan = reader_->Scan(kVectorCollections, run_, range);
  for (; collections.size() < limit && scan->valid(); scan->Next()) {
    VARVE_ASSIGN_OR_RETURN(const VectorShape shape, vector::DecodeShape(scan->row().value));
    collections.push_back(CollectionOf(scan->row(), shape));
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  return collections;
}

absl::Status Vectors::Insert(std::string_view collection, std::string_view key,
                             std::span<const float> vector, std::string_view metadata) {
  const VectorItem item{.key = key, .vector = vector, .metadata = metadata};
  return WriteMany(collection, {&item, 1}, Existing::kMustNot);
}

absl::Status Vectors::InsertMany(std::string_view collection, std::span<const VectorItem> items) {
  return WriteMany(collection, items, Existing::kMustNot);
}

absl::Status Vectors::Upsert(std::string_view collection, std::string_view key,
                             std::span<const float> vector, std::string_view metadata) {
  const VectorItem item{.key = key, .vector = vector, .metadata = metadata};
  return WriteMany(collection, {&item, 1}, Existing::kMay);
}

absl::Status Vectors::UpsertMany(std::string_view collection, std::span<const VectorItem> items) {
  return WriteMany(collection, items, Existing::kMay);
}

absl::Status Vectors::Update(std::string_view collection, std::string_view key,
                             std::span<const float> vector) {
  const VectorItem item{.key = key, .vector = vector};
  return WriteMany(collection, {&item, 1}, Existing::kMust);
}

absl::Status Vectors::UpdateMany(std::string_view collection, std::span<const VectorItem> items) {
  return WriteMany(collection, items, Existing::kMust);
}

// Whatever could refuse an item is asked of all of them before the first is written.
absl::Status Vectors::WriteMany(std::string_view collection, std::span<const VectorItem> items,
                                Existing existing) {
  VARVE_ASSIGN_OR_RETURN(const VectorShape shape, ShapeForWriting(collection));
  std::set<std::string_view> keys;
  std::uint64_t bytes = 0;
  for (const VectorItem& item : items) {
    VARVE_RETURN_IF_ERROR(vector::CheckKey(item.key));
    VARVE_RETURN_IF_ERROR(vector::CheckVector(shape, item.vector));
    if (existing != Existing::kMust) VARVE_RETURN_IF_ERROR(vector::CheckMetadata(item.metadata));
    if (!keys.insert(item.key).second) {
      return InvalidArgument("the key \"", vector::Shown(item.key), "\" stands in the batch twice");
    }
    const std::string table_key = vector::MakeVectorKey(collection, item.key);
    VARVE_RETURN_IF_ERROR(CheckExisting(table_key, existing));
    bytes += table_key.size() + item.vector.size_bytes() + item.metadata.size();
  }
  VARVE_RETURN_IF_ERROR(CheckRoom(bytes, items.size()));
  for (const VectorItem& item : items) {
    const std::string table_key = vector::MakeVectorKey(collection, item.key);
    std::string rest = vector::EncodeComponents(item.vector);
    if (existing != Existing::kMust) rest = vector::EncodeRow(shape, rest, item.metadata);
    VARVE_RETURN_IF_ERROR(Write(existing == Existing::kMust ? kVectorUpdate : kVectorInsert,
                                vector::EncodeKeyed(table_key, rest)));
  }
  return absl::OkStatus();
}

absl::Status Vectors::SetMetadata(std::string_view collection, std::string_view key,
                                  std::string_view metadata) {
  VARVE_RETURN_IF_ERROR(ShapeForWriting(collection).status());
  VARVE_RETURN_IF_ERROR(vector::CheckKey(key));
  VARVE_RETURN_IF_ERROR(vector::CheckMetadata(metadata));
  const std::string table_key = vector::MakeVectorKey(collection, key);
  VARVE_RETURN_IF_ERROR(CheckExisting(table_key, Existing::kMust));
  return Write(kVectorSetMetadata, vector::EncodeKeyed(table_key, metadata));
}

absl::StatusOr<bool> Vectors::Delete(std::string_view collection, std::string_view key) {
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t deleted, DeleteMany(collection, {&key, 1}));
  return deleted == 1;
}

absl::StatusOr<std::uint64_t> Vectors::DeleteMany(std::string_view collection,
                                                  std::span<const std::string_view> keys) {
  VARVE_RETURN_IF_ERROR(ShapeForWriting(collection).status());
  std::set<std::string> existing;
  std::uint64_t bytes = 0;
  for (const std::string_view key : keys) {
    VARVE_RETURN_IF_ERROR(vector::CheckKey(key));
    std::string table_key = vector::MakeVectorKey(collection, key);
    VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row,
                           reader_->Get(kVectorRows, run_, table_key));
    bytes += table_key.size();
    if (row.has_value()) existing.insert(std::move(table_key));
  }
  VARVE_RETURN_IF_ERROR(CheckRoom(bytes, keys.size()));
  for (const std::string& table_key : existing) {
    VARVE_RETURN_IF_ERROR(Write(kVectorDelete, table_key));
  }
  return existing.size();
}

absl::StatusOr<std::optional<VectorRow>> Vectors::Get(std::string_view collection,
                                                      std::string_view key) const {
  VARVE_RETURN_IF_ERROR(ShapeOf(collection).status());
  VARVE_RETURN_IF_ERROR(vector::CheckKey(key));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row,
                         reader_->Get(kVectorRows, run_, vector::MakeVectorKey(collection, key)));
  if (!row.has_value()) return std::nullopt;
  VARVE_ASSIGN_OR_RETURN(const RowImage image, vector::DecodeRow(row->value));
  return RowOf(*row, key, image, true);
}

absl::StatusOr<std::vector<std::optional<VectorRow>>> Vectors::GetMany(
    std::string_view collection, std::span<const std::string_view> keys) const {
  std::vector<std::optional<VectorRow>> rows;
  rows.reserve(keys.size());
  for (const std::string_view key : keys) {
    VARVE_ASSIGN_OR_RETURN(std::optional<VectorRow> row, Get(collection, key));
    rows.push_back(std::move(row));
  }
  return rows;
}

absl::StatusOr<std::vector<VectorRow>> Vectors::Scan(std::string_view collection,
                                                     const VectorScanOptions& options) const {
  VARVE_RETURN_IF_ERROR(ShapeOf(collection).status());
  if (options.limit == 0) {
    return InvalidArgument("a scan with the limit 0 gives nothing: the least limit is 1");
  }
  const std::string prefix = vector::MakeCollectionPrefix(collection);
  std::vector<VectorRow> rows;
  const std::unique_ptr<RowScan> scan = reader_->Scan(kVectorRows, run_, RangeOf(prefix, options));
  for (; rows.size() < options.limit && scan->valid(); scan->Next()) {
    const Row& row = scan->row();
    VARVE_ASSIGN_OR_RETURN(const RowImage image, vector::DecodeRow(row.value));
    rows.push_back(RowOf(row, row.key.substr(prefix.size()), image, options.include_vectors));
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  return rows;
}

absl::StatusOr<std::uint64_t> Vectors::Count(std::string_view collection) const {
  VARVE_RETURN_IF_ERROR(ShapeOf(collection).status());
  std::uint64_t count = 0;
  const std::unique_ptr<RowScan> scan =
      reader_->Scan(kVectorRows, run_, KeyRange::Prefix(vector::MakeCollectionPrefix(collection)));
  for (; scan->valid(); scan->Next()) ++count;
  VARVE_RETURN_IF_ERROR(scan->status());
  return count;
}

absl::StatusOr<std::vector<VectorHit>> Vectors::Search(std::string_view collection,
                                                       std::span<const float> query,
                                                       const VectorSearchOptions& options) const {
  VARVE_ASSIGN_OR_RETURN(const VectorShape shape, ShapeOf(collection));
  VARVE_RETURN_IF_ERROR(vector::CheckVector(shape, query));
  VARVE_ASSIGN_OR_RETURN(std::vector<std::vector<VectorHit>> hits,
                         SearchMany(collection, query, options));
  return std::move(hits[0]);
}

absl::StatusOr<std::vector<std::vector<VectorHit>>> Vectors::SearchMany(
    std::string_view collection, std::span<const float> queries,
    const VectorSearchOptions& options) const {
  VARVE_ASSIGN_OR_RETURN(const VectorShape shape, ShapeOf(collection));
  VARVE_RETURN_IF_ERROR(vector::CheckSearch(shape, queries, options));
  const vector::SearchRequest request{.run = run_,
                                      .collection = collection,
                                      .shape = shape,
                                      .queries = queries,
                                      .options = &options};
  VARVE_ASSIGN_OR_RETURN(std::vector<std::vector<vector::Answer>> answers,
                         vector::SearchCollection(*reader_, request));
  std::vector<std::vector<VectorHit>> hits;
  for (std::vector<vector::Answer>& found : answers) {
    std::vector<VectorHit>& to = hits.emplace_back();
    to.reserve(found.size());
    for (vector::Answer& answer : found) {
      VARVE_ASSIGN_OR_RETURN(VectorHit hit,
                             FillHit(collection, answer.score, std::move(answer.key), options));
      to.push_back(std::move(hit));
    }
  }
  return hits;
}

// In a transaction this is what makes the commit check that the row is still the same.
absl::StatusOr<VectorHit> Vectors::FillHit(std::string_view collection, float score,
                                           std::string key,
                                           const VectorSearchOptions& options) const {
  VectorHit hit{.key = std::move(key), .score = score};
  if (!options.include_metadata && !options.include_vectors && transaction_ == nullptr) return hit;
  VARVE_ASSIGN_OR_RETURN(
      const std::optional<Row> row,
      reader_->Get(kVectorRows, run_, vector::MakeVectorKey(collection, hit.key)));
  if (!row.has_value()) {
    return absl::InternalError("a search found a row that the table does not have");
  }
  VARVE_ASSIGN_OR_RETURN(const RowImage image, vector::DecodeRow(row->value));
  if (options.include_metadata) hit.metadata = image.metadata;
  if (options.include_vectors) hit.vector = image.ToVector();
  return hit;
}

absl::StatusOr<VectorShape> Vectors::ShapeOf(std::string_view collection) const {
  VARVE_ASSIGN_OR_RETURN(const std::optional<VectorCollection> info, Info(collection));
  if (info.has_value()) return info->shape;
  return MakeStatus(absl::StatusCode::kNotFound, "there is no vector collection \"",
                    vector::Shown(collection), "\": create it first");
}

absl::StatusOr<VectorShape> Vectors::ShapeForWriting(std::string_view collection) const {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  return ShapeOf(collection);
}

absl::Status Vectors::CheckWritable() const {
  if (transaction_ != nullptr) return absl::OkStatus();
  return FailedPrecondition(
      "this Vectors is on a read-only view: write through one on a Transaction");
}

absl::Status Vectors::CheckExisting(const std::string& table_key, Existing existing) const {
  if (existing == Existing::kMay) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, reader_->Get(kVectorRows, run_, table_key));
  VARVE_ASSIGN_OR_RETURN(const vector::VectorKey key, vector::DecodeVectorKey(table_key));
  if (row.has_value() && existing == Existing::kMustNot) {
    return MakeStatus(absl::StatusCode::kAlreadyExists, "the collection has a vector \"",
                      vector::Shown(key.key), "\" already: update or upsert it");
  }
  if (!row.has_value() && existing == Existing::kMust) {
    return MakeStatus(absl::StatusCode::kNotFound, "the collection has no vector \"",
                      vector::Shown(key.key), "\": insert or upsert it");
  }
  return absl::OkStatus();
}

// `payload_bytes` without the framing that every entry has.
absl::Status Vectors::CheckRoom(std::uint64_t payload_bytes, std::size_t entries) const {
  constexpr std::uint64_t kFramingMax = EntryLayout::kBytes + sizeof(RunId) +
                                        vector::KeyedLayout::kKeyOffset +
                                        vector::ShapeLayout::kBytes + 7;
  const std::uint64_t bytes = transaction_->bytes() + payload_bytes + entries * kFramingMax;
  if (bytes <= kTransactionBytesMax) return absl::OkStatus();
  return ResourceExhausted("the transaction would hold up to ", bytes,
                           " bytes, more than the limit of ", kTransactionBytesMax,
                           ": commit in smaller steps");
}

absl::Status Vectors::Write(EntryType type, std::string_view payload) {
  return transaction_->Write({.type = type, .run = run_, .payload = payload});
}

}  // namespace varve
