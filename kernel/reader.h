// Reading rows: what a Transaction, a ReadView and an Apply have in common.
#ifndef VARVE_KERNEL_READER_H_
#define VARVE_KERNEL_READER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/base/ids.h"

namespace varve {

class PrimitiveRegistry;

// One row as a reader sees it. Borrows from the reader: valid until the reader ends; the key that
// Get gives back is the caller's own.
struct Row {
  std::string_view key;
  std::string_view value;
  Lsn lsn;  // of the transaction that wrote it; Lsn() for this transaction's own write
  Timestamp commit_time;  // of that transaction
};

// A half-open range of keys within one table and run; an empty `end` means "to the last key".
struct KeyRange {
  std::string begin;
  std::string end;

  static KeyRange All() { return {}; }
  // Every key that starts with `prefix`.
  static KeyRange Prefix(std::string_view prefix);
};

enum class Order { kForward, kReverse };

// Iterates rows:   for (; scan->valid(); scan->Next()) Use(scan->row());   then ask scan->status().
// Not thread-safe. Must not outlive its reader. Rows borrow from the reader, not from the scan.
class RowScan {
 public:
  virtual ~RowScan() = default;
  [[nodiscard]] virtual bool valid() const = 0;
  virtual void Next() = 0;                           // requires valid()
  [[nodiscard]] virtual const Row& row() const = 0;  // requires valid()
  // kDataLoss: a stored row failed its checksum; the scan ended there.
  [[nodiscard]] virtual absl::Status status() const = 0;
};

// Not thread-safe; one thread at a time.
class Reader {
 public:
  virtual ~Reader() = default;

  // The row, or nullopt where there is none. kDataLoss: the stored row fails its checksum.
  [[nodiscard]] virtual absl::StatusOr<std::optional<Row>> Get(TableId table, const RunId& run,
                                                               std::string_view key) = 0;
  [[nodiscard]] virtual std::unique_ptr<RowScan> Scan(TableId table, const RunId& run,
                                                      const KeyRange& range,
                                                      Order order = Order::kForward) = 0;
  // Every kept version of one row, newest first, until `visit` returns false; a deletion shows
  // as a version without a value. How far back: docs/limits.md, "History".
  [[nodiscard]] virtual absl::Status History(
      TableId table, const RunId& run, std::string_view key,
      const std::function<bool(const Row& row, bool deleted)>& visit) = 0;
  // What this reader's own transaction has written to one table and run so far, in key order; a
  // deletion shows without a value. Nothing for a view. For a primitive that keeps an index in
  // memory, which knows of committed rows only.
  virtual void VisitOwnWrites(TableId table, const RunId& run,
                              const std::function<void(const Row& row, bool deleted)>& visit) = 0;
  // The primitives of the store, for a handle whose primitive keeps an index in memory.
  [[nodiscard]] virtual const PrimitiveRegistry& registry() const = 0;
  // What this reader sees: every transaction up to this LSN and none later.
  [[nodiscard]] virtual Lsn lsn() const = 0;
  // What "now" and "expired" mean to a primitive while it reads: the moment the reader began. For a
  // view of the past (Store::AsOf) it is Timestamp(): what had not been deleted then has not
  // expired there.
  [[nodiscard]] virtual Timestamp now() const = 0;
};

}  // namespace varve

#endif  // VARVE_KERNEL_READER_H_
