// Keys of superseded versions, and what a retention policy lets go.
//
// The map key of a version is the history space byte, the row key with each 0x00 written as
// 0x00 0xFF, 0x00 0x01, and the complement of its LSN, big-endian: rows stay in row key order, and
// the versions of one row come newest first (docs/format/state.md, STATE-3).
#ifndef VARVE_KERNEL_TABLE_HISTORY_H_
#define VARVE_KERNEL_TABLE_HISTORY_H_

#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/ids.h"
#include "kernel/table/materialized_store.h"

namespace varve::table {

// What all versions of `row_key` start with, and no version of another row does.
[[nodiscard]] std::string HistoryGroupPrefix(std::string_view row_key);
// Above every version of the group, below every other row's that sorts after it.
[[nodiscard]] std::string HistoryGroupEnd(std::string_view row_key);
[[nodiscard]] std::string HistoryKey(std::string_view row_key, Lsn lsn);
// The part of a version's map key that all of its row share; empty where `map_key` is malformed.
[[nodiscard]] std::string_view HistoryGroupOf(std::string_view map_key);
// The row key of a version's map key; nullopt where it is malformed.
[[nodiscard]] std::optional<std::string> RowKeyOfHistory(std::string_view map_key);

// Versions superseded before this moment may go: `now` is the commit time of the newest
// transaction. Timestamp() where nothing may.
[[nodiscard]] Timestamp HistoryHorizon(const HistoryPolicy& policy, Timestamp now);

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_HISTORY_H_
