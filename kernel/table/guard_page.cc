#include "kernel/table/guard_page.h"

#include <bitset>
#include <cstddef>

#include "kernel/base/codec.h"
#include "kernel/table/guard_meta.h"
#include "kernel/table/lmdb_page.h"

namespace varve::table {
namespace {

constexpr std::size_t kRowKeyBytesMax = 511;
constexpr std::size_t kFreeKeyBytes = 8;
constexpr std::size_t kPageBytesMax = 32768;

constexpr std::size_t Even(std::size_t bytes) { return (bytes + 1) & ~std::size_t{1}; }

bool KeyFits(std::string_view key, LmdbTreeKind kind) {
  if (kind == LmdbTreeKind::kFreeList) return key.size() == kFreeKeyBytes;
  return !key.empty() && key.size() <= kRowKeyBytesMax;
}

// Both keys fit.
bool Less(std::string_view a, std::string_view b, LmdbTreeKind kind) {
  if (kind == LmdbTreeKind::kRows) return a < b;
  return LoadLittleEndian<std::uint64_t>(a.data()) < LoadLittleEndian<std::uint64_t>(b.data());
}

// Where the node that begins at `start` ends; beyond the page where it is impossible.
std::size_t EndOfNode(std::string_view page, std::size_t start, bool leaf) {
  if (leaf) {
    const auto node = ReadLmdbLeafNodeAt(page.data(), page.size(), start);
    return node.has_value() ? node->end : page.size() + 1;
  }
  const auto key = ReadLmdbNodeKeyAt(page.data(), page.size(), start);
  if (!key.has_value()) return page.size() + 1;
  return static_cast<std::size_t>(key->data() + key->size() - page.data());
}

// Nodes lie one behind the other from the end of free space to that of the page, and each of the
// `count` offsets is that of another one.
bool NodesFillPage(std::string_view page, std::uint32_t count, bool leaf) {
  std::bitset<kPageBytesMax / 2> begins;  // nodes begin at even offsets
  std::size_t at = LoadLittleEndian<std::uint16_t>(page.data() + LmdbPageLayout::kUpperOffset);
  std::uint32_t nodes = 0;
  for (; at < page.size() && at % 2 == 0; ++nodes) {
    begins.set(at / 2);
    at = Even(EndOfNode(page, at, leaf));
  }
  if (at != page.size() || nodes != count) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t start = LmdbNodeStart(page.data(), i);
    if (start % 2 != 0 || start >= page.size() || !begins.test(start / 2)) return false;
    begins.reset(start / 2);
  }
  return true;
}

}  // namespace

std::string_view FaultOfLmdbPage(std::string_view page, std::uint64_t number, bool leaf,
                                 const LmdbKeyBounds& bounds, LmdbTreeKind kind) {
  if (LmdbPageNumber(page.data()) != number) return "its number is that of another page";
  if (LmdbPageFlags(page.data()) != (leaf ? kLmdbLeafPage : kLmdbBranchPage)) {
    return "of another kind";
  }
  const std::optional<std::uint32_t> count = LmdbNodeCount(page.data(), page.size());
  if (!count.has_value() || *count < (leaf ? 1 : 2)) return "impossible header";
  if (!NodesFillPage(page, *count, leaf)) return "its nodes overlap or leave gaps";
  std::string_view previous;
  for (std::uint32_t i = leaf ? 0 : 1; i < *count; ++i) {
    const std::string_view key = *ReadLmdbNodeKey(page.data(), page.size(), i);
    if (!KeyFits(key, kind)) return "a key has an impossible length";
    const bool above = previous.data() == nullptr || Less(previous, key, kind);
    const bool within = (!bounds.low.has_value() || !Less(key, *bounds.low, kind)) &&
                        (!bounds.high.has_value() || Less(key, *bounds.high, kind));
    if (!above || !within) return "a key is out of order";
    previous = key;
  }
  return {};
}

LmdbKeyBounds LmdbBoundsOfChild(std::string_view page, std::uint32_t index, std::uint32_t count,
                                const LmdbKeyBounds& bounds) {
  LmdbKeyBounds child = bounds;
  if (index > 0) child.low = ReadLmdbNodeKey(page.data(), page.size(), index);
  if (index + 1 < count) child.high = ReadLmdbNodeKey(page.data(), page.size(), index + 1);
  return child;
}

std::string_view FaultOfLmdbExtent(std::string_view page, std::uint64_t number,
                                   std::uint64_t value_bytes, std::uint64_t page_count,
                                   std::uint64_t& pages) {
  pages = LoadLittleEndian<std::uint32_t>(page.data() + LmdbPageLayout::kExtentOffset);
  if (LmdbPageNumber(page.data()) != number) return "its number is that of another page";
  const bool possible = LmdbPageFlags(page.data()) == kLmdbOverflowPage &&
                        pages >= LmdbExtentPages(value_bytes, page.size()) &&
                        pages <= page_count - number;
  return possible ? "" : "an impossible extent";
}

}  // namespace varve::table
