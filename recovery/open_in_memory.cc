#include <utility>

#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "kernel/store_parts.h"
#include "recovery/open.h"

namespace varve {
namespace {

absl::StatusOr<std::unique_ptr<Store>> Start(PrimitiveRegistry registry,
                                             const StoreOptions& options,
                                             const Environment& environment) {
  StoreParts parts;
  parts.environment = environment;
  parts.uuid = RandomUuid(*parts.environment.entropy);
  parts.registry = std::move(registry);
  parts.options = options;
  parts.materialized =
      table::MakeMemoryStore({.history = options.history}, {parts.uuid, Lsn(), Timestamp(), Lsn()});
  parts.memtable = std::make_shared<table::Memtable>(options.memtable_bytes);
  parts.start_log = [](wal::LogHooks hooks) {
    return absl::StatusOr<std::unique_ptr<wal::Log>>(wal::MakeVolatileLog(Lsn(), std::move(hooks)));
  };
  VARVE_ASSIGN_OR_RETURN(auto store, Store::Start(std::move(parts)));
  for (const auto& primitive : store->registry().primitives()) {
    VARVE_ASSIGN_OR_RETURN(ReadView view, store->View());
    VARVE_RETURN_IF_ERROR(primitive->RebuildIndexes(view));
  }
  return store;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenInMemory(PrimitiveRegistry registry,
                                                    const StoreOptions& options,
                                                    const Environment& environment) {
  return CatchOutOfMemory([&] { return Start(std::move(registry), options, environment); },
                          "no store was made");
}

}  // namespace varve
