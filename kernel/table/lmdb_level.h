// A cursor over the entries whose physical key starts with one prefix. It walks pages itself, with
// every offset and every checksum checked: faster than asking LMDB for each entry, and damage comes
// back as a status. In a write transaction, whose pages lie anywhere, it asks LMDB.
#ifndef VARVE_KERNEL_TABLE_LMDB_LEVEL_H_
#define VARVE_KERNEL_TABLE_LMDB_LEVEL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "kernel/table/lmdb_checksum.h"
#include "kernel/table/lmdb_page.h"
#include "kernel/table/lmdb_path.h"
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
      ++index_;
      ReadNode();
    } else {
      LeavePage(true);
    }
  }
  void Previous() {
    if (index_ > 0 && count_ > 0) {
      --index_;
      ReadNode();
    } else {
      LeavePage(false);
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
  // Goes to the first entry at or after `target`; false where there is none (or an error), and then
  // behind the last one.
  bool Find(std::string_view target);
  // The entry beside the place found, or beside the page walked.
  void LeavePage(bool forward);
  // Takes over the page that the path has come to.
  void EnterPage();
  // What the path's moving led to; `moved` is its answer.
  bool Settle(bool moved);
  // Moves LMDB's cursor by `operation`; false where there is nothing (or an error).
  bool MoveLmdb(MDB_cursor_op operation, std::string_view target);
  void AcceptLmdb() { Accept(FromMdb(found_key_), FromMdb(found_value_)); }
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
  // Where pages are walked: the way to this one.
  LmdbPath path_;
  const char* page_ = nullptr;
  std::uint32_t index_ = 0;
  std::uint32_t count_ = 0;
  // Where LMDB is asked.
  MDB_cursor* cursor_ = nullptr;
  MDB_val found_key_{};
  MDB_val found_value_{};
  bool valid_ = false;
  std::string_view key_;
  std::string_view value_;
  absl::Status status_;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_LEVEL_H_
