// What tests of the LMDB store need beyond materialized_store.h.
#ifndef VARVE_KERNEL_TABLE_LMDB_STORE_H_
#define VARVE_KERNEL_TABLE_LMDB_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "kernel/table/materialized_store.h"

namespace varve::table {

// As OpenLmdbStore, with a map of `map_bytes` that grows when needed: what a system that refuses
// large reservations makes of it.
[[nodiscard]] absl::StatusOr<std::unique_ptr<MaterializedStore>> OpenLmdbStoreWithMap(
    const std::string& path, const MaterializedOptions& options, std::uint64_t map_bytes);

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_STORE_H_
