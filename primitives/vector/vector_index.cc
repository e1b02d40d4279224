#include "primitives/vector/vector_index.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "kernel/base/status.h"
#include "primitives/vector/vector_metadata.h"
#include "primitives/vector/vector_primitive.h"

namespace varve::vector {

namespace {

// Beyond it a commit folds what is queued, so that a store that nobody searches holds rows once.
constexpr std::size_t kQueueBytesMax = std::size_t{256} << 10;
constexpr std::size_t kThreadsForLoadMax = 16;

std::string GroupName(const RunId& run, std::string_view prefix) {
  std::string name(run.view());
  name.append(prefix);
  return name;
}

std::shared_ptr<const RowLabel> MakeLabel(std::string_view key, std::string_view metadata) {
  return std::make_shared<const RowLabel>(
      RowLabel{.key = std::string(key), .metadata_image = MakeMetadataImage(metadata)});
}

std::string_view PrefixOf(std::string_view table_key, const VectorKey& key) {
  return table_key.substr(0, table_key.size() - key.key.size());
}

std::vector<float> Prepared(const RowImage& image) {
  std::vector<float> vector = image.ToVector();
  PrepareVector(image.shape.metric, vector, vector);
  return vector;
}

}  // namespace

// A row of the view that a rebuild reads. Borrows from it.
struct VectorIndex::LoadedRow {
  std::string group{};
  std::string key{};
  RowImage image{};
  Lsn lsn{};
};

void VectorIndex::Rebuild(ReadView& view) {
  const std::lock_guard lock(fold_mutex_);
  {
    const std::lock_guard queue_lock(queue_mutex_);
    queue_.clear();
    queue_bytes_ = 0;
  }
  groups_.clear();
  std::vector<LoadedRow> rows;
  absl::Status decoded;
  const auto take = [&](const RunId& run, const Row& row) {
    const absl::StatusOr<VectorKey> key = DecodeVectorKey(row.key);
    const absl::StatusOr<RowImage> image = DecodeRow(row.value);
    decoded = key.ok() ? image.status() : key.status();
    if (!decoded.ok()) return false;
    rows.push_back({.group = GroupName(run, PrefixOf(row.key, *key)),
                    .key = std::string(key->key),
                    .image = *image,
                    .lsn = row.lsn});
    return true;
  };
  const absl::Status visited = view.VisitTable(kVectorRows, take);
  if (!visited.ok() || !decoded.ok()) {
    floor_ = kLsnMax;
    return;
  }
  floor_ = view.lsn();
  Load(rows);
}

// First counts the rows of each matrix, then fills the matrices block by block, in parallel.
void VectorIndex::Load(std::span<const LoadedRow> loaded) {
  struct Filling {
    Matrix* matrix = nullptr;
    std::vector<const LoadedRow*> rows{};
  };
  std::vector<Filling> fillings;
  std::unordered_map<Matrix*, std::size_t> filling_of;
  for (const LoadedRow& row : loaded) {
    Matrix& matrix = MatrixOf(row.group, row.image.shape);
    const auto [found, fresh] = filling_of.emplace(&matrix, fillings.size());
    if (fresh) fillings.push_back({.matrix = &matrix});
    fillings[found->second].rows.push_back(&row);
  }
  for (const Filling& filling : fillings) {
    filling.matrix->BeginLoad(filling.rows.size());
    const std::size_t blocks = (filling.rows.size() + kLanes - 1) / kLanes;
    std::atomic<std::size_t> next{0};
    const auto fill = [&](std::size_t /*worker*/) {
      for (std::size_t block = next++; block < blocks; block = next++) {
        const std::size_t end = std::min((block + 1) * kLanes, filling.rows.size());
        for (std::size_t at = block * kLanes; at < end; ++at) {
          const LoadedRow& row = *filling.rows[at];
          const Matrix::Place place = filling.matrix->PlaceOf(at);
          StoreLane(Prepared(row.image), place.lane, place.block);
          place.slot->born = row.lsn;
          place.slot->label = MakeLabel(row.key, row.image.metadata);
        }
        filling.matrix->FinishBlock(block * kLanes);
      }
    };
    const std::size_t threads =
        std::min<std::size_t>(kThreadsForLoadMax, std::thread::hardware_concurrency());
    workers_.Run(blocks < 64 || threads < 2 ? 0 : threads - 1, fill);
    filling.matrix->FinishLoad();
  }
}

void VectorIndex::Queue(Lsn lsn, std::span<const Mutation> mutations) {
  std::size_t bytes = 0;
  {
    const std::lock_guard lock(queue_mutex_);
    for (const Mutation& mutation : mutations) {
      if (mutation.table != kVectorRows) continue;
      const absl::StatusOr<VectorKey> key = DecodeVectorKey(mutation.key);
      if (!key.ok()) continue;  // Apply makes no such key
      Change& change = queue_.emplace_back();
      change.lsn = lsn;
      change.group = GroupName(mutation.run, PrefixOf(mutation.key, *key));
      change.key = key->key;
      if (mutation.value.has_value()) change.row = std::string(*mutation.value);
      queue_bytes_ += sizeof(Change) + mutation.key.size() +
                      (mutation.value.has_value() ? mutation.value->size() : 0);
    }
    bytes = queue_bytes_;
  }
  if (bytes <= kQueueBytesMax) return;
  // Whoever holds it folds this sooner or later; a commit waits for nobody.
  const std::unique_lock lock(fold_mutex_, std::try_to_lock);
  if (lock.owns_lock()) Fold();
}

std::optional<MatrixSnapshot> VectorIndex::Find(const RunId& run, std::string_view prefix,
                                                const VectorShape& shape, Lsn at) {
  const std::lock_guard lock(fold_mutex_);
  Fold();
  if (at < floor_) return std::nullopt;
  const auto group = groups_.find(GroupName(run, prefix));
  if (group == groups_.end()) return MatrixSnapshot();
  for (const std::unique_ptr<Matrix>& matrix : group->second) {
    if (!(matrix->shape() == shape)) continue;
    if (matrix->wants_compaction()) matrix->Compact();
    if (at < matrix->floor()) return std::nullopt;
    return matrix->Snapshot();
  }
  return MatrixSnapshot();
}

std::size_t VectorIndex::queued_bytes() {
  const std::lock_guard lock(queue_mutex_);
  return queue_bytes_;
}

void VectorIndex::Fold() {
  std::vector<Change> changes;
  {
    const std::lock_guard lock(queue_mutex_);
    changes.swap(queue_);
    queue_bytes_ = 0;
  }
  for (const Change& change : changes) FoldOne(change);
}

void VectorIndex::FoldOne(const Change& change) {
  EndRow(change.group, change.key, change.lsn);
  if (!change.row.has_value()) return;
  const absl::StatusOr<RowImage> image = DecodeRow(*change.row);
  if (!image.ok()) {  // only rows of another origin than Apply: whoever reads the table is told
    floor_ = kLsnMax;
    return;
  }
  MatrixOf(change.group, image->shape)
      .Append(change.lsn, MakeLabel(change.key, image->metadata), Prepared(*image));
}

void VectorIndex::EndRow(const std::string& group, std::string_view key, Lsn at) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return;
  bool ended = false;
  std::size_t live = 0;
  for (const std::unique_ptr<Matrix>& matrix : found->second) {
    ended = matrix->End(key, at) || ended;
    live += matrix->live_rows();
  }
  if (!ended || live > 0) return;
  // Nothing lives: the whole group goes, and views that saw it read the table.
  groups_.erase(found);
  floor_ = std::max(floor_, at);
}

Matrix& VectorIndex::MatrixOf(const std::string& group, const VectorShape& shape) {
  Group& matrices = groups_[group];
  for (const std::unique_ptr<Matrix>& matrix : matrices) {
    if (matrix->shape() == shape) return *matrix;
  }
  return *matrices.emplace_back(std::make_unique<Matrix>(shape, Lsn(), options_));
}

}  // namespace varve::vector
