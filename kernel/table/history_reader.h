// Reading rows and their past out of an ordered map: everything that is the same for LMDB and for
// memory.
//
// Which superseded versions count: those whose successor is younger than mark.history_from. Others
// may still lie in the map until a sweep takes them, and are never shown.
#ifndef VARVE_KERNEL_TABLE_HISTORY_READER_H_
#define VARVE_KERNEL_TABLE_HISTORY_READER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/table/cursor.h"
#include "kernel/table/materialized_map.h"
#include "kernel/table/materialized_store.h"
#include "kernel/table/stored_row.h"

namespace varve::table {

// Ok, or the kOutOfRange for a moment before mark.history_from.
[[nodiscard]] absl::Status CheckWithinHistory(const AppliedMark& mark, Lsn at);

// The current row, whatever its LSN.
[[nodiscard]] absl::StatusOr<std::optional<RowVersion>> GetCurrent(EntryReader& map,
                                                                   std::string_view row_key);
// As MaterializedReader says of each. `map` must outlive what is returned.
[[nodiscard]] absl::StatusOr<std::optional<RowVersion>> GetAsOf(EntryReader& map,
                                                                const AppliedMark& mark,
                                                                std::string_view row_key, Lsn at);
[[nodiscard]] absl::Status VisitVersionsAsOf(EntryReader& map, const AppliedMark& mark,
                                             std::string_view row_key, Lsn at,
                                             const std::function<bool(const RowVersion&)>& visit);
// Current rows only: for `at` of mark.applied or later.
[[nodiscard]] std::unique_ptr<Cursor> NewCurrentCursor(EntryReader& map);
[[nodiscard]] std::unique_ptr<Cursor> NewAsOfCursor(EntryReader& map, const AppliedMark& mark,
                                                    Lsn at);
[[nodiscard]] std::unique_ptr<VersionStream> NewEntryVersionStream(EntryReader& map,
                                                                   const AppliedMark& mark,
                                                                   std::string_view begin,
                                                                   std::string_view end);

// All kept versions of one row, newest first, with the tombstones that the gaps between them tell
// of. `history` stands on the first version of the row (or elsewhere where it has none) and is
// moved.
class KeptVersions final {
 public:
  KeptVersions(EntryReader& map, EntryCursor& history, std::string group, Lsn history_from,
               std::optional<RowVersion> current);
  [[nodiscard]] std::optional<RowVersion> Next();
  [[nodiscard]] const absl::Status& status() const { return status_; }

 private:
  std::optional<SupersededVersion> NextSuperseded();

  EntryReader& map_;
  EntryCursor& history_;
  std::string group_;
  Lsn history_from_;
  std::optional<RowVersion> pending_;  // found, to be given next
  Lsn newer_lsn_;                      // of the version given last; Lsn() before the first
  bool begun_ = false;
  absl::Status status_;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_HISTORY_READER_H_
