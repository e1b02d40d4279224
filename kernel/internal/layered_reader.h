// Point reads and cursors over all layers at one LSN.
#ifndef VARVE_KERNEL_INTERNAL_LAYERED_READER_H_
#define VARVE_KERNEL_INTERNAL_LAYERED_READER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/internal/layers.h"
#include "kernel/internal/reader_pins.h"
#include "kernel/reader.h"
#include "kernel/table/cursor.h"
#include "kernel/table/materialized_store.h"

namespace varve::internal {

// Not thread-safe. What it returns borrows from the layers that it holds.
class LayeredReader final {
 public:
  LayeredReader(std::shared_ptr<const LayerSet> layers,
                std::unique_ptr<table::MaterializedReader> materialized, std::uint64_t generation);
  ~LayeredReader();
  LayeredReader(const LayeredReader&) = delete;
  LayeredReader& operator=(const LayeredReader&) = delete;

  // Both set anew each time the reader is taken from its pool.
  void Reset(Lsn at, Timestamp now) {
    at_ = at;
    now_ = now;
  }
  [[nodiscard]] Lsn at() const { return at_; }
  [[nodiscard]] Timestamp now() const { return now_; }
  // For one of a pool: enters it into `pins`, which must outlive it. Use and Idle say when it is
  // taken and given back: one store each, on the path of every read.
  void Enter(ReaderPins& pins);
  void Use(std::uint64_t since_micros) {
    in_use_since_.store(since_micros, std::memory_order_relaxed);
  }
  void Idle() { in_use_since_.store(0, std::memory_order_relaxed); }
  // Which LayerSet and materialized state this is, by count of changes.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  [[nodiscard]] const table::AppliedMark& mark() const { return materialized_->mark(); }

  // The live version, or nullopt where the row does not exist (or is deleted) at at().
  [[nodiscard]] absl::StatusOr<std::optional<table::RowVersion>> Get(std::string_view row_key);
  // One cursor a layer, newest first, for merging (perhaps below a transaction's own writes).
  [[nodiscard]] std::vector<std::unique_ptr<table::Cursor>> LayerCursors();
  [[nodiscard]] absl::Status VisitVersions(
      std::string_view row_key, const std::function<bool(const table::RowVersion&)>& visit);

 private:
  std::shared_ptr<const LayerSet> layers_;
  std::unique_ptr<table::MaterializedReader> materialized_;
  std::uint64_t generation_;
  Lsn at_;
  Timestamp now_;
  ReaderPins::Since in_use_since_{0};
  ReaderPins* pins_ = nullptr;
};

// The row-key bounds of `range` within one table and run.
struct RowKeyBounds {
  RowKeyBounds(TableId table, const RunId& run, const KeyRange& range);
  std::string begin;
  std::string end;           // empty: to the very end
  std::size_t prefix_bytes;  // of a row key before the key proper
};

// A merged cursor within bounds, as the rows of one table and run.
class BoundedScan final : public RowScan {
 public:
  // `note_extent`, where given, learns of each row reached and (nullopt) that the scan hit its
  // bound: what a transaction has read is what it has looked at, no more.
  using NoteExtent = std::function<void(std::optional<std::string_view> reached_row_key)>;
  BoundedScan(std::unique_ptr<table::Cursor> cursor, RowKeyBounds bounds, Order order,
              NoteExtent note_extent = nullptr);

  [[nodiscard]] bool valid() const override { return valid_; }
  void Next() override;
  [[nodiscard]] const Row& row() const override { return row_; }
  // What lies behind the bound, or ahead of the row shown, is no matter of this scan.
  [[nodiscard]] absl::Status status() const override {
    return valid_ || past_end_ ? absl::OkStatus() : cursor_->status();
  }

 private:
  void Settle();
  void Show(std::string_view row_key, const table::RowVersion& version) {
    row_.key = {row_key.data() + bounds_.prefix_bytes, row_key.size() - bounds_.prefix_bytes};
    row_.value = version.value;
    row_.lsn = version.lsn;
    row_.commit_time = version.commit_time;
  }
  void NextFromBatch();
  void FillBatch();

  std::unique_ptr<table::Cursor> cursor_;
  RowKeyBounds bounds_;
  Order order_;
  NoteExtent note_extent_;
  bool valid_ = false;
  bool past_end_ = false;  // the cursor has gone beyond the bounds
  Row row_;
  // Rows read ahead, where nothing that the cursor reads can change meanwhile (not so in a
  // transaction, whose own writes it may see): the first few one by one, then more at a time.
  static constexpr std::size_t kBatchRowsMax = 16;
  std::size_t batch_rows_ = 1;   // to ask for next
  std::size_t batch_count_ = 0;  // there, and within the bounds
  std::size_t batch_next_ = 0;
  std::array<table::CursorRow, kBatchRowsMax> batch_;
};

// A scan that found an error before it began.
[[nodiscard]] std::unique_ptr<RowScan> FailedScan(absl::Status status);

}  // namespace varve::internal

#endif  // VARVE_KERNEL_INTERNAL_LAYERED_READER_H_
