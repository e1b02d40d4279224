// A place in the tree of rows, reached without LMDB: its pages are read where they are mapped,
// every offset bounded, each page checked by the guard when it is first met. So that damage is an
// answer and not a signal; and a search costs a little less than LMDB's own.
#ifndef VARVE_KERNEL_TABLE_LMDB_PATH_H_
#define VARVE_KERNEL_TABLE_LMDB_PATH_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/table/guard_meta.h"
#include "kernel/table/guard_page.h"
#include "kernel/table/lmdb_page.h"
#include "kernel/table/lmdb_view.h"

namespace varve::table {

// Not thread-safe. `view` must outlive it and have its pages.
class LmdbPath final {
 public:
  explicit LmdbPath(const LmdbView& view) : view_(view) {}

  // Goes to the leaf where `key` is or would be; index() is that of the first entry which is not
  // less, count() where there is none. False: the tree is empty, or damaged.
  [[nodiscard]] bool Seek(std::string_view key);
  // To the first entry of the next leaf (the last of the one before). False: there is none, or it
  // is damaged. Require that the last move was true.
  [[nodiscard]] bool NextLeaf() { return MoveToSibling(true); }
  [[nodiscard]] bool PreviousLeaf() { return MoveToSibling(false); }

  [[nodiscard]] const char* page() const { return places_[view_.depth - 1].page; }
  [[nodiscard]] std::uint32_t index() const { return places_[view_.depth - 1].index; }
  [[nodiscard]] std::uint32_t count() const { return places_[view_.depth - 1].count; }
  // What is damaged; empty where nothing is.
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  struct Place {
    const char* page;
    std::uint32_t index;
    std::uint32_t count;
  };

  // Puts page `number` at `level`, its index at 0.
  [[nodiscard]] bool Enter(std::size_t level, std::uint64_t number);
  [[nodiscard]] bool EnterUnknown(std::size_t level, std::uint64_t number);
  [[nodiscard]] LmdbKeyBounds BoundsAt(std::size_t level) const;
  // The first node from `from` on that is not less than `key` (greater, where `greater`).
  [[nodiscard]] bool Search(Place& place, std::uint32_t from, std::string_view key, bool greater);
  [[nodiscard]] bool MoveToSibling(bool next);
  // Whether what stands on both sides of the place proves that nothing is between.
  [[nodiscard]] bool CheckSurroundings(std::string_view key);
  [[nodiscard]] bool CheckNode(std::uint32_t index);
  [[nodiscard]] bool Fault(std::string_view what);

  const LmdbView& view_;
  std::array<Place, kLmdbDepthMax> places_;  // the leaf's is the last of view_.depth
  std::string fault_;
};

// The entry of a node with its checksum, within the leaf or outside; nullopt where it cannot be.
[[nodiscard]] std::optional<std::string_view> LmdbEntryOf(const LmdbView& view,
                                                          const LmdbNode& node);

// The content under `key` in the tree of rows, its checksum verified; nullopt where there is none.
// Asks LMDB where the view has no pages.
[[nodiscard]] absl::StatusOr<std::optional<std::string_view>> ReadLmdbEntry(LmdbView& view,
                                                                            std::string_view key);

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_PATH_H_
