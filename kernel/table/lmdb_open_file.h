// One open state.mdb: the environment and the readers that are kept for it. A rewrite replaces it
// as a whole; it lives on until its last reader ends.
#ifndef VARVE_KERNEL_TABLE_LMDB_OPEN_FILE_H_
#define VARVE_KERNEL_TABLE_LMDB_OPEN_FILE_H_

#include <memory>
#include <utility>

#include "kernel/table/guard_lazy.h"
#include "kernel/table/lmdb_environment.h"
#include "kernel/table/lmdb_reader_pool.h"

namespace varve::table {

struct LmdbOpenFile {
  LmdbOpenFile(std::unique_ptr<LmdbEnvironment> opened, std::unique_ptr<LazyGuard> unknown)
      : environment(std::move(opened)),
        guard(std::move(unknown)),
        readers(*environment, guard.get()) {}

  const std::unique_ptr<LmdbEnvironment> environment;
  const std::unique_ptr<LazyGuard> guard;  // null where the file was checked as a whole
  LmdbReaderPool readers;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_OPEN_FILE_H_
