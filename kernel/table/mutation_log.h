// Every mutation of a memtable in the order it was made: what range validation reads backwards, and
// where the order of keys is made from.
#ifndef VARVE_KERNEL_TABLE_MUTATION_LOG_H_
#define VARVE_KERNEL_TABLE_MUTATION_LOG_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "kernel/table/key_node.h"

namespace varve::table {

// One thread appends, any number read what was appended before they were told of it (and perhaps
// more). Blocks live in the arena that Append is given, which must be the same each time.
class MutationLog final {
 public:
  MutationLog() = default;
  MutationLog(const MutationLog&) = delete;
  MutationLog& operator=(const MutationLog&) = delete;

  // `new_key`: this is the first mutation of the key.
  void Append(Arena& arena, Lsn lsn, const KeyNode* node, bool new_key);

  // Calls `visit(std::string_view key)` for every mutation above `after`, newest first, until it
  // returns false. True when all were visited.
  template <typename Visit>
  bool VisitSince(Lsn after, Visit&& visit) const {
    bool visited_all = true;
    WalkBackwards([&](std::uint64_t, const Mutation& mutation) {
      if (mutation.lsn <= after) return false;
      visited_all = visit(mutation.node()->key());
      return visited_all;
    });
    return visited_all;
  }

  // Adds to `to`, in no particular order, the keys that were new in the mutations from number
  // `from` on; returns the number of the next mutation, where the next call goes on.
  std::uint64_t CollectNewKeys(std::uint64_t from, std::vector<const KeyNode*>& to) const;

  [[nodiscard]] std::uint64_t size() const { return size_.load(std::memory_order_acquire); }

 private:
  struct Mutation {
    Lsn lsn;
    std::uintptr_t node_and_new_key;  // nodes are aligned to 8: the lowest bit is free

    [[nodiscard]] const KeyNode* node() const {
      return reinterpret_cast<const KeyNode*>(node_and_new_key & ~std::uintptr_t{1});
    }
    [[nodiscard]] bool new_key() const { return (node_and_new_key & 1) != 0; }
  };

  // `capacity` mutations follow it. Those from number `first` up to size_ (or up to the end of the
  // block) are complete.
  struct Block {
    const Block* previous;
    std::uint64_t first;
    std::uint64_t capacity;
    [[nodiscard]] const Mutation* mutations() const {
      return reinterpret_cast<const Mutation*>(this + 1);
    }
  };

  // `step(number, mutation)` from the newest mutation back to the oldest until it returns false.
  template <typename Step>
  void WalkBackwards(Step&& step) const {
    std::uint64_t end = size();  // before newest_: its block is then that mutation's or a later one
    const Block* block = newest_.load(std::memory_order_acquire);
    for (; block != nullptr; block = block->previous) {
      for (; end > block->first; --end) {
        if (!step(end - 1, block->mutations()[end - 1 - block->first])) return;
      }
    }
  }

  void AddBlock(Arena& arena);

  std::atomic<const Block*> newest_{nullptr};
  std::atomic<std::uint64_t> size_{0};
  // The writer's own view of the newest block.
  Mutation* next_ = nullptr;
  Mutation* block_end_ = nullptr;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_MUTATION_LOG_H_
