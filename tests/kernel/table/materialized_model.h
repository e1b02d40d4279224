// A plain model of a materialized store and a driver that runs both, for LMDB and for memory.
#ifndef VARVE_TESTS_KERNEL_TABLE_MATERIALIZED_MODEL_H_
#define VARVE_TESTS_KERNEL_TABLE_MATERIALIZED_MODEL_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/table/cursor.h"
#include "kernel/table/materialized_store.h"
#include "kernel/table/row.h"

namespace varve::table {

struct ModelVersion {
  std::uint64_t lsn = 0;
  std::uint64_t time = 0;
  bool deleted = false;
  std::string value;
  friend bool operator==(const ModelVersion&, const ModelVersion&) = default;
};

inline ModelVersion ToModel(const RowVersion& version) {
  return {version.lsn.value(), version.commit_time.micros(), version.deleted,
          std::string(version.value)};
}

// All versions of all rows ever written, oldest first.
using ModelRows = std::map<std::string, std::vector<ModelVersion>>;

// What the row was as of `at`.
inline std::optional<ModelVersion> ModelGet(const ModelRows& rows, const std::string& key,
                                            std::uint64_t at) {
  const auto row = rows.find(key);
  std::optional<ModelVersion> found;
  if (row == rows.end()) return found;
  for (const ModelVersion& version : row->second) {
    if (version.lsn <= at) found = version;
  }
  if (found.has_value() && found->deleted) found.reset();
  return found;
}

// Rows as of `at`, in key order.
inline std::vector<std::pair<std::string, ModelVersion>> ModelScan(const ModelRows& rows,
                                                                   std::uint64_t at) {
  std::vector<std::pair<std::string, ModelVersion>> found;
  for (const auto& [key, versions] : rows) {
    if (const auto version = ModelGet(rows, key, at)) found.emplace_back(key, *version);
  }
  return found;
}

// The versions that are kept, newest first: those that a read at or after `from` can meet, and the
// tombstones that ended one of them.
inline std::vector<ModelVersion> ModelKept(const std::vector<ModelVersion>& versions,
                                           std::uint64_t from) {
  std::vector<ModelVersion> kept;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const bool newest = i + 1 == versions.size();
    const bool before_exists = i > 0 && !versions[i - 1].deleted;
    const bool is_kept = versions[i].deleted ? before_exists && versions[i].lsn > from
                                             : newest || versions[i + 1].lsn > from;
    if (is_kept) kept.insert(kept.begin(), versions[i]);
  }
  return kept;
}

// What a checkpoint is given: versions newest first by key.
class ModelStream final : public VersionStream {
 public:
  explicit ModelStream(const ModelRows& rows) : rows_(rows), next_(rows.begin()) {}
  bool Next() override {
    if (next_ == rows_.end()) return false;
    at_ = next_++;
    left_ = at_->second.size();
    return true;
  }
  std::string_view row_key() const override { return at_->first; }
  std::optional<RowVersion> NextVersion() override {
    if (left_ == 0) return std::nullopt;
    const ModelVersion& version = at_->second[--left_];
    return RowVersion{Lsn(version.lsn), Timestamp(version.time), version.deleted, version.value};
  }
  absl::Status status() const override { return status_; }
  void Fail(absl::Status status) { status_ = std::move(status); }

 private:
  const ModelRows& rows_;
  ModelRows::const_iterator next_;
  ModelRows::const_iterator at_;
  std::size_t left_ = 0;
  absl::Status status_;
};

// Collects the store's own view of every row as of `at`, forwards; checks nothing.
inline std::vector<std::pair<std::string, ModelVersion>> ScanForward(MaterializedReader& reader,
                                                                     Lsn at, absl::Status& status) {
  std::vector<std::pair<std::string, ModelVersion>> found;
  const std::unique_ptr<Cursor> cursor = reader.NewCursor(at);
  for (cursor->SeekAtOrAfter({}); cursor->valid(); cursor->Next()) {
    if (cursor->version().deleted) continue;
    found.emplace_back(cursor->row_key(), ToModel(cursor->version()));
  }
  status = cursor->status();
  return found;
}

inline std::vector<std::pair<std::string, ModelVersion>> ScanBackward(MaterializedReader& reader,
                                                                      Lsn at,
                                                                      absl::Status& status) {
  std::vector<std::pair<std::string, ModelVersion>> found;
  const std::unique_ptr<Cursor> cursor = reader.NewCursor(at);
  for (cursor->SeekBefore({}); cursor->valid(); cursor->Previous()) {
    if (cursor->version().deleted) continue;
    found.emplace(found.begin(), cursor->row_key(), ToModel(cursor->version()));
  }
  status = cursor->status();
  return found;
}

}  // namespace varve::table

#endif  // VARVE_TESTS_KERNEL_TABLE_MATERIALIZED_MODEL_H_
