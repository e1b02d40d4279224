#include "kernel/table/guard_tree.h"

#include <optional>
#include <utility>

#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "kernel/table/lmdb_checksum.h"

namespace varve::table {

TreeGuard::TreeGuard(const File& file, const LmdbGeometry& geometry, WorkStep step)
    : file_(file),
      geometry_(geometry),
      step_(std::move(step)),
      used_(geometry.newest.last_page + 1) {}

void TreeGuard::Fault(std::uint64_t number, std::string_view what) {
  if (!fault_.empty()) return;
  fault_ = "page " + std::to_string(number) + ": ";
  fault_ += what;
}

absl::Status TreeGuard::Check() {
  VARVE_RETURN_IF_ERROR(CheckFreeList());
  return CheckTree(geometry_.newest.rows, LmdbTreeKind::kRows);
}

absl::Status TreeGuard::CheckFreeList() {
  return CheckTree(geometry_.newest.free_list, LmdbTreeKind::kFreeList);
}

absl::Status TreeGuard::CheckTree(const LmdbTree& tree, LmdbTreeKind kind) {
  kind_ = kind;
  counts_ = {};
  if (!fault_.empty() || tree.root == kLmdbNoPage) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(CheckSubtree(tree.root, tree.depth, {}));
  if (counts_.branch_pages != tree.branch_pages || counts_.leaf_pages != tree.leaf_pages ||
      counts_.overflow_pages != tree.overflow_pages || counts_.entries != tree.entries) {
    Fault(tree.root, "the tree has other counts than its meta page says");
  }
  return absl::OkStatus();
}

absl::Status TreeGuard::CheckWayToFirstRow() {
  const LmdbTree& tree = geometry_.newest.rows;
  if (tree.root == kLmdbNoPage) return absl::OkStatus();
  std::string page;
  std::uint64_t number = tree.root;
  for (std::size_t depth_left = tree.depth; depth_left > 0; --depth_left) {
    const bool leaf = depth_left == 1;
    Use(number);
    if (fault_.empty()) VARVE_RETURN_IF_ERROR(CheckPageAlone(number, leaf, {}, page));
    if (!fault_.empty()) return absl::OkStatus();
    if (!leaf) number = LmdbChildOf(page.data(), 0);
  }
  // The mark: never so large that it lies elsewhere.
  const std::optional<LmdbNode> node = ReadLmdbLeafNode(page.data(), page.size(), 0);
  if (node->flags != 0) Fault(number, "a node has impossible flags");
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
  if (read < page.size()) Fault(number, "beyond the end of the file");
  return NoteRead(read);
}

absl::Status TreeGuard::NoteRead(std::size_t bytes) {
  constexpr std::uint64_t kStepBytes = std::uint64_t{1} << 20;
  read_bytes_ += bytes;
  if (!step_ || read_bytes_ - told_bytes_ < kStepBytes) return absl::OkStatus();
  told_bytes_ = read_bytes_;
  return step_(read_bytes_);
}

absl::Status TreeGuard::CheckPageAlone(std::uint64_t number, bool leaf, const LmdbKeyBounds& bounds,
                                       std::string& page) {
  VARVE_RETURN_IF_ERROR(ReadPage(number, page));
  if (!fault_.empty()) return absl::OkStatus();
  const std::string_view fault = FaultOfLmdbPage(page, number, leaf, bounds, kind_);
  if (!fault.empty()) Fault(number, fault);
  return absl::OkStatus();
}

absl::Status TreeGuard::CheckSubtree(std::uint64_t number, std::size_t depth_left,
                                     const LmdbKeyBounds& bounds) {
  Use(number);
  std::string page;
  const bool leaf = depth_left == 1;
  if (fault_.empty()) VARVE_RETURN_IF_ERROR(CheckPageAlone(number, leaf, bounds, page));
  if (!fault_.empty()) return absl::OkStatus();
  if (leaf) return CheckLeafNodes(page, number);
  ++counts_.branch_pages;
  const std::uint32_t count = *LmdbNodeCount(page.data(), page.size());
  for (std::uint32_t i = 0; i < count && fault_.empty(); ++i) {
    VARVE_RETURN_IF_ERROR(CheckSubtree(LmdbChildOf(page.data(), i), depth_left - 1,
                                       LmdbBoundsOfChild(page, i, count, bounds)));
  }
  return absl::OkStatus();
}

absl::Status TreeGuard::CheckLeafNodes(const std::string& page, std::uint64_t number) {
  const std::uint32_t count = *LmdbNodeCount(page.data(), page.size());
  ++counts_.leaf_pages;
  counts_.entries += count;
  for (std::uint32_t i = 0; i < count && fault_.empty(); ++i) {
    VARVE_RETURN_IF_ERROR(CheckLeafNode(*ReadLmdbLeafNode(page.data(), page.size(), i), number));
  }
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
  if (kind_ == LmdbTreeKind::kFreeList && fault_.empty()) CheckFreePages(node, value);
  if (kind_ == LmdbTreeKind::kRows && fault_.empty() && !EntryIsSound(node.key, value)) {
    Fault(number, "an entry fails its checksum");
  }
  return absl::OkStatus();
}

absl::Status TreeGuard::CheckOverflow(const LmdbNode& node, std::uint64_t number,
                                      std::string& value) {
  const auto first = LoadLittleEndian<std::uint64_t>(node.value);
  const std::uint64_t needed = LmdbExtentPages(node.value_bytes, geometry_.page_bytes);
  if (first < kLmdbMetaPages || first >= used_.size() || used_.size() - first < needed) {
    Fault(number, "a value lies out of range");
    return absl::OkStatus();
  }
  std::string page;
  VARVE_RETURN_IF_ERROR(ReadPage(first, page));
  if (!fault_.empty()) return absl::OkStatus();
  std::uint64_t pages = 0;
  const std::string_view fault =
      FaultOfLmdbExtent(page, first, node.value_bytes, used_.size(), pages);
  if (!fault.empty()) {
    Fault(first, fault);
    return absl::OkStatus();
  }
  for (std::uint64_t i = 0; i < pages && fault_.empty(); ++i) Use(first + i);
  counts_.overflow_pages += pages;
  if (!fault_.empty()) return absl::OkStatus();
  value.resize(node.value_bytes);  // within the file, as checked above
  const std::uint64_t offset = first * geometry_.page_bytes + LmdbPageLayout::kHeaderBytes;
  VARVE_ASSIGN_OR_RETURN(const std::size_t read, file_.ReadAt(offset, value));
  if (read < value.size()) Fault(first, "beyond the end of the file");
  return NoteRead(read);
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

}  // namespace varve::table
