// A most-significant-first string sort that looks at eight bytes at a time: items are sorted by a
// cached 8-byte prefix; those that tie are sorted again by the next eight bytes behind it.
#include "kernel/table/sorted_run.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "kernel/base/codec.h"

namespace varve::table {
namespace {

using Item = SortedRun::Item;

constexpr std::size_t kPrefixBytes = sizeof(std::uint64_t);
// Up to so many items a comparison sort is faster than eight counting passes.
constexpr std::size_t kRadixItemsMin = 1024;
// Up to so many items are sorted by whole keys at once.
constexpr std::size_t kWholeKeyItemsMax = 16;

// The 8 bytes of `key` from `depth` on, padded with zeros.
std::uint64_t PrefixAt(std::string_view key, std::size_t depth) {
  if (key.size() >= depth + kPrefixBytes) return LoadBigEndian64(key.data() + depth);
  char bytes[kPrefixBytes] = {};
  if (key.size() > depth) std::memcpy(bytes, key.data() + depth, key.size() - depth);
  return LoadBigEndian64(bytes);
}

std::size_t SharedBytes(std::string_view a, std::string_view b) {
  const std::size_t size = std::min(a.size(), b.size());
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(size), b.begin()).first -
      a.begin());
}

bool ItemBefore(const Item& a, const Item& b) {
  if (a.prefix != b.prefix) return a.prefix < b.prefix;
  return a.node->key() < b.node->key();
}

// Stable counting sort by one byte after the other, the least significant first; bytes that are the
// same everywhere are skipped.
void RadixSortByPrefix(std::span<Item> items, std::vector<Item>& scratch) {
  std::array<std::array<std::uint32_t, 256>, kPrefixBytes> counts{};
  for (const Item& item : items) {
    for (std::size_t digit = 0; digit < kPrefixBytes; ++digit) {
      ++counts[digit][item.prefix >> (8 * digit) & 0xFF];
    }
  }
  scratch.resize(std::max(scratch.size(), items.size()));
  std::span<Item> from = items;
  std::span<Item> to(scratch.data(), items.size());
  for (std::size_t digit = 0; digit < kPrefixBytes; ++digit) {
    if (counts[digit][items[0].prefix >> (8 * digit) & 0xFF] == items.size()) continue;
    std::array<std::uint32_t, 256> starts;
    std::uint32_t start = 0;
    for (std::size_t value = 0; value < starts.size(); ++value) {
      starts[value] = start;
      start += counts[digit][value];
    }
    for (const Item& item : from) to[starts[item.prefix >> (8 * digit) & 0xFF]++] = item;
    std::swap(from, to);
  }
  if (from.data() != items.data()) std::copy(from.begin(), from.end(), items.begin());
}

void SortByPrefix(std::span<Item> items, std::vector<Item>& scratch) {
  if (items.size() >= kRadixItemsMin) {
    RadixSortByPrefix(items, scratch);
  } else {
    std::sort(items.begin(), items.end(),
              [](const Item& a, const Item& b) { return a.prefix < b.prefix; });
  }
}

// How many bytes from `depth` on all keys share; none has to be longer than `depth`.
std::size_t SharedBytesBehind(std::span<const Item> items, std::size_t depth) {
  const std::string_view first = items[0].node->key();
  std::size_t shared = first.size();
  for (const Item& item : items.subspan(1)) {
    const std::string_view key = item.node->key();
    if (key.size() < shared ||
        std::memcmp(first.data() + depth, key.data() + depth, shared - depth) != 0) {
      shared = depth + SharedBytes(first.substr(depth, shared - depth), key.substr(depth));
    }
  }
  return shared;
}

void SortBehind(std::span<Item> items, std::size_t depth, std::vector<Item>& scratch);

// Sorts every stretch of equal prefixes (each of the 8 bytes from `depth` on) by what follows.
void SortTies(std::span<Item> items, std::size_t depth, std::vector<Item>& scratch) {
  std::size_t begin = 0;
  while (begin < items.size()) {
    const std::uint64_t prefix = items[begin].prefix;
    std::size_t end = begin + 1;
    while (end < items.size() && items[end].prefix == prefix) ++end;
    const std::span<Item> ties = items.subspan(begin, end - begin);
    begin = end;
    if (ties.size() == 1) continue;
    // Keys that end here differ only in the zeros that padding made look alike, so by length.
    const auto longer = std::partition(ties.begin(), ties.end(), [depth](const Item& item) {
      return item.node->key_bytes <= depth + kPrefixBytes;
    });
    std::sort(ties.begin(), longer,
              [](const Item& a, const Item& b) { return a.node->key_bytes < b.node->key_bytes; });
    SortBehind({longer, ties.end()}, depth + kPrefixBytes, scratch);
    for (Item& item : ties) item.prefix = prefix;
  }
}

// Sorts keys that are equal in their first `depth` bytes and no shorter. Leaves any prefixes.
void SortBehind(std::span<Item> items, std::size_t depth, std::vector<Item>& scratch) {
  if (items.size() <= kWholeKeyItemsMax) {
    std::sort(items.begin(), items.end(), [depth](const Item& a, const Item& b) {
      return a.node->key().substr(depth) < b.node->key().substr(depth);
    });
    return;
  }
  depth = SharedBytesBehind(items, depth);
  for (Item& item : items) item.prefix = PrefixAt(item.node->key(), depth);
  SortByPrefix(items, scratch);
  SortTies(items, depth, scratch);
}

}  // namespace

SortedRun SortedRun::Sort(const std::vector<const KeyNode*>& nodes) {
  SortedRun run;
  if (nodes.empty()) return run;
  run.items_.reserve(nodes.size());
  for (const KeyNode* node : nodes) run.items_.push_back({0, node});
  run.shared_bytes_ = SharedBytesBehind(run.items_, 0);
  for (Item& item : run.items_) item.prefix = PrefixAt(item.node->key(), run.shared_bytes_);
  std::vector<Item> scratch;
  SortByPrefix(run.items_, scratch);
  SortTies(run.items_, run.shared_bytes_, scratch);
  return run;
}

SortedRun SortedRun::Merge(const SortedRun& a, const SortedRun& b) {
  if (a.items_.empty()) return b;
  if (b.items_.empty()) return a;
  SortedRun merged;
  merged.items_.reserve(a.size() + b.size());
  merged.shared_bytes_ = SharedBytes(a.Shared(), b.Shared());
  const auto item_of = [&merged](const SortedRun& run, std::size_t index) -> Item {
    const Item& item = run.items_[index];
    return {run.PrefixBehind(merged.shared_bytes_, item), item.node};
  };
  std::size_t next_a = 0;
  std::size_t next_b = 0;
  Item item_a = item_of(a, 0);
  Item item_b = item_of(b, 0);
  while (true) {
    if (ItemBefore(item_a, item_b)) {
      merged.items_.push_back(item_a);
      if (++next_a == a.size()) break;
      item_a = item_of(a, next_a);
    } else {
      merged.items_.push_back(item_b);
      if (++next_b == b.size()) break;
      item_b = item_of(b, next_b);
    }
  }
  for (; next_a < a.size(); ++next_a) merged.items_.push_back(item_of(a, next_a));
  for (; next_b < b.size(); ++next_b) merged.items_.push_back(item_of(b, next_b));
  return merged;
}

// The bytes between the two depths are the same in all keys of the run, and those behind them are
// the first of the old prefix: no node is touched but the first.
std::uint64_t SortedRun::PrefixBehind(std::size_t shared_bytes, const Item& item) const {
  if (shared_bytes == shared_bytes_) return item.prefix;  // mostly
  const std::size_t gained = shared_bytes_ - shared_bytes;
  const std::uint64_t front = PrefixAt(Shared(), shared_bytes);
  return gained >= kPrefixBytes ? front : front | item.prefix >> (8 * gained);
}

std::size_t SortedRun::LowerBound(std::string_view key) const {
  const std::string_view shared = Shared();
  const int order = key.compare(0, shared.size(), shared);
  if (order < 0) return 0;
  if (order > 0) return size();
  const Item sought{PrefixAt(key, shared.size()), nullptr};
  const auto found =
      std::lower_bound(items_.begin(), items_.end(), sought, [key](const Item& a, const Item& b) {
        return a.prefix != b.prefix ? a.prefix < b.prefix : a.node->key() < key;
      });
  return static_cast<std::size_t>(found - items_.begin());
}

}  // namespace varve::table
