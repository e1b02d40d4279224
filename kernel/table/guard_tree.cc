#include "kernel/table/guard_tree.h"

#include <algorithm>
#include <span>

#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "kernel/table/lmdb_checksum.h"

namespace varve::table {
namespace {

constexpr std::size_t kRowKeyBytesMax = 511;
constexpr std::size_t kFreeKeyBytes = 8;

constexpr std::size_t Even(std::size_t bytes) { return (bytes + 1) & ~std::size_t{1}; }

struct BranchNode {
  std::uint64_t child = 0;
  std::string_view key;
  std::size_t start = 0;
  std::size_t end = 0;  // beyond the page where the node is impossible
};

BranchNode ReadBranchNode(const std::string& page, std::uint32_t index) {
  using Layout = LmdbNodeLayout;
  BranchNode node;
  node.end = page.size() + 1;
  node.start = LoadLittleEndian<std::uint16_t>(page.data() + LmdbPageLayout::kHeaderBytes +
                                               std::size_t{2} * index);
  if (node.start + Layout::kHeaderBytes > page.size()) return node;
  const char* bytes = page.data() + node.start;
  const auto low = LoadLittleEndian<std::uint32_t>(bytes + Layout::kSizeLowOffset);
  const auto high = LoadLittleEndian<std::uint16_t>(bytes + Layout::kFlagsOffset);
  const auto key_bytes = LoadLittleEndian<std::uint16_t>(bytes + Layout::kKeyBytesOffset);
  if (node.start + Layout::kHeaderBytes + key_bytes > page.size()) return node;
  node.child = low | std::uint64_t{high} << 32;
  node.key = std::string_view(bytes + Layout::kHeaderBytes, key_bytes);
  node.end = node.start + Layout::kHeaderBytes + key_bytes;
  return node;
}

}  // namespace

TreeGuard::TreeGuard(const File& file, const LmdbGeometry& geometry)
    : file_(file), geometry_(geometry), used_(geometry.newest.last_page + 1) {}

void TreeGuard::Fault(std::uint64_t number, std::string_view what) {
  if (!fault_.empty()) return;
  fault_ = "page " + std::to_string(number) + ": ";
  fault_ += what;
}

absl::Status TreeGuard::Check() {
  VARVE_RETURN_IF_ERROR(CheckTree(geometry_.newest.free_list, true));
  return CheckTree(geometry_.newest.rows, false);
}

absl::Status TreeGuard::CheckTree(const LmdbTree& tree, bool free_list) {
  free_list_ = free_list;
  counts_ = {};
  if (!fault_.empty() || tree.root == kLmdbNoPage) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(CheckPage(tree.root, tree.depth, {}));
  if (counts_.branch_pages != tree.branch_pages || counts_.leaf_pages != tree.leaf_pages ||
      counts_.overflow_pages != tree.overflow_pages || counts_.entries != tree.entries) {
    Fault(tree.root, "the tree has other counts than its meta page says");
  }
  return absl::OkStatus();
}

void TreeGuard::Use(std::uint64_t number) {
  if (number < kLmdbMetaPages || number >= used_.size()) return Fault(number, "out of range");
  if (used_[number]) return Fault(number, "used twice");
  used_[number] = true;
}

absl::Status TreeGuard::ReadPage(std::uint64_t number, std::string& page) {
  page.resize(geometry_.page_bytes);
  VARVE_ASSIGN_OR_RETURN(const std::size_t read, file_.ReadAt(number * geometry_.page_bytes, page));
  if (read < page.size()) {
    Fault(number, "beyond the end of the file");
  } else if (LoadLittleEndian<std::uint64_t>(page.data() + LmdbPageLayout::kNumberOffset) !=
             number) {
    Fault(number, "its number is that of another page");
  }
  return absl::OkStatus();
}

absl::Status TreeGuard::CheckPage(std::uint64_t number, std::size_t depth_left,
                                  const Bounds& bounds) {
  Use(number);
  if (!fault_.empty()) return absl::OkStatus();
  std::string page;
  VARVE_RETURN_IF_ERROR(ReadPage(number, page));
  const auto flags = LoadLittleEndian<std::uint16_t>(page.data() + LmdbPageLayout::kFlagsOffset);
  const bool leaf = depth_left == 1;
  if (flags != (leaf ? kLmdbLeafPage : kLmdbBranchPage)) Fault(number, "of another kind");
  const std::optional<std::uint32_t> count = LmdbNodeCount(page.data(), page.size());
  if (!count.has_value() || *count < (leaf ? 1 : 2)) Fault(number, "impossible header");
  if (!fault_.empty()) return absl::OkStatus();
  if (leaf) return CheckLeaf(page, number, *count, bounds);
  return CheckBranch(page, number, *count, depth_left, bounds);
}

absl::Status TreeGuard::CheckBranch(const std::string& page, std::uint64_t number,
                                    std::uint32_t count, std::size_t depth_left,
                                    const Bounds& bounds) {
  ++counts_.branch_pages;
  std::vector<BranchNode> nodes;
  std::vector<Extent> extents;
  for (std::uint32_t i = 0; i < count; ++i) {
    nodes.push_back(ReadBranchNode(page, i));
    extents.push_back({nodes.back().start, nodes.back().end});
  }
  CheckExtents(extents, page, number);
  std::string previous;
  for (std::uint32_t i = 0; i < count && fault_.empty(); ++i) {
    Bounds child = bounds;
    // LMDB never looks at the first key: the subtree begins where its parent's does.
    if (i > 0) {
      CheckKey(nodes[i].key, previous, i == 1, bounds, number);
      child.low = previous = Ordered(nodes[i].key);
    }
    if (i + 1 < count) {
      child.high = Ordered(nodes[i + 1].key);
      child.has_high = true;
    }
    if (fault_.empty()) VARVE_RETURN_IF_ERROR(CheckPage(nodes[i].child, depth_left - 1, child));
  }
  return absl::OkStatus();
}

absl::Status TreeGuard::CheckLeaf(const std::string& page, std::uint64_t number,
                                  std::uint32_t count, const Bounds& bounds) {
  ++counts_.leaf_pages;
  counts_.entries += count;
  std::vector<Extent> extents;
  std::string previous;
  for (std::uint32_t i = 0; i < count && fault_.empty(); ++i) {
    const std::optional<LmdbNode> node = ReadLmdbLeafNode(page.data(), page.size(), i);
    if (!node.has_value()) {
      Fault(number, "a node reaches out of the page");
      return absl::OkStatus();
    }
    const char* start = node->key.data() - LmdbNodeLayout::kHeaderBytes;
    extents.push_back({static_cast<std::size_t>(start - page.data()), node->end});
    CheckKey(node->key, previous, i == 0, bounds, number);
    previous = Ordered(node->key);
    VARVE_RETURN_IF_ERROR(CheckLeafNode(*node, number));
  }
  CheckExtents(extents, page, number);
  return absl::OkStatus();
}

absl::Status TreeGuard::CheckLeafNode(const LmdbNode& node, std::uint64_t number) {
  std::string_view value;
  std::string overflowing;
  if (node.flags == kLmdbNodeOverflows) {
    VARVE_RETURN_IF_ERROR(CheckOverflow(node, number, overflowing));
    value = overflowing;
  } else if (node.flags == 0) {
    value = std::string_view(node.value, node.value_bytes);
  } else {
    Fault(number, "a node has impossible flags");
  }
  if (free_list_ && fault_.empty()) CheckFreePages(node, value);
  if (!free_list_ && fault_.empty() && !EntryIsSound(node.key, value)) {
    Fault(number, "an entry fails its checksum");
  }
  return absl::OkStatus();
}

absl::Status TreeGuard::CheckOverflow(const LmdbNode& node, std::uint64_t number,
                                      std::string& value) {
  const auto first = LoadLittleEndian<std::uint64_t>(node.value);
  const std::uint64_t needed =
      (LmdbPageLayout::kHeaderBytes - 1 + node.value_bytes) / geometry_.page_bytes + 1;
  if (first < kLmdbMetaPages || first >= used_.size() || used_.size() - first < needed) {
    Fault(number, "a value lies out of range");
    return absl::OkStatus();
  }
  std::string page;
  VARVE_RETURN_IF_ERROR(ReadPage(first, page));
  const auto flags = LoadLittleEndian<std::uint16_t>(page.data() + LmdbPageLayout::kFlagsOffset);
  const std::uint64_t pages =
      LoadLittleEndian<std::uint32_t>(page.data() + LmdbPageLayout::kExtentOffset);
  if (flags != kLmdbOverflowPage || pages < needed || pages > used_.size() - first) {
    Fault(first, "an impossible extent");
    return absl::OkStatus();
  }
  for (std::uint64_t i = 0; i < pages && fault_.empty(); ++i) Use(first + i);
  counts_.overflow_pages += pages;
  if (!fault_.empty()) return absl::OkStatus();
  value.resize(node.value_bytes);  // within the file, as checked above
  const std::uint64_t offset = first * geometry_.page_bytes + LmdbPageLayout::kHeaderBytes;
  VARVE_ASSIGN_OR_RETURN(const std::size_t read, file_.ReadAt(offset, value));
  if (read < value.size()) Fault(first, "beyond the end of the file");
  return absl::OkStatus();
}

void TreeGuard::CheckFreePages(const LmdbNode& node, std::string_view pages) {
  ByteReader reader(pages);
  const auto count = reader.Read<std::uint64_t>();
  const auto transaction = LoadLittleEndian<std::uint64_t>(node.key.data());
  if (!reader.ok() || count > reader.rest().size() / sizeof(std::uint64_t)) {
    return Fault(transaction, "a list of free pages is cut off");
  }
  if (transaction == 0 || transaction > geometry_.newest.transaction) {
    return Fault(transaction, "a list of free pages is of no transaction");
  }
  std::uint64_t previous = kLmdbNoPage;
  for (std::uint64_t i = 0; i < count && fault_.empty(); ++i) {
    const auto page = reader.Read<std::uint64_t>();
    if (page >= previous) return Fault(page, "free pages are out of order");
    Use(page);
    previous = page;
  }
}

std::string TreeGuard::Ordered(std::string_view key) const {
  if (!free_list_) return std::string(key);
  return {key.rbegin(), key.rend()};  // little-endian numbers
}

void TreeGuard::CheckKey(std::string_view key, std::string_view previous, bool first,
                         const Bounds& bounds, std::uint64_t number) {
  const bool size_fits =
      free_list_ ? key.size() == kFreeKeyBytes : !key.empty() && key.size() <= kRowKeyBytesMax;
  if (!size_fits) return Fault(number, "a key has an impossible length");
  const std::string ordered = Ordered(key);
  const bool above_previous = first || ordered > previous;
  const bool within = ordered >= bounds.low && (!bounds.has_high || ordered < bounds.high);
  if (!above_previous || !within) Fault(number, "a key is out of order");
}

void TreeGuard::CheckExtents(std::vector<Extent>& extents, const std::string& page,
                             std::uint64_t number) {
  std::sort(extents.begin(), extents.end(),
            [](const Extent& a, const Extent& b) { return a.start < b.start; });
  std::size_t at = LoadLittleEndian<std::uint16_t>(page.data() + LmdbPageLayout::kUpperOffset);
  for (const Extent& extent : extents) {
    if (extent.start != at || extent.end > page.size()) {
      return Fault(number, "its nodes overlap or leave gaps");
    }
    at = Even(extent.end);
  }
  if (at != page.size()) Fault(number, "its nodes overlap or leave gaps");
}

}  // namespace varve::table
