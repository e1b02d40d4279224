// The memtable: the newest mutations, in memory, every version of them kept by LSN.
//
// A put is an arena append and one hash slot; the order of keys is not kept up to date by writers
// but made when a scan or a checkpoint first asks for it (docs/decisions/: "ordered when read").
//
// Threads: one writer at a time (the commit lock). Readers take no lock that a writer takes: a
// point lookup is wait-free and answers "not here" from one cache line in the common case; a scan
// sorts what was added since the last scan, under a mutex that only scans take. A reader sees every
// version with an LSN up to the one it asks for, provided the writer published that LSN to it.
#ifndef VARVE_KERNEL_TABLE_MEMTABLE_H_
#define VARVE_KERNEL_TABLE_MEMTABLE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "kernel/base/ids.h"
#include "kernel/table/cursor.h"
#include "kernel/table/row.h"

namespace varve::table {

// The hash that the memtable finds keys by; computed once per key and handed down through all
// layers of a read.
[[nodiscard]] std::uint64_t HashRowKey(std::string_view row_key);

class Memtable final {
 public:
  // `bytes_expected` sizes the hash index (untouched memory costs nothing).
  explicit Memtable(std::uint64_t bytes_expected);
  ~Memtable();
  Memtable(const Memtable&) = delete;
  Memtable& operator=(const Memtable&) = delete;

  // Adds a version. `lsn` must not be below that of any earlier Put. A second Put of the same key
  // at the same LSN replaces nothing: the caller has already collapsed a transaction's writes.
  // Key and value are copied.
  void Put(std::string_view row_key, std::uint64_t hash, const RowVersion& version);

  // The newest version with an LSN of at most `at`; nullopt where there is none (which is not
  // "deleted": older layers may know the key). Borrows from the memtable.
  [[nodiscard]] std::optional<RowVersion> Get(std::string_view row_key, std::uint64_t hash,
                                              Lsn at) const;

  // The LSN of the newest version of the key, whatever its age; Lsn() where there is none. What
  // conflict validation asks.
  [[nodiscard]] Lsn NewestLsn(std::string_view row_key, std::uint64_t hash) const;

  // A cursor over the newest version at or below `at` of each key. The memtable must outlive it.
  [[nodiscard]] std::unique_ptr<Cursor> NewCursor(Lsn at) const;

  // Calls `visit` with the key of every mutation with an LSN above `after`, newest first, until it
  // returns false. True when all were visited.
  bool VisitMutationsSince(Lsn after,
                           const std::function<bool(std::string_view row_key)>& visit) const;

  // All keys in order, each with all its versions, newest first: what a checkpoint writes.
  // No Put may run meanwhile (the memtable is frozen).
  [[nodiscard]] std::unique_ptr<VersionStream> NewVersionStream() const;

  [[nodiscard]] std::uint64_t bytes() const;      // arena and index in use
  [[nodiscard]] std::uint64_t mutations() const;  // versions added
  [[nodiscard]] bool empty() const { return mutations() == 0; }
  [[nodiscard]] Lsn last_lsn() const;  // of the newest Put; Lsn() when empty

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_MEMTABLE_H_
