// What must be true of one page of an LMDB file, given where in its tree it stands. The guards,
// deep and lazy, differ in how they come to a page and ask the same of it.
#ifndef VARVE_KERNEL_TABLE_GUARD_PAGE_H_
#define VARVE_KERNEL_TABLE_GUARD_PAGE_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace varve::table {

enum class LmdbTreeKind {
  kRows,
  kFreeList,  // keys are numbers
};

// Keys of a page's subtree are at or above `low`, if there is one, and below `high`.
struct LmdbKeyBounds {
  std::optional<std::string_view> low;
  std::optional<std::string_view> high;
};

// What is wrong with `page`, which must be page `number` of its file; empty where nothing is. Of a
// leaf: its nodes fill it exactly, their keys are in order and within bounds. Of a branch the same;
// LMDB never looks at its first key.
[[nodiscard]] std::string_view FaultOfLmdbPage(std::string_view page, std::uint64_t number,
                                               bool leaf, const LmdbKeyBounds& bounds,
                                               LmdbTreeKind kind);

// The bounds of the subtree that node `index` of a sound branch page of `count` nodes leads to.
[[nodiscard]] LmdbKeyBounds LmdbBoundsOfChild(std::string_view page, std::uint32_t index,
                                              std::uint32_t count, const LmdbKeyBounds& bounds);

// What is wrong with the first page of an extent that must hold `value_bytes` bytes, in a file of
// `page_count` pages. `pages` becomes how many pages it has.
[[nodiscard]] std::string_view FaultOfLmdbExtent(std::string_view page, std::uint64_t number,
                                                 std::uint64_t value_bytes,
                                                 std::uint64_t page_count, std::uint64_t& pages);

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_GUARD_PAGE_H_
