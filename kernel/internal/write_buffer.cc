#include "kernel/internal/write_buffer.h"

#include <cstring>

namespace varve::internal {
namespace {

// Remembers its key, not an iterator, and looks it up again at each step: the transaction may write
// while it scans.
class WriteBufferCursor final : public table::Cursor {
 public:
  explicit WriteBufferCursor(const WriteBuffer::Map& map) : map_(map) {}

  void SeekAtOrAfter(std::string_view row_key) override { Load(map_.lower_bound(row_key)); }
  void SeekBefore(std::string_view row_key) override {
    LoadBefore(row_key.empty() ? map_.end() : map_.lower_bound(row_key));
  }
  void Next() override { Load(map_.upper_bound(row_key_)); }
  void Previous() override { LoadBefore(map_.lower_bound(row_key_)); }

  [[nodiscard]] bool valid() const override { return valid_; }
  [[nodiscard]] std::string_view row_key() const override { return row_key_; }
  [[nodiscard]] const table::RowVersion& version() const override { return version_; }
  [[nodiscard]] absl::Status status() const override { return absl::OkStatus(); }

 private:
  void Load(WriteBuffer::Map::const_iterator position) {
    valid_ = position != map_.end();
    if (!valid_) return;
    row_key_ = position->first;
    version_.deleted = position->second.deleted;
    version_.value = position->second.value;
  }
  void LoadBefore(WriteBuffer::Map::const_iterator position) {
    Load(position == map_.begin() ? map_.end() : --position);
  }

  const WriteBuffer::Map& map_;
  bool valid_ = false;
  std::string_view row_key_;
  table::RowVersion version_;
};

}  // namespace

const WriteBuffer::Pending* WriteBuffer::Find(std::string_view row_key) const {
  if (map_.empty()) return nullptr;
  const auto found = map_.find(row_key);
  return found == map_.end() ? nullptr : &found->second;
}

void WriteBuffer::Set(std::string_view row_key, const Pending& pending) {
  const auto found = map_.find(row_key);
  if (found != map_.end()) {
    undo_.push_back({found->first, found->second});
    found->second = pending;
    return;
  }
  const std::string_view key = Copy(row_key);
  undo_.push_back({key, std::nullopt});
  map_.emplace(key, pending);
}

void WriteBuffer::RollBack() {
  for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo) {
    if (undo->before.has_value()) {
      map_[undo->row_key] = *undo->before;
    } else {
      map_.erase(undo->row_key);
    }
  }
  undo_.clear();
}

std::string_view WriteBuffer::Copy(std::string_view bytes) {
  if (bytes.empty()) return {};
  auto* to = static_cast<char*>(memory_.allocate(bytes.size(), 1));
  std::memcpy(to, bytes.data(), bytes.size());
  return {to, bytes.size()};
}

std::unique_ptr<table::Cursor> WriteBuffer::NewCursor() const {
  return std::make_unique<WriteBufferCursor>(map_);
}

}  // namespace varve::internal
