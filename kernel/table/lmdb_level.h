// A cursor over the entries whose physical key starts with one prefix. It asks LMDB for a page and
// then walks the page itself, with every offset and every checksum checked: faster than asking for
// each entry, and damage inside a page comes back as a status.
#ifndef VARVE_KERNEL_TABLE_LMDB_LEVEL_H_
#define VARVE_KERNEL_TABLE_LMDB_LEVEL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "kernel/table/lmdb_checksum.h"
#include "kernel/table/lmdb_page.h"
#include "kernel/table/lmdb_view.h"

namespace varve::table {

// Not thread-safe. `view` must outlive it.
class LmdbLevel final {
 public:
  LmdbLevel(LmdbView& view, std::string prefix);
  ~LmdbLevel();
  LmdbLevel(const LmdbLevel&) = delete;
  LmdbLevel& operator=(const LmdbLevel&) = delete;

  void SeekAtOrAfter(std::string_view physical_key);
  // The last entry before `physical_key`.
  void SeekBefore(std::string_view physical_key);
  void SeekToFirst() { SeekAtOrAfter(prefix_); }
  void SeekToLast();
  // Require valid().
  void Next() {
    if (index_ + 1 < count_) {
      behind_ = true;
      ++index_;
      ReadNode();
    } else {
      Step(MDB_NEXT);
    }
  }
  void Previous() {
    if (index_ > 0 && count_ > 0) {
      behind_ = true;
      --index_;
      ReadNode();
    } else {
      Step(MDB_PREV);
    }
  }

  void Invalidate() { valid_ = false; }

  [[nodiscard]] bool valid() const { return valid_; }
  [[nodiscard]] std::string_view key() const { return key_; }
  // Without its checksum.
  [[nodiscard]] std::string_view value() const { return value_; }
  [[nodiscard]] const std::string& prefix() const { return prefix_; }
  [[nodiscard]] const absl::Status& status() const { return status_; }

 private:
  // Moves LMDB's cursor by `operation`; false where there is nothing (or an error).
  bool Move(MDB_cursor_op operation, std::string_view target);
  void Step(MDB_cursor_op operation);
  // Takes over where LMDB's cursor stands.
  void Arrive();
  [[nodiscard]] bool FindInPage();
  void PrefetchFollowingPage() const;
  // Takes an entry whose place is right but whose bytes are still to be checked.
  void Accept(std::string_view key, std::string_view entry) {
    if (EntryIsSound(key, entry)) [[likely]] {
      key_ = key;
      value_ = {entry.data(), entry.size() - kChecksumBytes};
      valid_ = HasPrefix(key);
    } else {
      Damaged("an entry fails its checksum");
    }
  }
  [[nodiscard]] bool HasPrefix(std::string_view key) const {
    // Nearly all levels are those of a space: one byte.
    if (prefix_.size() == 1) [[likely]]
      return !key.empty() && key.front() == prefix_.front();
    return key.starts_with(prefix_);
  }
  // Every row of a scan comes through here: values pass from step to step in registers.
  void ReadNode() {
    const std::optional<LmdbNode> node = ReadLmdbLeafNode(page_, view_.page_bytes, index_);
    if (!node.has_value()) return Damaged(kImpossibleOffsets);
    if (node->flags != 0) return ReadOverflowing(*node);
    Accept(node->key, {node->value, node->value_bytes});
  }
  void ReadOverflowing(const LmdbNode& node);
  void Damaged(std::string_view what);

  static constexpr std::string_view kImpossibleOffsets = "a page holds impossible offsets";

  LmdbView& view_;
  const std::string prefix_;
  MDB_cursor* cursor_ = nullptr;
  MDB_val found_key_{};
  MDB_val found_value_{};
  // The leaf page walked; count_ is 0 where pages are left to LMDB.
  const char* page_ = nullptr;
  std::uint32_t index_ = 0;
  std::uint32_t count_ = 0;
  bool behind_ = false;  // LMDB's cursor stands elsewhere in the same page
  bool valid_ = false;
  std::string_view key_;
  std::string_view value_;
  absl::Status status_;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_LEVEL_H_
