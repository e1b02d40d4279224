// The mutations of one transaction before it commits, in key order.
#ifndef VARVE_KERNEL_INTERNAL_WRITE_BUFFER_H_
#define VARVE_KERNEL_INTERNAL_WRITE_BUFFER_H_

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "kernel/table/cursor.h"

namespace varve::internal {

// What a transaction did to one row. Not a part of WriteBuffer: there Clang would not yet know that
// it can be made from nothing.
struct PendingRow {
  bool deleted = false;
  std::string_view value;
};

// Not thread-safe. Keys and values are copied into memory that is freed only with the buffer, so
// views of them outlive later overwrites.
class WriteBuffer final {
 public:
  using Pending = PendingRow;
  using Map = std::pmr::map<std::string_view, Pending>;

  WriteBuffer() : memory_(first_block_.data(), first_block_.size()), map_(&memory_) {}
  WriteBuffer(const WriteBuffer&) = delete;
  WriteBuffer& operator=(const WriteBuffer&) = delete;

  void Put(std::string_view row_key, std::string_view value) { Set(row_key, {false, Copy(value)}); }
  void Delete(std::string_view row_key) { Set(row_key, {true, {}}); }
  [[nodiscard]] const Pending* Find(std::string_view row_key) const;
  [[nodiscard]] const Map& mutations() const { return map_; }
  void Clear() { map_.clear(); }

  // RollBack takes back every change since the last BeginUndo.
  void BeginUndo() { undo_.clear(); }
  void RollBack();

  // The buffer as the newest layer of a merge. Stays right while the buffer changes under it.
  [[nodiscard]] std::unique_ptr<table::Cursor> NewCursor() const;

 private:
  struct Undo {
    std::string_view row_key;
    std::optional<Pending> before;
  };
  void Set(std::string_view row_key, const Pending& pending);
  std::string_view Copy(std::string_view bytes);

  std::array<std::byte, 768> first_block_;
  std::pmr::monotonic_buffer_resource memory_;
  Map map_;
  std::vector<Undo> undo_;
};

}  // namespace varve::internal

#endif  // VARVE_KERNEL_INTERNAL_WRITE_BUFFER_H_
