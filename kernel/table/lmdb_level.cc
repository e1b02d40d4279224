#include "kernel/table/lmdb_level.h"

#include <utility>

#include "kernel/table/row.h"

namespace varve::table {

LmdbLevel::LmdbLevel(LmdbView& view, std::string prefix) : view_(view), prefix_(std::move(prefix)) {
  const int code = mdb_cursor_open(view_.transaction, view_.environment->rows(), &cursor_);
  if (code != 0) status_ = view_.Failed(code);
}

LmdbLevel::~LmdbLevel() {
  // After an assertion in a write transaction nothing of it is touched again.
  if (cursor_ != nullptr && !view_.environment->abandoned()) mdb_cursor_close(cursor_);
}

void LmdbLevel::SeekAtOrAfter(std::string_view physical_key) {
  if (Move(MDB_SET_RANGE, physical_key)) Arrive();
}

void LmdbLevel::SeekBefore(std::string_view physical_key) {
  const bool found = Move(MDB_SET_RANGE, physical_key);
  if (status_.ok() && Move(found ? MDB_PREV : MDB_LAST, {})) Arrive();
}

void LmdbLevel::SeekToLast() { SeekBefore(PrefixEnd(prefix_)); }

bool LmdbLevel::Move(MDB_cursor_op operation, std::string_view target) {
  valid_ = false;
  behind_ = false;
  if (!status_.ok()) return false;
  found_key_ = ToMdb(target);
  const int code =
      CallLmdb([&] { return mdb_cursor_get(cursor_, &found_key_, &found_value_, operation); });
  if (code == MDB_NOTFOUND) return false;
  if (code != 0) status_ = view_.Failed(code);
  return code == 0;
}

void LmdbLevel::Step(MDB_cursor_op operation) {
  if (behind_ && !Move(MDB_SET, key_)) {
    if (status_.ok()) Damaged("a key is out of order");
    return;
  }
  if (!Move(operation, {})) return;
  Arrive();
  if (operation == MDB_NEXT && count_ > 1) PrefetchFollowingPage();
}

void LmdbLevel::Arrive() {
  count_ = 0;
  index_ = 0;
  key_ = FromMdb(found_key_);
  if (view_.pages == nullptr) return Accept(key_, FromMdb(found_value_));
  if (!FindInPage()) return Damaged(kImpossibleOffsets);
  ReadNode();
}

bool LmdbLevel::FindInPage() {
  if (!view_.Contains(key_)) return false;
  const auto offset = static_cast<std::uint64_t>(key_.data() - view_.pages);
  const std::uint64_t in_page = offset % view_.page_bytes;
  if (in_page < LmdbNodeLayout::kHeaderBytes) return false;
  page_ = key_.data() - in_page;
  const std::optional<std::uint32_t> count = LmdbNodeCount(page_, view_.page_bytes);
  if (!count.has_value()) return false;
  const auto node = static_cast<std::uint16_t>(in_page - LmdbNodeLayout::kHeaderBytes);
  const char* offsets = page_ + LmdbPageLayout::kHeaderBytes;
  for (index_ = 0; index_ < *count; ++index_) {
    if (LoadLittleEndian<std::uint16_t>(offsets + std::size_t{2} * index_) == node) break;
  }
  count_ = *count;
  return index_ < count_;
}

// Loads and checkpoints write pages in key order, so the next page of a scan mostly lies behind
// this one. Asking for it while this one is read hides most of the memory's latency.
void LmdbLevel::PrefetchFollowingPage() const {
  constexpr std::size_t kCacheLineBytes = 64;
  const char* following = page_ + view_.page_bytes;
  if (following + view_.page_bytes > view_.pages + view_.pages_bytes) return;
  for (std::size_t at = 0; at < view_.page_bytes; at += kCacheLineBytes) {
    __builtin_prefetch(following + at, 0, 2);
  }
}

void LmdbLevel::ReadOverflowing(const LmdbNode& node) {
  if (node.flags != kLmdbNodeOverflows) return Damaged(kImpossibleOffsets);
  const auto number = LoadLittleEndian<std::uint64_t>(node.value);
  if (number >= view_.pages_bytes / view_.page_bytes) return Damaged(kImpossibleOffsets);
  const std::string_view entry(
      view_.pages + number * view_.page_bytes + LmdbPageLayout::kHeaderBytes, node.value_bytes);
  if (!view_.Contains(entry)) return Damaged(kImpossibleOffsets);
  Accept(node.key, entry);
}

void LmdbLevel::Damaged(std::string_view what) {
  valid_ = false;
  count_ = 0;
  status_ = view_.environment->Damaged(what);
}

}  // namespace varve::table
