// Rows, their keys, and the header every stored row carries.
#ifndef VARVE_KERNEL_TABLE_ROW_H_
#define VARVE_KERNEL_TABLE_ROW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/base/ids.h"

namespace varve::table {

// A row key is the whole identity of a row in one byte string whose order is the order of
// (table, run, key): primitive id, table number, then 0x00 for the nil run or 0x01 and the 16
// bytes of any other, then the key.
inline constexpr std::size_t kRowKeyPrefixBytesMax = 2 + 1 + 16;

void AppendRowKeyPrefix(std::string& to, TableId table, const RunId& run);
[[nodiscard]] std::string MakeRowKey(TableId table, const RunId& run, std::string_view key);

// The parts of a row key; `key` borrows from it.
struct RowKeyParts {
  TableId table;
  RunId run;
  std::string_view key;
};
// nullopt where `row_key` is too short or malformed.
[[nodiscard]] std::optional<RowKeyParts> ParseRowKey(std::string_view row_key);

// The smallest byte string greater than every string that starts with `prefix`; empty where there
// is none (the prefix is all 0xFF), which range ends take for "to the end".
[[nodiscard]] std::string PrefixEnd(std::string_view prefix);

// One version of a row: what one transaction left under one key.
struct RowVersion {
  Lsn lsn;
  Timestamp commit_time;
  bool deleted = false;    // a tombstone; `value` is empty
  std::string_view value;  // borrows from the layer it was read from
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_ROW_H_
