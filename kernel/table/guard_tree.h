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
#include "kernel/table/lmdb_page.h"

namespace varve::table {

// Checks of both trees: each page is what its place says, its nodes fill it exactly and in order
// within the bounds its parent gives, overflow extents fit, no page is used twice or both used and
// free, all counts agree with the meta page, every entry has its checksum. Not thread-safe.
class TreeGuard final {
 public:
  TreeGuard(const File& file, const LmdbGeometry& geometry);

  // Walks both trees. Errors are those of reading; what is wrong with the file is fault().
  [[nodiscard]] absl::Status Check();
  // Empty where nothing is wrong.
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  // Keys of a subtree are at or above `low` and below `high` (where there is one).
  struct Bounds {
    std::string low;
    std::string high;
    bool has_high = false;
  };
  struct Counts {
    std::uint64_t branch_pages = 0;
    std::uint64_t leaf_pages = 0;
    std::uint64_t overflow_pages = 0;
    std::uint64_t entries = 0;
  };
  struct Extent {
    std::size_t start;
    std::size_t end;
  };

  [[nodiscard]] absl::Status CheckTree(const LmdbTree& tree, bool free_list);
  [[nodiscard]] absl::Status CheckPage(std::uint64_t number, std::size_t depth_left,
                                       const Bounds& bounds);
  [[nodiscard]] absl::Status CheckBranch(const std::string& page, std::uint64_t number,
                                         std::uint32_t count, std::size_t depth_left,
                                         const Bounds& bounds);
  [[nodiscard]] absl::Status CheckLeaf(const std::string& page, std::uint64_t number,
                                       std::uint32_t count, const Bounds& bounds);
  [[nodiscard]] absl::Status CheckLeafNode(const LmdbNode& node, std::uint64_t number);
  [[nodiscard]] absl::Status CheckOverflow(const LmdbNode& node, std::uint64_t number,
                                           std::string& value);
  void CheckFreePages(const LmdbNode& node, std::string_view pages);
  void CheckKey(std::string_view key, std::string_view previous, bool first, const Bounds& bounds,
                std::uint64_t number);
  void CheckExtents(std::vector<Extent>& extents, const std::string& page, std::uint64_t number);
  [[nodiscard]] absl::Status ReadPage(std::uint64_t number, std::string& page);
  void Use(std::uint64_t number);
  // Keys as byte strings in the order of their tree.
  [[nodiscard]] std::string Ordered(std::string_view key) const;
  void Fault(std::uint64_t number, std::string_view what);

  const File& file_;
  const LmdbGeometry& geometry_;
  std::vector<bool> used_;  // by page number
  bool free_list_ = false;  // which tree is being walked
  Counts counts_;
  std::string fault_;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_GUARD_TREE_H_
