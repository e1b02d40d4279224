// Keys of a memtable in byte order: immutable arrays, sorted or merged in one go.
#ifndef VARVE_KERNEL_TABLE_SORTED_RUN_H_
#define VARVE_KERNEL_TABLE_SORTED_RUN_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernel/table/key_node.h"

namespace varve::table {

// Immutable, so any number of threads may read. Borrows the nodes.
//
// Next to each node stand the 8 bytes of its key behind what all keys of the run share (the table
// and perhaps the run id), big-endian and padded with zeros: most comparisons of a search or a
// merge end there and touch no node.
class SortedRun final {
 public:
  struct Item {
    std::uint64_t prefix;
    const KeyNode* node;
  };

  // The keys must be distinct. `nodes` may be in any order.
  [[nodiscard]] static SortedRun Sort(const std::vector<const KeyNode*>& nodes);
  // The runs must have no key in common.
  [[nodiscard]] static SortedRun Merge(const SortedRun& a, const SortedRun& b);

  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] const KeyNode* node(std::size_t index) const { return items_[index].node; }
  // The index of the first key that is not below `key`; size() where there is none.
  [[nodiscard]] std::size_t LowerBound(std::string_view key) const;
  [[nodiscard]] std::uint64_t bytes() const { return items_.capacity() * sizeof(Item); }

 private:
  SortedRun() = default;

  [[nodiscard]] std::string_view Shared() const {
    return items_.empty() ? std::string_view() : items_[0].node->key().substr(0, shared_bytes_);
  }
  // What the item's prefix would be if only `shared_bytes` (no more than now) were shared.
  [[nodiscard]] std::uint64_t PrefixBehind(std::size_t shared_bytes, const Item& item) const;

  std::vector<Item> items_;
  std::size_t shared_bytes_ = 0;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_SORTED_RUN_H_
