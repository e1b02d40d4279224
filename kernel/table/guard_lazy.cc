// Invariants, for as long as no page changes:
//   L1  A known page is sound, and its keys are within the bounds that its parent gives. Its parent
//       is known.
//   L2  A page is claimed by the one known page that leads to it, or is free, or the root. So no
//       page is known by the place of another.
// From these, and since a search looks at both neighbours of the place that it found (LmdbPath), an
// entry that is not found is not there.
#include "kernel/table/guard_lazy.h"

#include <utility>

#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "kernel/table/guard_tree.h"
#include "kernel/table/lmdb_checksum.h"
#include "kernel/table/lmdb_page.h"

namespace varve::table {

LazyGuard::LazyGuard(std::unique_ptr<File> file, const LmdbGeometry& geometry, const char* pages)
    : file_(std::move(file)),
      geometry_(geometry),
      pages_(pages),
      known_(geometry.newest.last_page / 64 + 1) {}

std::optional<std::string> LazyGuard::Check(std::uint64_t number, bool leaf,
                                            const LmdbKeyBounds& bounds) {
  const std::lock_guard lock(mutex_);
  if (trusted() || Knows(number)) return std::nullopt;
  if (!fault_.has_value()) fault_ = Prepare();
  if (!fault_->empty()) return fault_;
  const std::string_view fault = CheckLocked(number, leaf, bounds);
  if (!fault.empty()) return "page " + std::to_string(number) + ": " + std::string(fault);
  known_[number / 64].fetch_or(std::uint64_t{1} << number % 64, std::memory_order_release);
  return std::nullopt;
}

std::string LazyGuard::Prepare() {
  TreeGuard free_list(*file_, geometry_);
  if (const absl::Status status = free_list.CheckFreeList(); !status.ok()) {
    return std::string(FromAbsl(status.message()));
  }
  if (!free_list.fault().empty()) return free_list.fault();
  claimed_ = free_list.used();
  return Claim({geometry_.newest.rows.root}) ? "" : "the root is used twice";
}

std::string_view LazyGuard::CheckLocked(std::uint64_t number, bool leaf,
                                        const LmdbKeyBounds& bounds) {
  const std::string_view page = Page(number);
  if (const auto fault = FaultOfLmdbPage(page, number, leaf, bounds, LmdbTreeKind::kRows);
      !fault.empty()) {
    return fault;
  }
  return leaf ? CheckEntries(page) : ClaimChildren(page);
}

bool LazyGuard::Claim(const std::vector<std::uint64_t>& numbers) {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::uint64_t number = numbers[i];
    if (number >= kLmdbMetaPages && number < claimed_.size() && !claimed_[number]) {
      claimed_[number] = true;
      continue;
    }
    while (i-- > 0) claimed_[numbers[i]] = false;
    return false;
  }
  return true;
}

std::string_view LazyGuard::ClaimChildren(std::string_view page) {
  const std::uint32_t count = *LmdbNodeCount(page.data(), page.size());
  std::vector<std::uint64_t> children(count);
  for (std::uint32_t i = 0; i < count; ++i) children[i] = LmdbChildOf(page.data(), i);
  return Claim(children) ? "" : "it leads to a page that is used already, or is none";
}

// Values outside of the leaf may be large: their checksums wait until they are read, or stand
// beside the place where a search ends.
std::string_view LazyGuard::CheckEntries(std::string_view page) {
  const std::uint32_t count = *LmdbNodeCount(page.data(), page.size());
  std::vector<std::uint64_t> outside;
  for (std::uint32_t i = 0; i < count; ++i) {
    const LmdbNode node = *ReadLmdbLeafNode(page.data(), page.size(), i);
    if (node.flags == 0) {
      if (!EntryIsSound(node.key, {node.value, node.value_bytes}))
        return "an entry fails its checksum";
      continue;
    }
    const auto first = LoadLittleEndian<std::uint64_t>(node.value);
    if (node.flags != kLmdbNodeOverflows) return "a node has impossible flags";
    if (first < kLmdbMetaPages || first >= page_count()) return "a value lies out of range";
    std::uint64_t pages = 0;
    const auto fault = FaultOfLmdbExtent(Page(first), first, node.value_bytes, page_count(), pages);
    if (!fault.empty()) return fault;
    for (std::uint64_t at = first; at < first + pages; ++at) outside.push_back(at);
  }
  return Claim(outside) ? "" : "a value lies where something else does";
}

}  // namespace varve::table
