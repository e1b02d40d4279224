#include "kernel/table/mutation_log.h"

#include <algorithm>
#include <new>

namespace varve::table {
namespace {

constexpr std::uint64_t kBlockMutationsMin = 16;
constexpr std::uint64_t kBlockMutationsMax = 4096;

}  // namespace

void MutationLog::Append(Arena& arena, Lsn lsn, const KeyNode* node, bool new_key) {
  if (next_ == block_end_) AddBlock(arena);
  const std::uintptr_t mark = new_key ? 1 : 0;
  new (next_) Mutation{lsn, reinterpret_cast<std::uintptr_t>(node) | mark};
  ++next_;
  size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

void MutationLog::AddBlock(Arena& arena) {
  const Block* const previous = newest_.load(std::memory_order_relaxed);
  const std::uint64_t capacity = previous == nullptr
                                     ? kBlockMutationsMin
                                     : std::min(previous->capacity * 2, kBlockMutationsMax);
  char* const memory = arena.Allocate(sizeof(Block) + capacity * sizeof(Mutation));
  const Block* const block =
      new (memory) Block{previous, size_.load(std::memory_order_relaxed), capacity};
  next_ = reinterpret_cast<Mutation*>(memory + sizeof(Block));
  block_end_ = next_ + capacity;
  newest_.store(block, std::memory_order_release);
}

std::uint64_t MutationLog::CollectNewKeys(std::uint64_t from,
                                          std::vector<const KeyNode*>& to) const {
  std::uint64_t next = from;
  WalkBackwards([&](std::uint64_t number, const Mutation& mutation) {
    if (number < from) return false;
    next = std::max(next, number + 1);
    if (mutation.new_key()) to.push_back(mutation.node());
    return true;
  });
  return next;
}

}  // namespace varve::table
