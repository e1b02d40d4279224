// Ordered iteration over rows by row key, the one interface of every layer and of their merge.
#ifndef VARVE_KERNEL_TABLE_CURSOR_H_
#define VARVE_KERNEL_TABLE_CURSOR_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "kernel/table/row.h"

namespace varve::table {

// A row as a cursor stands on it.
struct CursorRow {
  std::string_view row_key;
  RowVersion version;
};

// Not thread-safe. Starts invalid; a Seek makes it valid or, where there is no such row, leaves it
// invalid. Keys and values borrow from the layer and stay readable as long as the layer's reader
// (or view) lives, also after the cursor has moved on.
//
// A layer's cursor also stands on tombstones (version().deleted); merged cursors hide them.
class Cursor {
 public:
  virtual ~Cursor() = default;

  virtual void SeekAtOrAfter(std::string_view row_key) = 0;
  // The last row before `row_key` (exclusive); an empty `row_key` means the very last row.
  virtual void SeekBefore(std::string_view row_key) = 0;
  // Require valid().
  virtual void Next() = 0;
  virtual void Previous() = 0;

  [[nodiscard]] virtual bool valid() const = 0;
  [[nodiscard]] virtual std::string_view row_key() const = 0;   // requires valid()
  [[nodiscard]] virtual const RowVersion& version() const = 0;  // requires valid()

  // The rows that as many calls of Next() would stand on, up to rows.size() of them, in one call:
  // what a long scan is fastest with. Returns how many it stored; 0: there is none, or status()
  // says why. Afterwards the cursor stands on the last of them or is invalid.
  [[nodiscard]] virtual std::size_t NextRows(std::span<CursorRow> rows) {
    std::size_t count = 0;
    while (count < rows.size() && valid()) {
      Next();
      if (valid()) rows[count++] = {row_key(), version()};
    }
    return count;
  }
  // False for a layer that knows no tombstones: its rows need not be looked through for them.
  [[nodiscard]] virtual bool may_show_tombstones() const { return true; }

  // kDataLoss once a row failed its checksum or the layer is damaged; the cursor is then invalid.
  // Ask after a loop ended.
  [[nodiscard]] virtual absl::Status status() const = 0;
};

// All keys of a layer in order, each with all its kept versions: what a checkpoint, a snapshot and
// a dump read. Not thread-safe. Keys and values borrow from the layer.
class VersionStream {
 public:
  virtual ~VersionStream() = default;
  // Moves to the next key; false at the end, or on an error: ask status().
  virtual bool Next() = 0;
  [[nodiscard]] virtual std::string_view row_key() const = 0;
  // Steps through the versions of the current key: the newest first, then older ones.
  [[nodiscard]] virtual std::optional<RowVersion> NextVersion() = 0;
  [[nodiscard]] virtual absl::Status status() const = 0;
  // How many keys there are, where that is known; else 0.
  [[nodiscard]] virtual std::uint64_t key_count() const { return 0; }
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_CURSOR_H_
