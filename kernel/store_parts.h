// What recovery hands over to make a Store. Not for embedders.
#ifndef VARVE_KERNEL_STORE_PARTS_H_
#define VARVE_KERNEL_STORE_PARTS_H_

#include <functional>
#include <memory>
#include <string>

#include "kernel/io/environment.h"
#include "kernel/maintenance.h"
#include "kernel/options.h"
#include "kernel/registry.h"
#include "kernel/stats.h"
#include "kernel/table/materialized_store.h"
#include "kernel/table/memtable.h"
#include "kernel/wal/log.h"

namespace varve {

struct StoreParts {
  Environment environment;
  std::string directory;  // empty: in memory
  Uuid uuid;
  PrimitiveRegistry registry;
  StoreOptions options;
  bool read_only = false;

  std::unique_ptr<FileLock> lock;  // null in memory
  std::shared_ptr<table::MaterializedStore> materialized;
  std::shared_ptr<table::Memtable> memtable;  // what was replayed above `materialized`
  Lsn last_lsn;                               // of the newest replayed transaction
  Timestamp last_commit_time;

  // Starts the log; the store passes the hooks by which durability becomes visibility. Null when
  // read-only.
  std::function<absl::StatusOr<std::unique_ptr<wal::Log>>(wal::LogHooks hooks)> start_log;
  std::unique_ptr<Maintenance> maintenance;    // may be null
  std::unique_ptr<MetricSource> more_metrics;  // may be null
};

}  // namespace varve

#endif  // VARVE_KERNEL_STORE_PARTS_H_
