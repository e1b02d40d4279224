// One transaction as the rest of the LMDB store sees it: how to read it, what bounds it, and where
// what was read is kept.
#ifndef VARVE_KERNEL_TABLE_LMDB_VIEW_H_
#define VARVE_KERNEL_TABLE_LMDB_VIEW_H_

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "kernel/table/guard_meta.h"
#include "kernel/table/lmdb_environment.h"

namespace varve::table {

class LazyGuard;

struct LmdbView {
  LmdbEnvironment* environment = nullptr;
  MDB_txn* transaction = nullptr;
  // Where pages lie, so that they can be walked and what LMDB returns can be bounded. Null in write
  // transactions, whose pages lie anywhere.
  const char* pages = nullptr;
  std::uint64_t pages_bytes = 0;
  std::uint32_t page_bytes = 0;
  // Where the tree of rows begins, if `pages` is known, and how many pages lie above each other.
  std::uint64_t root = kLmdbNoPage;
  std::size_t depth = 0;
  // Of pages that nobody has checked yet; null where all of them are sound.
  LazyGuard* guard = nullptr;
  bool writes = false;
  // An assertion ended a call: the transaction may only be aborted.
  bool asserted = false;
  std::deque<std::string> kept;  // keys put together from parts

  [[nodiscard]] std::string_view Keep(std::string bytes) {
    return kept.emplace_back(std::move(bytes));
  }
  // False for bytes that cannot be in the file: LMDB followed a damaged length.
  [[nodiscard]] bool Contains(std::string_view bytes) const {
    if (pages == nullptr) return true;
    const auto offset = static_cast<std::uint64_t>(bytes.data() - pages);
    return offset <= pages_bytes && bytes.size() <= pages_bytes - offset;
  }
  // The status for a failed read.
  [[nodiscard]] absl::Status Failed(int code) {
    asserted = asserted || code == kLmdbAsserted;
    if (writes) return environment->WriteFailed(code, "reading");
    return environment->ReadFailed(code);
  }
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_VIEW_H_
