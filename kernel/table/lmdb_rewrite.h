// Writing state.mdb anew: all rows in key order into a fresh file, perhaps merged with a
// checkpoint's changes.
//
// Updates in place copy every page that they touch: after changes all over the keys the file holds
// each page twice and its leaves are two thirds full. Written in order it holds each row once, at
// several times the speed of updates in place (docs/decisions/0027-rewrite.md).
#ifndef VARVE_KERNEL_TABLE_LMDB_REWRITE_H_
#define VARVE_KERNEL_TABLE_LMDB_REWRITE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "kernel/table/cursor.h"
#include "kernel/table/materialized_store.h"

namespace varve::table {

// Makes the file `temporary` from `state` with `changes` (newer than all of it) on top. Complete
// and synced on return; on any error removed. kResourceExhausted: disk full.
[[nodiscard]] absl::Status WriteMergedFile(const std::string& temporary, MaterializedReader& state,
                                           VersionStream& changes, const AppliedMark& mark,
                                           const HistoryPolicy& policy);

// When to rewrite. Counts entries: rows and superseded versions. Not thread-safe.
class RewritePolicy final {
 public:
  struct FileState {
    std::uint64_t file_bytes = 0;
    std::uint64_t live_bytes = 0;
    std::uint64_t entries = 0;
  };

  // Whether a checkpoint of `changed` keys is better merged into a new file: the last one of its
  // size in place left the file bloated.
  [[nodiscard]] bool MergeIsCheaper(std::uint64_t changed, const FileState& before);
  // After that checkpoint was made in place: whether the file should be written anew now.
  [[nodiscard]] bool IsBloated(const FileState& after);
  void NoteRewritten(const FileState& after);
  // The disk had no room for a second file: not again before the state has changed much.
  void NoteRefused(const FileState& state) { refused_bytes_ = state.file_bytes; }

 private:
  [[nodiscard]] bool MayRewrite(const FileState& state) const;
  [[nodiscard]] double CompactBytes(const FileState& state) const;

  double bytes_per_entry_ = 0;  // of a file written in order; 0: unknown
  double merge_share_ = 2;      // changed keys per entry from which on a merge is cheaper
  bool was_compact_ = false;    // the file before the last checkpoint
  double share_ = 0;            // of the entries, changed by the last checkpoint
  int merges_in_a_row_ = 0;
  std::uint64_t refused_bytes_ = 0;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_REWRITE_H_
