#include "kernel/table/lmdb_cursor.h"

#include <optional>

namespace varve::table {

absl::Status LmdbCursor::status() const {
  if (!damage_.ok()) return damage_;
  return deeper_.empty() || !root_.status().ok() ? root_.status() : deeper_.back()->status();
}

std::string LmdbCursor::DescendAlong(std::string_view map_key) {
  deeper_.clear();
  std::string rest(map_key);
  while (IsLong(rest)) {
    const std::string head = rest.substr(0, kHeadBytes);
    LmdbLevel& level = Deepest();
    level.SeekAtOrAfter(head);
    if (!level.valid() || level.key() != head || !Descend()) return rest;
    rest = Deepest().prefix() + rest.substr(kHeadBytes);
  }
  return rest;
}

void LmdbCursor::SeekAtOrAfter(std::string_view map_key) {
  const std::string rest = DescendAlong(map_key);
  // A rest that is still long has no head here: what follows is greater than the head would be.
  if (status().ok()) {
    Deepest().SeekAtOrAfter(std::string_view(rest).substr(0, kHeadBytes));
    SettleForward();
  }
}

void LmdbCursor::SeekBefore(std::string_view map_key) {
  const std::string rest = DescendAlong(map_key);
  if (status().ok()) {
    Deepest().SeekBefore(std::string_view(rest).substr(0, kHeadBytes));
    SettleBackward();
  }
}

void LmdbCursor::SeekToLast() {
  deeper_.clear();
  root_.SeekToLast();
  SettleBackward();
}

void LmdbCursor::SettleForward() {
  while (status().ok()) {
    LmdbLevel& level = Deepest();
    if (level.valid() && !IsHead(level.key())) break;
    if (level.valid()) {
      if (!Descend()) return;
      Deepest().SeekToFirst();
    } else if (!deeper_.empty()) {
      deeper_.pop_back();
      Deepest().Next();
    } else {
      return;
    }
  }
  AssembleKey();
}

void LmdbCursor::SettleBackward() {
  while (status().ok()) {
    LmdbLevel& level = Deepest();
    if (level.valid() && !IsHead(level.key())) break;
    if (level.valid()) {
      if (!Descend()) return;
      Deepest().SeekToLast();
    } else if (!deeper_.empty()) {
      deeper_.pop_back();
      Deepest().Previous();
    } else {
      return;
    }
  }
  AssembleKey();
}

bool LmdbCursor::Descend() {
  LmdbLevel& level = Deepest();
  const std::optional<std::uint64_t> number = ParseHead(level.value());
  // A damaged number cannot lead in circles: keys only get longer, and no valid one is that long.
  constexpr std::size_t kLevelsMax = 64;
  if (!number.has_value() || deeper_.size() >= kLevelsMax) {
    deeper_.clear();
    root_.Invalidate();
    damage_ = view_.environment->Damaged("the head of a long key leads nowhere");
    return false;
  }
  deeper_.push_back(std::make_unique<LmdbLevel>(view_, ContinuationPrefix(*number)));
  return true;
}

void LmdbCursor::AssembleKey() {
  if (deeper_.empty() || !status().ok()) return;
  std::string key(root_.key());
  for (const auto& level : deeper_) key.append(level->key().substr(kContinuationPrefixBytes));
  long_key_ = view_.Keep(std::move(key));
}

}  // namespace varve::table
