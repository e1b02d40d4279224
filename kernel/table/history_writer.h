// Writing rows, and what they supersede, into an open transaction of the ordered map: the one
// checkpoint and the one load that LMDB and memory share.
#ifndef VARVE_KERNEL_TABLE_HISTORY_WRITER_H_
#define VARVE_KERNEL_TABLE_HISTORY_WRITER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "kernel/table/cursor.h"
#include "kernel/table/materialized_map.h"
#include "kernel/table/materialized_store.h"
#include "kernel/table/stored_row.h"

namespace varve::table {

// Where the next sweep over the history goes on; lives as long as the store is open.
struct SweepPosition {
  std::string map_key;  // empty: at the first version
};

// Changes of one write transaction. Not thread-safe. The caller writes the mark and commits.
class HistoryWriter final {
 public:
  // `map` and `mark` must outlive it; `mark` is brought up to date (counts, history_from).
  HistoryWriter(EntryWriter& map, const HistoryPolicy& policy, StoredMark& mark);

  // Writes every key of `rows`: the newest version in place of the current row; with a history
  // policy, what that supersedes into the history.
  [[nodiscard]] absl::Status WriteRows(VersionStream& rows);

  // Takes a bounded number of versions that are beyond the policy as of `now` (or no longer shown)
  // out of the history, from `position` on.
  [[nodiscard]] absl::Status Sweep(Timestamp now, SweepPosition& position);

  // Puts `version` (not deleted) as the current row.
  [[nodiscard]] absl::Status PutCurrent(std::string_view row_key, const RowVersion& version);
  // Puts `version` (not deleted) into the history.
  [[nodiscard]] absl::Status PutSuperseded(std::string_view row_key, const RowVersion& version,
                                           Lsn superseded_lsn, Timestamp superseded_time);

 private:
  [[nodiscard]] absl::Status WriteRow(std::string_view row_key, VersionStream& rows);
  [[nodiscard]] absl::Status SupersedeCurrent(std::string_view row_key, const RowVersion& by);
  // Whether the entry may go; raises history_from where that forgets something.
  [[nodiscard]] absl::StatusOr<bool> MayGo(const EntryWriter::Entry& entry, Timestamp horizon);

  EntryWriter& map_;
  StoredMark& mark_;
  const HistoryPolicy policy_;
  std::string current_key_;  // reused buffer
  std::uint64_t superseded_count_ = 0;
};

// The rows of a load: keeps what the policy keeps and knows which version supersedes which.
class HistoryLoader final {
 public:
  explicit HistoryLoader(bool keeps_history) : keeps_history_(keeps_history) {}
  // kInvalidArgument: rows out of order.
  [[nodiscard]] absl::Status Add(HistoryWriter& writer, std::string_view row_key,
                                 const RowVersion& version, bool superseded);

 private:
  const bool keeps_history_;
  std::string row_key_;
  Lsn newer_lsn_;
  Timestamp newer_time_;
  bool begun_ = false;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_HISTORY_WRITER_H_
