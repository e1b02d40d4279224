// The bytes of LMDB 0.9's data pages, as far as they are read without LMDB: by the guard before
// LMDB may have the file, and by cursors walking a page. All offsets are from the start of a page.
#ifndef VARVE_KERNEL_TABLE_LMDB_PAGE_H_
#define VARVE_KERNEL_TABLE_LMDB_PAGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "kernel/base/codec.h"

namespace varve::table {

struct LmdbPageLayout {
  static constexpr std::size_t kNumberOffset = 0;   // u64
  static constexpr std::size_t kFlagsOffset = 10;   // u16
  static constexpr std::size_t kLowerOffset = 12;   // u16: where free space begins
  static constexpr std::size_t kUpperOffset = 14;   // u16: where it ends
  static constexpr std::size_t kExtentOffset = 12;  // u32: pages of an overflow extent
  static constexpr std::size_t kHeaderBytes = 16;   // then u16 offsets of the nodes, in key order
};
inline constexpr std::uint16_t kLmdbBranchPage = 0x01;
inline constexpr std::uint16_t kLmdbLeafPage = 0x02;
inline constexpr std::uint16_t kLmdbOverflowPage = 0x04;
inline constexpr std::uint16_t kLmdbMetaPage = 0x08;

// Pages of this size start at multiples of it in every map; larger ones may not, where the system's
// own pages are smaller than those of the machine that made the file.
inline constexpr std::uint32_t kLmdbPageBytesWalked = 4096;

struct LmdbNodeLayout {
  static constexpr std::size_t kSizeLowOffset = 0;   // u16; of a branch: child page, bits 0-15
  static constexpr std::size_t kSizeHighOffset = 2;  // u16; of a branch: bits 16-31
  static constexpr std::size_t kFlagsOffset = 4;     // u16; of a branch: bits 32-47
  static constexpr std::size_t kKeyBytesOffset = 6;  // u16
  static constexpr std::size_t kHeaderBytes = 8;     // then the key, then the value
};
inline constexpr std::uint16_t kLmdbNodeOverflows = 0x01;  // the value is a page number

struct LmdbNode {
  std::string_view key;
  std::uint16_t flags = 0;
  std::uint32_t value_bytes = 0;
  const char* value = nullptr;  // within the page; of an overflowing node the page number
  std::size_t end = 0;          // offset behind the node
};

[[nodiscard]] inline std::uint64_t LmdbPageNumber(const char* page) {
  return LoadLittleEndian<std::uint64_t>(page + LmdbPageLayout::kNumberOffset);
}
[[nodiscard]] inline std::uint16_t LmdbPageFlags(const char* page) {
  return LoadLittleEndian<std::uint16_t>(page + LmdbPageLayout::kFlagsOffset);
}

// How many nodes a page of `page_bytes` bytes has; nullopt where its header is impossible.
[[nodiscard]] inline std::optional<std::uint32_t> LmdbNodeCount(const char* page,
                                                                std::size_t page_bytes) {
  using Layout = LmdbPageLayout;
  const auto lower = LoadLittleEndian<std::uint16_t>(page + Layout::kLowerOffset);
  const auto upper = LoadLittleEndian<std::uint16_t>(page + Layout::kUpperOffset);
  if (lower < Layout::kHeaderBytes || lower > upper || upper > page_bytes || lower % 2 != 0) {
    return std::nullopt;
  }
  return (lower - static_cast<std::uint32_t>(Layout::kHeaderBytes)) / 2;
}

// Where in its page a node begins, whatever the page says. `index` is below the node count.
[[nodiscard]] inline std::size_t LmdbNodeStart(const char* page, std::uint32_t index) {
  return LoadLittleEndian<std::uint16_t>(page + LmdbPageLayout::kHeaderBytes +
                                         std::size_t{2} * index);
}

// The node of a leaf page that begins at `start`; nullopt where any part of it would lie outside of
// the page.
[[nodiscard]] inline std::optional<LmdbNode> ReadLmdbLeafNodeAt(const char* page,
                                                                std::size_t page_bytes,
                                                                std::size_t start) {
  using Layout = LmdbNodeLayout;
  if (start < LmdbPageLayout::kHeaderBytes || start + Layout::kHeaderBytes > page_bytes) {
    return std::nullopt;
  }
  const char* node = page + start;
  const auto key_bytes = LoadLittleEndian<std::uint16_t>(node + Layout::kKeyBytesOffset);
  LmdbNode result;
  result.flags = LoadLittleEndian<std::uint16_t>(node + Layout::kFlagsOffset);
  result.value_bytes = LoadLittleEndian<std::uint32_t>(node + Layout::kSizeLowOffset);
  result.key = std::string_view(node + Layout::kHeaderBytes, key_bytes);
  result.value = node + Layout::kHeaderBytes + key_bytes;
  const std::size_t value_bytes =
      (result.flags & kLmdbNodeOverflows) != 0 ? sizeof(std::uint64_t) : result.value_bytes;
  result.end = start + Layout::kHeaderBytes + key_bytes + value_bytes;
  if (result.end > page_bytes) return std::nullopt;
  return result;
}

[[nodiscard]] inline std::optional<LmdbNode> ReadLmdbLeafNode(const char* page,
                                                              std::size_t page_bytes,
                                                              std::uint32_t index) {
  return ReadLmdbLeafNodeAt(page, page_bytes, LmdbNodeStart(page, index));
}

// The key of a node of either kind of page; nullopt where it would lie outside of the page.
[[nodiscard]] inline std::optional<std::string_view> ReadLmdbNodeKeyAt(const char* page,
                                                                       std::size_t page_bytes,
                                                                       std::size_t start) {
  using Layout = LmdbNodeLayout;
  if (start + Layout::kHeaderBytes > page_bytes) return std::nullopt;
  const char* node = page + start;
  const auto key_bytes = LoadLittleEndian<std::uint16_t>(node + Layout::kKeyBytesOffset);
  if (start + Layout::kHeaderBytes + key_bytes > page_bytes) return std::nullopt;
  return std::string_view(node + Layout::kHeaderBytes, key_bytes);
}
[[nodiscard]] inline std::optional<std::string_view> ReadLmdbNodeKey(const char* page,
                                                                     std::size_t page_bytes,
                                                                     std::uint32_t index) {
  return ReadLmdbNodeKeyAt(page, page_bytes, LmdbNodeStart(page, index));
}

// The page that a node of a branch page leads to. The node's key was read.
[[nodiscard]] inline std::uint64_t LmdbChildOf(const char* page, std::uint32_t index) {
  using Layout = LmdbNodeLayout;
  const char* node = page + LmdbNodeStart(page, index);
  const auto low = LoadLittleEndian<std::uint32_t>(node + Layout::kSizeLowOffset);
  const auto high = LoadLittleEndian<std::uint16_t>(node + Layout::kFlagsOffset);
  return low | std::uint64_t{high} << 32;
}

// How many pages a value of `value_bytes` bytes takes that lies outside of its leaf.
[[nodiscard]] inline std::uint64_t LmdbExtentPages(std::uint64_t value_bytes,
                                                   std::size_t page_bytes) {
  return (LmdbPageLayout::kHeaderBytes - 1 + value_bytes) / page_bytes + 1;
}

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_PAGE_H_
