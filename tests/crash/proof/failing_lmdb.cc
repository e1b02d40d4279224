// LMDB's calls as places. The linker leads every call of mdb_<name> in this binary here (its option
// --wrap), and so every call of PosixFileSystem, which is what the code around LMDB uses, and of
// what a store answers kResourceExhausted to where there is no memory.
#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "kernel/base/status.h"
#include "kernel/store.h"
#include "kernel/store_parts.h"
#include "tests/crash/proof/failing_file_system.h"
#include "tests/crash/proof/place.h"

namespace varve::crash {
namespace {

int CodeOf(Failure failure, int damaged) {
  switch (failure) {
    case Failure::kNoSpace:
      return ENOSPC;
    case Failure::kRefused:
      return EACCES;
    case Failure::kDamaged:
      return damaged;
    default:
      return EIO;
  }
}

// 0 where the call is to be made.
int CodeAtPlace(const char* call, bool changes, int damaged) {
  const std::optional<Failure> failure = MeetPlace(call, "state.mdb", changes);
  return failure.has_value() ? CodeOf(*failure, damaged) : 0;
}

}  // namespace
}  // namespace varve::crash

using varve::crash::CodeAtPlace;

// `result` `name`(`parameters`), which fails with `damaged` where it meets a page that is none.
#define VARVE_FAILING_MDB(name, changes, damaged, parameters, arguments)    \
  extern "C" int __real_##name parameters;                                  \
  extern "C" int __wrap_##name parameters {                                 \
    if (const int code = CodeAtPlace(#name, changes, damaged)) return code; \
    return __real_##name arguments;                                         \
  }

VARVE_FAILING_MDB(mdb_env_create, false, ENOMEM, (MDB_env * *env), (env))
VARVE_FAILING_MDB(mdb_env_set_maxreaders, false, EINVAL, (MDB_env * env, unsigned readers),
                  (env, readers))
VARVE_FAILING_MDB(mdb_env_set_mapsize, false, ENOMEM, (MDB_env * env, size_t bytes), (env, bytes))
VARVE_FAILING_MDB(mdb_env_open, true, MDB_INVALID,
                  (MDB_env * env, const char* path, unsigned flags, mdb_mode_t mode),
                  (env, path, flags, mode))
VARVE_FAILING_MDB(mdb_reader_check, false, MDB_PANIC, (MDB_env * env, int* dead), (env, dead))
VARVE_FAILING_MDB(mdb_txn_begin, false, MDB_READERS_FULL,
                  (MDB_env * env, MDB_txn* parent, unsigned flags, MDB_txn** txn),
                  (env, parent, flags, txn))
VARVE_FAILING_MDB(mdb_txn_renew, false, MDB_READERS_FULL, (MDB_txn * txn), (txn))
VARVE_FAILING_MDB(mdb_dbi_open, false, MDB_CORRUPTED,
                  (MDB_txn * txn, const char* name, unsigned flags, MDB_dbi* dbi),
                  (txn, name, flags, dbi))
VARVE_FAILING_MDB(mdb_stat, false, MDB_BAD_DBI, (MDB_txn * txn, MDB_dbi dbi, MDB_stat* stat),
                  (txn, dbi, stat))
VARVE_FAILING_MDB(mdb_get, false, MDB_PAGE_NOTFOUND,
                  (MDB_txn * txn, MDB_dbi dbi, MDB_val* key, MDB_val* data), (txn, dbi, key, data))
VARVE_FAILING_MDB(mdb_del, false, MDB_CORRUPTED,
                  (MDB_txn * txn, MDB_dbi dbi, MDB_val* key, MDB_val* data), (txn, dbi, key, data))
VARVE_FAILING_MDB(mdb_cursor_open, false, ENOMEM, (MDB_txn * txn, MDB_dbi dbi, MDB_cursor** cursor),
                  (txn, dbi, cursor))
VARVE_FAILING_MDB(mdb_cursor_get, false, MDB_CORRUPTED,
                  (MDB_cursor * cursor, MDB_val* key, MDB_val* data, MDB_cursor_op operation),
                  (cursor, key, data, operation))
VARVE_FAILING_MDB(mdb_cursor_put, false, MDB_MAP_FULL,
                  (MDB_cursor * cursor, MDB_val* key, MDB_val* data, unsigned flags),
                  (cursor, key, data, flags))

// As a commit does that meets a full disk: pages behind the last one are written, no meta page is.
static void LeaveLonger(MDB_env* env) {
  const char* path = nullptr;
  struct stat file = {};
  if (mdb_env_get_path(env, &path) != 0 || ::stat(path, &file) != 0) return;
  static_cast<void>(::truncate(path, file.st_size + 8192));
}

// A commit frees its transaction, whatever comes of it.
extern "C" int __real_mdb_txn_commit(MDB_txn* txn);
extern "C" int __wrap_mdb_txn_commit(MDB_txn* txn) {
  const auto failure = varve::crash::MeetPlace("mdb_txn_commit", "state.mdb", /*changes=*/true);
  if (!failure.has_value()) return __real_mdb_txn_commit(txn);
  if (*failure == varve::crash::Failure::kDone) {
    static_cast<void>(__real_mdb_txn_commit(txn));
  } else {
    MDB_env* const env = mdb_txn_env(txn);
    mdb_txn_abort(txn);
    if (*failure == varve::crash::Failure::kNoSpace) LeaveLonger(env);
  }
  return varve::crash::CodeOf(*failure, MDB_MAP_FULL);
}

// varve::PosixFileSystem()
extern "C" varve::FileSystem& __real__ZN5varve15PosixFileSystemEv();
extern "C" varve::FileSystem& __wrap__ZN5varve15PosixFileSystemEv() {
  static auto* const files =
      new varve::crash::FailingFileSystem(__real__ZN5varve15PosixFileSystemEv());
  return *files;
}

static absl::Status NoMemory() { return varve::ResourceExhausted("no memory (planted)"); }
static bool MemoryEnds(const char* where) {
  return varve::crash::MeetPlace(where, "", /*changes=*/false).has_value();
}

// varve::Store::View() and Store::Start(StoreParts)
extern "C" absl::StatusOr<varve::ReadView> __real__ZN5varve5Store4ViewEv(varve::Store* store);
extern "C" absl::StatusOr<varve::ReadView> __wrap__ZN5varve5Store4ViewEv(varve::Store* store) {
  if (MemoryEnds("memory for a view")) return NoMemory();
  return __real__ZN5varve5Store4ViewEv(store);
}
using Started = absl::StatusOr<std::unique_ptr<varve::Store>>;
extern "C" Started __real__ZN5varve5Store5StartENS_10StorePartsE(varve::StoreParts parts);
extern "C" Started __wrap__ZN5varve5Store5StartENS_10StorePartsE(varve::StoreParts parts) {
  if (MemoryEnds("memory for a store")) return NoMemory();
  return __real__ZN5varve5Store5StartENS_10StorePartsE(std::move(parts));
}
