// The materialized store in LMDB. Layout: docs/format/state.md.
//
// Invariants:
//   S1  Rows and the mark change in the same synced transaction, or not at all.
//   S2  A file whose mark says "loading" is not a state: it is never read, the next open rebuilds
//   it. S3  Once broken_ (a write failed in a way that leaves the file in doubt) nothing is
//   written.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/table/history_writer.h"
#include "kernel/table/lmdb_environment.h"
#include "kernel/table/lmdb_reader.h"
#include "kernel/table/lmdb_reader_pool.h"
#include "kernel/table/lmdb_store.h"
#include "kernel/table/lmdb_writer.h"
#include "kernel/table/materialized_store.h"

namespace varve::table {
namespace {

// A load commits whenever it has put this much, so that LMDB's list of changed pages stays short.
constexpr std::uint64_t kLoadTransactionBytes = std::uint64_t{128} << 20;

class LmdbStore final : public MaterializedStore {
 public:
  LmdbStore(std::unique_ptr<LmdbEnvironment> environment, const MaterializedOptions& options)
      : options_(options), environment_(std::move(environment)), pool_(*environment_) {}

  absl::StatusOr<std::unique_ptr<MaterializedReader>> OpenReader() override {
    VARVE_ASSIGN_OR_RETURN(PooledReader* const pooled, pool_.Take());
    return std::unique_ptr<MaterializedReader>(new LmdbReader(pool_, *pooled));
  }
  absl::Status Checkpoint(VersionStream& rows, const AppliedMark& mark) override;
  absl::StatusOr<std::unique_ptr<Loader>> NewLoader() override;
  absl::StatusOr<MaterializedFootprint> Footprint() override;
  absl::Status Verify(const std::function<void(std::uint64_t)>& progress) override;

 private:
  class LmdbLoader;

  bool keeps_history() const { return options_.history.keep.count() > 0; }
  // Refuses where nothing may be written; makes room in the map where it runs short.
  absl::Status PrepareToWrite();
  absl::StatusOr<StoredMark> NewestMark();
  absl::Status Commit(LmdbWriter& writer, const StoredMark& mark);

  const MaterializedOptions options_;
  const std::unique_ptr<LmdbEnvironment> environment_;
  LmdbReaderPool pool_;
  SweepPosition sweep_;
};

absl::Status LmdbStore::PrepareToWrite() {
  if (options_.read_only) {
    return FailedPrecondition(environment_->path(), " is open for reading only");
  }
  VARVE_RETURN_IF_ERROR(environment_->CheckUnbroken());
  // With readers open it has to wait; the write is tried all the same.
  if (environment_->wants_growth()) VARVE_RETURN_IF_ERROR(pool_.GrowIfIdle().status());
  return absl::OkStatus();
}

absl::StatusOr<StoredMark> LmdbStore::NewestMark() {
  VARVE_ASSIGN_OR_RETURN(PooledReader* const pooled, pool_.Take());
  const StoredMark mark = pooled->mark;
  pool_.Return(pooled);
  return mark;
}

absl::Status LmdbStore::Commit(LmdbWriter& writer, const StoredMark& mark) {
  VARVE_RETURN_IF_ERROR(writer.PutMark(mark));
  VARVE_RETURN_IF_ERROR(writer.Commit());
  return environment_->FillToLastPage();
}

absl::Status LmdbStore::Checkpoint(VersionStream& rows, const AppliedMark& mark) {
  VARVE_RETURN_IF_ERROR(PrepareToWrite());
  VARVE_ASSIGN_OR_RETURN(StoredMark next, NewestMark());
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LmdbWriter> map,
                         LmdbWriter::Begin(*environment_, next));
  HistoryWriter writer(*map, options_.history, next);
  VARVE_RETURN_IF_ERROR(writer.WriteRows(rows));
  if (!keeps_history()) next.mark.history_from = mark.applied;
  VARVE_RETURN_IF_ERROR(writer.Sweep(mark.commit_time, sweep_));
  const Lsn history_from = next.mark.history_from;
  next.mark = mark;
  next.mark.history_from = history_from;
  return Commit(*map, next);
}

// Rows go into a transaction until it holds enough; all but the last leave a mark that says
// "loading" (S2).
class LmdbStore::LmdbLoader final : public Loader {
 public:
  LmdbLoader(LmdbStore& store, const StoredMark& mark)
      : store_(store), mark_(mark), rows_(store.keeps_history()) {}

  absl::Status Add(std::string_view row_key, const RowVersion& version, bool superseded) override {
    VARVE_RETURN_IF_ERROR(failed_);
    failed_ = TryAdd(row_key, version, superseded);
    return failed_;
  }

  absl::Status Finish(const AppliedMark& mark) override {
    VARVE_RETURN_IF_ERROR(failed_);
    failed_ = FailedPrecondition("the load is finished");
    if (map_ == nullptr) VARVE_RETURN_IF_ERROR(Begin());
    mark_.mark = mark;
    if (!store_.keeps_history()) mark_.mark.history_from = mark.applied;
    mark_.loading = false;
    return store_.Commit(*map_, mark_);
  }

 private:
  absl::Status Begin() {
    VARVE_RETURN_IF_ERROR(store_.PrepareToWrite());
    VARVE_ASSIGN_OR_RETURN(map_, LmdbWriter::Begin(*store_.environment_, mark_));
    writer_.emplace(*map_, store_.options_.history, mark_);
    return absl::OkStatus();
  }

  absl::Status TryAdd(std::string_view row_key, const RowVersion& version, bool superseded) {
    if (map_ == nullptr) VARVE_RETURN_IF_ERROR(Begin());
    VARVE_RETURN_IF_ERROR(rows_.Add(*writer_, row_key, version, superseded));
    if (map_->bytes_put() < kLoadTransactionBytes) return absl::OkStatus();
    mark_.loading = true;
    const absl::Status status = store_.Commit(*map_, mark_);
    writer_.reset();
    map_.reset();
    return status;
  }

  LmdbStore& store_;
  StoredMark mark_;
  HistoryLoader rows_;
  std::unique_ptr<LmdbWriter> map_;
  std::optional<HistoryWriter> writer_;
  absl::Status failed_;
};

absl::StatusOr<std::unique_ptr<MaterializedStore::Loader>> LmdbStore::NewLoader() {
  VARVE_RETURN_IF_ERROR(PrepareToWrite());
  VARVE_ASSIGN_OR_RETURN(const MaterializedFootprint footprint, Footprint());
  VARVE_ASSIGN_OR_RETURN(const StoredMark mark, NewestMark());
  if (footprint.rows + mark.history_entries > 0) {
    return FailedPrecondition(environment_->path(), " holds rows: a load needs an empty file");
  }
  return std::unique_ptr<Loader>(new LmdbLoader(*this, mark));
}

absl::StatusOr<MaterializedFootprint> LmdbStore::Footprint() {
  VARVE_ASSIGN_OR_RETURN(PooledReader* const pooled, pool_.Take());
  const LmdbReader reader(pool_, *pooled);
  constexpr MDB_dbi kFreeList = 0;
  constexpr std::uint64_t kMetaPages = 2;
  MDB_stat rows;
  MDB_stat free_list;
  int code = mdb_stat(pooled->view.transaction, environment_->rows(), &rows);
  if (code == 0) code = mdb_stat(pooled->view.transaction, kFreeList, &free_list);
  if (code != 0) return pooled->view.Failed(code);
  std::uint64_t pages = kMetaPages;
  for (const MDB_stat& tree : {rows, free_list}) {
    pages += tree.ms_branch_pages + tree.ms_leaf_pages + tree.ms_overflow_pages;
  }
  MaterializedFootprint footprint;
  footprint.live_bytes = pages * environment_->page_bytes();
  footprint.free_bytes = pooled->view.pages_bytes - footprint.live_bytes;
  footprint.rows = rows.ms_entries - 1 - pooled->mark.history_entries - pooled->mark.long_key_heads;
  VARVE_ASSIGN_OR_RETURN(const FileInfo info, PosixFileSystem().Stat(environment_->path()));
  footprint.file_bytes = info.bytes;
  return footprint;
}

absl::Status LmdbStore::Verify(const std::function<void(std::uint64_t)>& progress) {
  VARVE_ASSIGN_OR_RETURN(PooledReader* const pooled, pool_.Take());
  LmdbReader reader(pool_, *pooled);
  VARVE_RETURN_IF_ERROR(reader.CheckEntries(progress));
  return reader.CheckSpaces(progress);
}

}  // namespace

absl::StatusOr<std::unique_ptr<MaterializedStore>> OpenLmdbStoreWithMap(
    const std::string& path, const MaterializedOptions& options, std::uint64_t map_bytes) {
  VARVE_RETURN_IF_ERROR(PosixFileSystem().Stat(path).status());  // LMDB would make the file
  LmdbOpenOptions open;
  open.read_only = options.read_only;
  open.map_bytes = map_bytes;
  VARVE_ASSIGN_OR_RETURN(std::unique_ptr<LmdbEnvironment> environment,
                         LmdbEnvironment::Open(path, open));
  auto store = std::make_unique<LmdbStore>(std::move(environment), options);
  VARVE_RETURN_IF_ERROR(store->OpenReader().status());  // its mark must be sound
  return store;
}

absl::StatusOr<std::unique_ptr<MaterializedStore>> OpenLmdbStore(
    const std::string& path, const MaterializedOptions& options) {
  return OpenLmdbStoreWithMap(path, options, kLmdbMapBytesWanted);
}

}  // namespace varve::table
