// Several layers as one: for each key the version of the newest layer that knows it, tombstones
// hidden.
#ifndef VARVE_KERNEL_TABLE_MERGED_CURSOR_H_
#define VARVE_KERNEL_TABLE_MERGED_CURSOR_H_

#include <memory>
#include <vector>

#include "kernel/table/cursor.h"

namespace varve::table {

// `layers` newest first; the merged cursor owns them. A single layer without tombstones is handed
// back as it is; with several of which all but one are empty the merge costs little.
[[nodiscard]] std::unique_ptr<Cursor> NewMergedCursor(std::vector<std::unique_ptr<Cursor>> layers);

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_MERGED_CURSOR_H_
