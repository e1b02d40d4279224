// The materialized store in LMDB. Layout: docs/format/state.md.
//
// Invariants:
//   S1  Rows and the mark change in the same synced transaction, or not at all.
//   S2  A file whose mark says "loading" is not a state: it is never read, the next open rebuilds
//   it. S3  Once broken_ (a write failed in a way that leaves the file in doubt) nothing is
//   written.
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "kernel/io/file_system.h"
#include "kernel/table/guard_lazy.h"
#include "kernel/table/guard_meta.h"
#include "kernel/table/history_writer.h"
#include "kernel/table/lmdb_environment.h"
#include "kernel/table/lmdb_loader.h"
#include "kernel/table/lmdb_open_file.h"
#include "kernel/table/lmdb_reader.h"
#include "kernel/table/lmdb_rewrite.h"
#include "kernel/table/lmdb_store.h"
#include "kernel/table/lmdb_writer.h"
#include "kernel/table/materialized_store.h"

namespace varve::table {
namespace {

// A checkpoint of nothing.
class NoVersions final : public VersionStream {
 public:
  bool Next() override { return false; }
  [[nodiscard]] std::string_view row_key() const override { return {}; }
  [[nodiscard]] std::optional<RowVersion> NextVersion() override { return std::nullopt; }
  [[nodiscard]] absl::Status status() const override { return absl::OkStatus(); }
};

bool IsWhole(const LmdbOpenFile& file) { return file.guard == nullptr || file.guard->trusted(); }

class LmdbStore final : public MaterializedStore {
 public:
  LmdbStore(std::shared_ptr<LmdbOpenFile> file, const MaterializedOptions& options,
            const LmdbOpenOptions& open_options)
      : options_(options), open_options_(open_options), file_(std::move(file)) {}

  absl::StatusOr<std::unique_ptr<MaterializedReader>> OpenReader() override {
    VARVE_ASSIGN_OR_RETURN(std::unique_ptr<LmdbReader> reader, NewReader());
    return reader;
  }
  absl::Status Checkpoint(VersionStream& rows, const AppliedMark& mark) override;
  bool write_is_dear() const override;
  absl::StatusOr<std::unique_ptr<Loader>> NewLoader() override;
  absl::StatusOr<MaterializedFootprint> Footprint() override;
  absl::Status Verify(const WorkStep& step) override;

 private:
  bool keeps_history() const { return options_.history.keep.count() > 0; }
  std::shared_ptr<LmdbOpenFile> file() const {
    const std::lock_guard lock(mutex_);
    return file_;
  }
  absl::StatusOr<std::unique_ptr<LmdbReader>> NewReader() const;
  // Refuses where nothing may be written; checks what no read has checked yet; makes room in the
  // map where it runs short.
  absl::Status PrepareToWrite();
  // LMDB follows what is in a page wherever it leads, and overwrites what the list of free pages
  // says: before it may write, all of the file must be sound.
  absl::Status CheckWhole();
  absl::Status CheckpointInPlace(VersionStream& rows, const AppliedMark& mark);
  absl::Status Rewrite(VersionStream& rows, const AppliedMark& mark);
  // Puts the file at `temporary` in the place of the open one.
  absl::Status Replace(const std::string& temporary);
  absl::StatusOr<RewritePolicy::FileState> StateOfFile();

  const MaterializedOptions options_;
  const LmdbOpenOptions open_options_;
  mutable std::mutex mutex_;
  std::shared_ptr<LmdbOpenFile> file_;  // guarded by mutex_; changed by checkpoints only
  SweepPosition sweep_;
  RewritePolicy rewrite_;
};

absl::StatusOr<std::unique_ptr<LmdbReader>> LmdbStore::NewReader() const {
  std::shared_ptr<LmdbOpenFile> open = file();
  VARVE_ASSIGN_OR_RETURN(PooledReader* const pooled, open->readers.Take());
  // The pool's until it has an owner, for which there may be no memory.
  const auto give_back = [&open](PooledReader* reader) { open->readers.Return(reader); };
  std::unique_ptr<PooledReader, decltype(give_back)> held(pooled, give_back);
  auto reader = std::make_unique<LmdbReader>(open, *pooled);
  static_cast<void>(held.release());
  return reader;
}

absl::Status LmdbStore::PrepareToWrite() {
  LmdbEnvironment& environment = *file_->environment;
  if (options_.read_only) {
    return FailedPrecondition(environment.path(), " is open for reading only");
  }
  VARVE_RETURN_IF_ERROR(environment.CheckUnbroken());
  VARVE_RETURN_IF_ERROR(CheckWhole());
  // With readers open it has to wait; the write is tried all the same.
  if (environment.wants_growth()) VARVE_RETURN_IF_ERROR(file_->readers.GrowIfIdle().status());
  return absl::OkStatus();
}

bool LmdbStore::write_is_dear() const {
  constexpr std::uint64_t kCheapBytesMax = std::uint64_t{64} << 20;  // some 50 ms
  const std::shared_ptr<LmdbOpenFile> open = file();
  return !IsWhole(*open) && open->environment->used_bytes() > kCheapBytesMax;
}

absl::Status LmdbStore::CheckWhole() {
  if (IsWhole(*file_)) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(
      const GuardVerdict verdict,
      GuardMaterializedFile(PosixFileSystem(), file_->environment->path(), /*deep=*/true));
  if (!verdict.usable) return file_->environment->Damaged(verdict.reason);
  file_->guard->TrustAll();
  return absl::OkStatus();
}

absl::StatusOr<RewritePolicy::FileState> LmdbStore::StateOfFile() {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LmdbReader> reader, NewReader());
  VARVE_ASSIGN_OR_RETURN(const MaterializedFootprint footprint, Footprint());
  return RewritePolicy::FileState{footprint.file_bytes, footprint.live_bytes,
                                  footprint.rows + reader->stored_mark().history_entries};
}

absl::Status LmdbStore::Checkpoint(VersionStream& rows, const AppliedMark& mark) {
  VARVE_RETURN_IF_ERROR(PrepareToWrite());
  VARVE_ASSIGN_OR_RETURN(const RewritePolicy::FileState before, StateOfFile());
  const std::uint64_t changed = rows.key_count();
  if (rewrite_.MergeIsCheaper(changed, before)) {
    const absl::Status status = Rewrite(rows, mark);
    // The next try, with a fresh stream, is made in place.
    if (absl::IsResourceExhausted(status)) rewrite_.NoteRefused(before);
    return status;
  }
  VARVE_RETURN_IF_ERROR(CheckpointInPlace(rows, mark));
  VARVE_ASSIGN_OR_RETURN(const RewritePolicy::FileState after, StateOfFile());
  if (before.entries == 0) rewrite_.NoteRewritten(after);  // everything was put in order
  if (!rewrite_.IsBloated(after)) return absl::OkStatus();
  NoVersions none;
  const absl::Status status = Rewrite(none, mark);
  if (!absl::IsResourceExhausted(status)) return status;
  rewrite_.NoteRefused(after);
  return absl::OkStatus();
}

absl::Status LmdbStore::CheckpointInPlace(VersionStream& rows, const AppliedMark& mark) {
  StoredMark next;
  {
    VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LmdbReader> newest, NewReader());
    next = newest->stored_mark();
  }
  LmdbEnvironment& environment = *file_->environment;
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LmdbWriter> map,
                         LmdbWriter::Begin(environment, next));
  HistoryWriter writer(*map, options_.history, next);
  VARVE_RETURN_IF_ERROR(writer.WriteRows(rows));
  if (!keeps_history()) next.mark.history_from = mark.applied;
  VARVE_RETURN_IF_ERROR(writer.Sweep(mark.commit_time, sweep_));
  const Lsn history_from = next.mark.history_from;
  next.mark = mark;
  next.mark.history_from = history_from;
  return CommitWithMark(environment, *map, next);
}

absl::Status LmdbStore::Rewrite(VersionStream& rows, const AppliedMark& mark) {
  const std::string temporary = TemporaryLmdbPath(file_->environment->path());
  {
    VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LmdbReader> state, NewReader());
    AppliedMark next = mark;
    next.history_from = state->mark().history_from;
    VARVE_RETURN_IF_ERROR(WriteMergedFile(temporary, *state, rows, next, options_.history));
  }
  VARVE_RETURN_IF_ERROR(Replace(temporary));
  VARVE_ASSIGN_OR_RETURN(const RewritePolicy::FileState after, StateOfFile());
  rewrite_.NoteRewritten(after);
  return absl::OkStatus();
}

// Either file is the state: the old one lacks what is in the log anyway. The lock file is made
// anew, because readers of the old file stay registered in theirs.
absl::Status LmdbStore::Replace(const std::string& temporary) {
  LmdbEnvironment& old = *file_->environment;
  const auto replace = [&]() -> absl::Status {
    FileSystem& files = PosixFileSystem();
    VARVE_RETURN_IF_ERROR(files.Rename(temporary, old.path()));
    VARVE_RETURN_IF_ERROR(files.SyncDirectory(FolderOf(old.path())));
    if (const absl::Status status = files.Remove(LockPath(old.path()));
        !status.ok() && !absl::IsNotFound(status)) {
      return status;
    }
    VARVE_ASSIGN_OR_RETURN(std::unique_ptr<LmdbEnvironment> environment,
                           LmdbEnvironment::Open(old.path(), open_options_));
    auto opened = std::make_shared<LmdbOpenFile>(std::move(environment), nullptr);
    const std::lock_guard lock(mutex_);
    file_.swap(opened);
    return absl::OkStatus();
  };
  const absl::Status status = CatchOutOfMemory(replace);
  return status.ok() ? status : old.Break(status);
}

absl::StatusOr<std::unique_ptr<MaterializedStore::Loader>> LmdbStore::NewLoader() {
  VARVE_RETURN_IF_ERROR(PrepareToWrite());
  VARVE_ASSIGN_OR_RETURN(const MaterializedFootprint footprint, Footprint());
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LmdbReader> newest, NewReader());
  const StoredMark mark = newest->stored_mark();
  LmdbEnvironment& environment = *file_->environment;
  if (footprint.rows + mark.history_entries > 0) {
    return FailedPrecondition(environment.path(), " holds rows: a load needs an empty file");
  }
  return std::unique_ptr<Loader>(
      new LmdbLoader(environment, options_.history, mark, [this] { return PrepareToWrite(); }));
}

absl::StatusOr<MaterializedFootprint> LmdbStore::Footprint() {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LmdbReader> reader, NewReader());
  PooledReader& pooled = reader->pooled();
  const LmdbEnvironment& environment = *pooled.view.environment;
  constexpr MDB_dbi kFreeList = 0;
  constexpr std::uint64_t kMetaPages = 2;
  MDB_stat rows;
  MDB_stat free_list;
  int code = mdb_stat(pooled.view.transaction, environment.rows(), &rows);
  if (code == 0) code = mdb_stat(pooled.view.transaction, kFreeList, &free_list);
  if (code != 0) return pooled.view.Failed(code);
  std::uint64_t pages = kMetaPages;
  for (const MDB_stat& tree : {rows, free_list}) {
    pages += tree.ms_branch_pages + tree.ms_leaf_pages + tree.ms_overflow_pages;
  }
  MaterializedFootprint footprint;
  footprint.live_bytes = pages * environment.page_bytes();
  footprint.free_bytes = pooled.view.pages_bytes - footprint.live_bytes;
  footprint.rows = rows.ms_entries - 1 - pooled.mark.history_entries - pooled.mark.long_key_heads;
  VARVE_ASSIGN_OR_RETURN(const FileInfo info, PosixFileSystem().Stat(environment.path()));
  footprint.file_bytes = info.bytes;
  return footprint;
}

absl::Status LmdbStore::Verify(const WorkStep& step) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LmdbReader> reader, NewReader());
  VARVE_RETURN_IF_ERROR(reader->CheckEntries(step));
  return reader->CheckSpaces(step);
}

// Null where pages are left to LMDB; then the guard has seen all of them.
absl::StatusOr<std::unique_ptr<LazyGuard>> MakeLazyGuard(const LmdbEnvironment& environment) {
  std::unique_ptr<LazyGuard> guard;
  if (environment.map_address() == nullptr) return guard;
  VARVE_ASSIGN_OR_RETURN(std::unique_ptr<File> file,
                         PosixFileSystem().Open(environment.path(), OpenMode::kRead));
  std::string fault;
  VARVE_ASSIGN_OR_RETURN(const LmdbGeometry geometry, CheckLmdbMetas(*file, fault));
  if (!fault.empty()) return absl::DataLossError(ToAbsl(environment.path() + ": " + fault));
  guard = std::make_unique<LazyGuard>(std::move(file), geometry, environment.map_address());
  return guard;
}

}  // namespace

absl::StatusOr<std::unique_ptr<MaterializedStore>> OpenLmdbStoreWithMap(
    const std::string& path, const MaterializedOptions& options, std::uint64_t map_bytes) {
  VARVE_RETURN_IF_ERROR(PosixFileSystem().Stat(path).status());  // LMDB would make the file
  // A rewrite that was interrupted leaves as much as a whole second file: given back here, and not
  // only by the next rewrite. One that cannot be removed does no harm.
  if (!options.read_only) PosixFileSystem().Remove(TemporaryLmdbPath(path)).IgnoreError();
  LmdbOpenOptions open;
  open.read_only = options.read_only;
  open.map_bytes = map_bytes;
  VARVE_ASSIGN_OR_RETURN(std::unique_ptr<LmdbEnvironment> environment,
                         LmdbEnvironment::Open(path, open));
  std::unique_ptr<LazyGuard> guard;
  if (!options.whole) {
    VARVE_ASSIGN_OR_RETURN(guard, MakeLazyGuard(*environment));
  }
  auto file = std::make_shared<LmdbOpenFile>(std::move(environment), std::move(guard));
  auto store = std::make_unique<LmdbStore>(std::move(file), options, open);
  VARVE_RETURN_IF_ERROR(store->OpenReader().status());  // its mark must be sound
  return store;
}

absl::StatusOr<std::unique_ptr<MaterializedStore>> OpenLmdbStore(
    const std::string& path, const MaterializedOptions& options) {
  return OpenLmdbStoreWithMap(path, options, kLmdbMapBytesWanted);
}

}  // namespace varve::table
