#include "kernel/table/hash_index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <new>

#include "kernel/base/check.h"
#include "kernel/io/page_memory.h"

namespace varve::table {
namespace {

constexpr int kPointerBits = 48;
constexpr std::uint64_t kPointerMask = (std::uint64_t{1} << kPointerBits) - 1;
constexpr std::size_t kGroupSlots = 8;
constexpr std::uint64_t kGroupsMin = 8;
constexpr std::uint64_t kSmallPageBytes = 4096;

struct alignas(64) Group {
  std::uint64_t slots[kGroupSlots];
};
static_assert(sizeof(Group) == 64);

std::uint64_t MakeSlot(const KeyNode* node) {
  const auto pointer = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(node));
  VARVE_CHECK((pointer & ~kPointerMask) == 0);
  return node->hash << kPointerBits | pointer;
}

KeyNode* NodeOf(std::uint64_t slot) {
  return reinterpret_cast<KeyNode*>(static_cast<std::uintptr_t>(slot & kPointerMask));
}

std::uint64_t LoadSlot(std::uint64_t& slot) {
  return std::atomic_ref<std::uint64_t>(slot).load(std::memory_order_acquire);
}

}  // namespace

// Zeroed when it is first touched, so a large index is free until it is filled. Slots are plain
// integers that are only accessed through atomic_ref.
class HashIndex::Table final {
 public:
  explicit Table(std::uint64_t group_count)
      : group_count_(group_count),
        shift_(64 - std::countr_zero(group_count)),
        memory_(nullptr, &std::free) {
    const std::size_t bytes = group_count * sizeof(Group);
    if (bytes >= kLargePageBytes) {
      pages_ = MapPages(bytes);
      groups_ = reinterpret_cast<Group*>(pages_.get());
      return;
    }
    memory_.reset(std::calloc(group_count + 1, sizeof(Group)));
    if (memory_ == nullptr) throw std::bad_alloc();
    void* aligned = memory_.get();
    std::size_t space = bytes + sizeof(Group);
    groups_ = static_cast<Group*>(std::align(alignof(Group), bytes, aligned, space));
  }

  [[nodiscard]] std::uint64_t slot_count() const { return group_count_ * kGroupSlots; }
  // What the first touch of any slot takes.
  [[nodiscard]] std::uint64_t page_bytes() const {
    return pages_ == nullptr ? kSmallPageBytes : kLargePageBytes;
  }

  [[nodiscard]] KeyNode* Find(std::string_view key, std::uint64_t hash) const {
    const std::uint64_t tag = hash & 0xFFFF;
    for (std::uint64_t group = hash >> shift_;; group = (group + 1) & (group_count_ - 1)) {
      std::array<std::uint64_t, kGroupSlots> slots;
      unsigned matches = 0;
      // All eight without a branch: how many are taken is not predictable.
      for (std::size_t i = 0; i < kGroupSlots; ++i) {
        slots[i] = LoadSlot(groups_[group].slots[i]);
        matches |= static_cast<unsigned>(slots[i] >> kPointerBits == tag) << i;
      }
      for (; matches != 0; matches &= matches - 1) {
        KeyNode* const node = NodeOf(slots[static_cast<std::size_t>(std::countr_zero(matches))]);
        if (node == nullptr) return nullptr;  // empty looks like tag 0, and so do all behind it
        // The key's first version and its value lie behind it.
        __builtin_prefetch(reinterpret_cast<const char*>(node) + sizeof(Group));
        __builtin_prefetch(reinterpret_cast<const char*>(node) + 2 * sizeof(Group));
        if (node->hash == hash && node->key() == key) return node;
      }
      if (slots.back() == 0) return nullptr;
    }
  }

  void Insert(const KeyNode* node) {
    for (std::uint64_t group = node->hash >> shift_;; group = (group + 1) & (group_count_ - 1)) {
      for (std::uint64_t& slot : groups_[group].slots) {
        const std::atomic_ref<std::uint64_t> entry(slot);
        if (entry.load(std::memory_order_relaxed) != 0) continue;
        entry.store(MakeSlot(node), std::memory_order_release);
        return;
      }
    }
  }

  // Reads each node's hash far behind the prefetch of it: nodes lie all over the arena.
  void CopyTo(Table& to) const {
    constexpr std::uint64_t kGroupsAhead = 4;
    for (std::uint64_t group = 0; group < group_count_; ++group) {
      if (group + kGroupsAhead < group_count_) {
        for (std::uint64_t slot : groups_[group + kGroupsAhead].slots) {
          __builtin_prefetch(NodeOf(slot));
        }
      }
      for (std::uint64_t slot : groups_[group].slots) {
        if (slot == 0) break;
        to.Insert(NodeOf(slot));
      }
    }
  }

 private:
  std::uint64_t group_count_;  // a power of two
  int shift_;
  std::unique_ptr<void, void (*)(void*)> memory_;  // a small table
  PageMemory pages_;                               // a large one
  Group* groups_;
};

HashIndex::HashIndex(std::uint64_t slots_expected) {
  const std::uint64_t groups = std::max(kGroupsMin, std::bit_ceil(slots_expected / kGroupSlots));
  tables_.push_back(std::make_unique<Table>(groups));
  table_.store(tables_.back().get(), std::memory_order_release);
}

HashIndex::~HashIndex() = default;

KeyNode* HashIndex::Find(std::string_view key, std::uint64_t hash) const {
  return table_.load(std::memory_order_acquire)->Find(key, hash);
}

void HashIndex::Insert(KeyNode* node) {
  const std::uint64_t keys = keys_.load(std::memory_order_relaxed) + 1;
  keys_.store(keys, std::memory_order_relaxed);
  if (keys > tables_.back()->slot_count() / 8 * 5) Grow();
  tables_.back()->Insert(node);
}

void HashIndex::Grow() {
  auto grown = std::make_unique<Table>(tables_.back()->slot_count() / kGroupSlots * 2);
  tables_.back()->CopyTo(*grown);
  table_.store(grown.get(), std::memory_order_release);
  tables_.push_back(std::move(grown));
}

std::uint64_t HashIndex::bytes() const {
  // A new key touches a page of its own until all have been.
  const Table& table = *table_.load(std::memory_order_acquire);
  return std::min(table.slot_count() * sizeof(std::uint64_t),
                  keys_.load(std::memory_order_relaxed) * table.page_bytes());
}

std::uint64_t HashIndex::slots() const {
  return table_.load(std::memory_order_acquire)->slot_count();
}

}  // namespace varve::table
