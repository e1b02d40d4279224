// Making and removing state.mdb.
#include <string>

#include "kernel/base/status.h"
#include "kernel/io/file_system.h"
#include "kernel/table/lmdb_environment.h"
#include "kernel/table/lmdb_writer.h"
#include "kernel/table/materialized_store.h"
#include "kernel/table/stored_row.h"

namespace varve::table {
namespace {

absl::Status RemoveIfThere(FileSystem& files, const std::string& path) {
  const absl::Status status = files.Remove(path);
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

absl::Status WriteEmptyFile(const std::string& path, const AppliedMark& mark) {
  LmdbOpenOptions options;
  options.exclusive = true;
  options.map_bytes = kLmdbMapBytesMin;
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LmdbEnvironment> environment,
                         LmdbEnvironment::Open(path, options));
  StoredMark stored;
  stored.mark = mark;
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LmdbWriter> writer,
                         LmdbWriter::Begin(*environment, stored));
  VARVE_RETURN_IF_ERROR(writer->PutMark(stored));
  VARVE_RETURN_IF_ERROR(writer->Commit());
  return environment->FillToLastPage();
}

}  // namespace

absl::Status RemoveLmdbFile(FileSystem& files, const std::string& path) {
  VARVE_RETURN_IF_ERROR(RemoveIfThere(files, path));
  VARVE_RETURN_IF_ERROR(RemoveIfThere(files, LockPath(path)));
  VARVE_RETURN_IF_ERROR(RemoveIfThere(files, TemporaryLmdbPath(path)));
  // The mark of damage goes last: a crash in between must not leave a damaged file unmarked.
  if (!files.Stat(DamageMarkPath(path)).ok()) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(files.SyncDirectory(FolderOf(path)));
  return RemoveIfThere(files, DamageMarkPath(path));
}

absl::Status CreateLmdbFile(FileSystem& files, const std::string& path, const AppliedMark& mark) {
  VARVE_RETURN_IF_ERROR(RemoveLmdbFile(files, path));
  const std::string temporary = TemporaryLmdbPath(path);
  VARVE_RETURN_IF_ERROR(WriteEmptyFile(temporary, mark));
  {
    // LMDB does not sync the pages that it writes when it makes a file.
    VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                           files.Open(temporary, OpenMode::kWrite));
    VARVE_RETURN_IF_ERROR(file->Sync());
  }
  VARVE_RETURN_IF_ERROR(files.Rename(temporary, path));
  return files.SyncDirectory(FolderOf(path));
}

}  // namespace varve::table
