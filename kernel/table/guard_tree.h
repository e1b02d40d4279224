// Walking every page that a meta page reaches, without LMDB and without trusting a byte.
#ifndef VARVE_KERNEL_TABLE_GUARD_TREE_H_
#define VARVE_KERNEL_TABLE_GUARD_TREE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "kernel/io/file_system.h"
#include "kernel/table/guard_meta.h"
#include "kernel/table/guard_page.h"
#include "kernel/table/lmdb_page.h"
#include "kernel/table/materialized_store.h"

namespace varve::table {

// Checks of both trees: each page is what its place says, its nodes fill it exactly and in order
// within the bounds its parent gives, overflow extents fit, no page is used twice or both used and
// free, all counts agree with the meta page, every entry has its checksum. Not thread-safe.
class TreeGuard final {
 public:
  // `step` is told the bytes read.
  TreeGuard(const File& file, const LmdbGeometry& geometry, WorkStep step = {});

  // Walks both trees. Errors are those of reading; what is wrong with the file is fault().
  [[nodiscard]] absl::Status Check();
  // The tree of free pages alone.
  [[nodiscard]] absl::Status CheckFreeList();
  // The pages on the way to the first row, each by itself: LMDB is asked for that row before
  // anything else is checked.
  [[nodiscard]] absl::Status CheckWayToFirstRow();
  // Empty where nothing is wrong.
  [[nodiscard]] const std::string& fault() const { return fault_; }
  // By page number, those that were found used or free.
  [[nodiscard]] const std::vector<bool>& used() const { return used_; }

 private:
  struct Counts {
    std::uint64_t branch_pages = 0;
    std::uint64_t leaf_pages = 0;
    std::uint64_t overflow_pages = 0;
    std::uint64_t entries = 0;
  };

  [[nodiscard]] absl::Status CheckTree(const LmdbTree& tree, LmdbTreeKind kind);
  // Reads page `number` into `page` and checks it alone.
  [[nodiscard]] absl::Status CheckPageAlone(std::uint64_t number, bool leaf,
                                            const LmdbKeyBounds& bounds, std::string& page);
  [[nodiscard]] absl::Status CheckSubtree(std::uint64_t number, std::size_t depth_left,
                                          const LmdbKeyBounds& bounds);
  [[nodiscard]] absl::Status CheckLeafNodes(const std::string& page, std::uint64_t number);
  [[nodiscard]] absl::Status CheckLeafNode(const LmdbNode& node, std::uint64_t number);
  [[nodiscard]] absl::Status CheckOverflow(const LmdbNode& node, std::uint64_t number,
                                           std::string& value);
  void CheckFreePages(const LmdbNode& node, std::string_view pages);
  [[nodiscard]] absl::Status ReadPage(std::uint64_t number, std::string& page);
  [[nodiscard]] absl::Status NoteRead(std::size_t bytes);
  void Use(std::uint64_t number);
  void Fault(std::uint64_t number, std::string_view what);

  const File& file_;
  const LmdbGeometry& geometry_;
  const WorkStep step_;
  std::uint64_t read_bytes_ = 0;
  std::uint64_t told_bytes_ = 0;
  std::vector<bool> used_;                   // by page number
  LmdbTreeKind kind_ = LmdbTreeKind::kRows;  // of the tree being walked
  Counts counts_;
  std::string fault_;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_GUARD_TREE_H_
