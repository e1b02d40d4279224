#include "kernel/table/lmdb_level.h"

#include <utility>

#include "kernel/table/row.h"

namespace varve::table {

LmdbLevel::LmdbLevel(LmdbView& view, std::string prefix)
    : view_(view), prefix_(std::move(prefix)), path_(view) {
  if (view_.pages != nullptr) return;
  const int code = mdb_cursor_open(view_.transaction, view_.environment->rows(), &cursor_);
  if (code != 0) status_ = view_.Failed(code);
}

LmdbLevel::~LmdbLevel() {
  // After an assertion in a write transaction nothing of it is touched again.
  if (cursor_ != nullptr && !view_.environment->abandoned()) mdb_cursor_close(cursor_);
}

void LmdbLevel::SeekAtOrAfter(std::string_view physical_key) {
  if (!Find(physical_key)) return;
  if (cursor_ != nullptr) return AcceptLmdb();
  ReadNode();
}

void LmdbLevel::SeekBefore(std::string_view physical_key) {
  const bool found = Find(physical_key);
  if (!status_.ok()) return;
  if (cursor_ == nullptr) return Previous();
  if (MoveLmdb(found ? MDB_PREV : MDB_LAST, {})) AcceptLmdb();
}

void LmdbLevel::SeekToLast() { SeekBefore(PrefixEnd(prefix_)); }

bool LmdbLevel::Find(std::string_view target) {
  valid_ = false;
  if (!status_.ok()) return false;
  if (cursor_ != nullptr) return MoveLmdb(MDB_SET_RANGE, target);
  count_ = 0;
  index_ = 0;
  if (!Settle(path_.Seek(target))) return false;
  EnterPage();
  if (index_ < count_) return true;
  if (!Settle(path_.NextLeaf())) return false;
  EnterPage();
  return true;
}

bool LmdbLevel::Settle(bool moved) {
  if (!moved && !path_.fault().empty()) Damaged(path_.fault());
  return moved;
}

bool LmdbLevel::MoveLmdb(MDB_cursor_op operation, std::string_view target) {
  valid_ = false;
  if (!status_.ok()) return false;
  found_key_ = ToMdb(target);
  const int code =
      CallLmdb([&] { return mdb_cursor_get(cursor_, &found_key_, &found_value_, operation); });
  if (code == MDB_NOTFOUND) return false;
  if (code != 0) status_ = view_.Failed(code);
  return code == 0;
}

void LmdbLevel::LeavePage(bool forward) {
  valid_ = false;
  if (!status_.ok()) return;
  if (cursor_ != nullptr) {
    if (MoveLmdb(forward ? MDB_NEXT : MDB_PREV, {})) AcceptLmdb();
    return;
  }
  if (count_ == 0 || !Settle(forward ? path_.NextLeaf() : path_.PreviousLeaf())) return;
  EnterPage();
  ReadNode();
  if (forward && count_ > 1) PrefetchFollowingPage();
}

void LmdbLevel::EnterPage() {
  page_ = path_.page();
  index_ = path_.index();
  count_ = path_.count();
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
  const std::optional<std::string_view> entry = LmdbEntryOf(view_, node);
  if (!entry.has_value()) return Damaged(kImpossibleOffsets);
  Accept(node.key, *entry);
}

void LmdbLevel::Damaged(std::string_view what) {
  valid_ = false;
  count_ = 0;
  status_ = view_.environment->Damaged(what);
}

}  // namespace varve::table
