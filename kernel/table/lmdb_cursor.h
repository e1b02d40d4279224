// The EntryCursor of LMDB: long keys put together again.
#ifndef VARVE_KERNEL_TABLE_LMDB_CURSOR_H_
#define VARVE_KERNEL_TABLE_LMDB_CURSOR_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/table/lmdb_level.h"
#include "kernel/table/lmdb_long_key.h"
#include "kernel/table/lmdb_view.h"
#include "kernel/table/materialized_map.h"

namespace varve::table {

// Stands on an entry of the root level, or, where that is the head of long keys, on an entry of the
// deepest level below it (invariant L: every level but the deepest stands on a head).
class LmdbCursor final : public EntryCursor {
 public:
  LmdbCursor(LmdbView& view, Space space)
      : view_(view), root_(view, std::string(1, static_cast<char>(space))) {}

  void SeekAtOrAfter(std::string_view map_key) override;
  void SeekBefore(std::string_view map_key) override;
  void SeekToLast() override;
  void Next() override {
    if (deeper_.empty()) {
      root_.Next();
      if (root_.valid() && !IsHead(root_.key())) [[likely]]
        return;
    } else {
      deeper_.back()->Next();
    }
    SettleForward();
  }
  void Previous() override {
    Deepest().Previous();
    SettleBackward();
  }
  [[nodiscard]] bool valid() const override {
    return deeper_.empty() ? root_.valid() : deeper_.back()->valid();
  }
  [[nodiscard]] std::string_view key() const override {
    return deeper_.empty() ? root_.key() : long_key_;
  }
  [[nodiscard]] std::string_view value() const override {
    return deeper_.empty() ? root_.value() : deeper_.back()->value();
  }
  [[nodiscard]] absl::Status status() const override;

 private:
  LmdbLevel& Deepest() { return deeper_.empty() ? root_ : *deeper_.back(); }
  // From wherever the deepest level stands to the next (previous) entry that is no head.
  void SettleForward();
  void SettleBackward();
  // Adds the level under the head that the deepest level stands on; false on damage.
  [[nodiscard]] bool Descend();
  void AssembleKey();
  // Descends along `map_key` as far as there are heads for it. What is left of the key, for the
  // deepest level to seek; whole where it led nowhere.
  [[nodiscard]] std::string DescendAlong(std::string_view map_key);

  LmdbView& view_;
  LmdbLevel root_;
  std::vector<std::unique_ptr<LmdbLevel>> deeper_;
  std::string_view long_key_;
  absl::Status damage_;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_CURSOR_H_
