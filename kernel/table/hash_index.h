// Finds the memtable's keys by hash. One thread adds, any number look up, nobody waits.
#ifndef VARVE_KERNEL_TABLE_HASH_INDEX_H_
#define VARVE_KERNEL_TABLE_HASH_INDEX_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "kernel/table/key_node.h"

namespace varve::table {

// Open addressing in groups of one cache line: eight slots, each the low 16 bits of the hash and a
// pointer. Slots of a group fill from the first, and nothing is ever removed, so a free last slot
// ends a search: with the index at most 5/8 full, most answers (present or absent) need one line.
//
// Outgrown, it is copied to one twice as large; the old one stays readable until the index ends.
class HashIndex final {
 public:
  // Does not grow before it holds 5/8 of `slots_expected`. Untouched slots take no memory.
  explicit HashIndex(std::uint64_t slots_expected);
  ~HashIndex();
  HashIndex(const HashIndex&) = delete;
  HashIndex& operator=(const HashIndex&) = delete;

  // Any thread. nullptr: not here, or added too lately to be promised to this thread.
  [[nodiscard]] KeyNode* Find(std::string_view key, std::uint64_t hash) const;

  // One thread at a time. The key must not be here yet; everything in `node` must be complete.
  void Insert(KeyNode* node);

  // Any thread. An estimate of the memory touched.
  [[nodiscard]] std::uint64_t bytes() const;
  [[nodiscard]] std::uint64_t slots() const;
  [[nodiscard]] std::uint64_t keys() const { return keys_.load(std::memory_order_relaxed); }

 private:
  class Table;

  void Grow();

  std::atomic<const Table*> table_;  // the last of tables_
  std::vector<std::unique_ptr<Table>> tables_;
  std::atomic<std::uint64_t> keys_{0};
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_HASH_INDEX_H_
