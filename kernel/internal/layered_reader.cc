#include "kernel/internal/layered_reader.h"

#include <algorithm>
#include <span>
#include <utility>

#include "kernel/base/status.h"

namespace varve::internal {

LayeredReader::LayeredReader(std::shared_ptr<const LayerSet> layers,
                             std::unique_ptr<table::MaterializedReader> materialized,
                             std::uint64_t generation)
    : layers_(std::move(layers)), materialized_(std::move(materialized)), generation_(generation) {}

LayeredReader::~LayeredReader() {
  if (pins_ != nullptr) pins_->Leave(in_use_since_);
}

void LayeredReader::Enter(ReaderPins& pins) {
  pins_ = &pins;
  pins.Enter(in_use_since_);
}

absl::StatusOr<std::optional<table::RowVersion>> LayeredReader::Get(std::string_view row_key) {
  std::uint64_t hash = 0;
  bool hashed = false;
  for (const auto& memtable : layers_->memtables) {
    if (memtable->empty()) continue;
    if (!std::exchange(hashed, true)) hash = table::HashRowKey(row_key);
    if (std::optional<table::RowVersion> version = memtable->Get(row_key, hash, at_)) {
      if (version->deleted) return std::optional<table::RowVersion>();
      return version;
    }
  }
  auto stored = materialized_->Get(row_key, at_);
  if (stored.ok() && stored->has_value() && (*stored)->deleted) stored->reset();
  return stored;
}

std::vector<std::unique_ptr<table::Cursor>> LayeredReader::LayerCursors() {
  std::vector<std::unique_ptr<table::Cursor>> cursors;
  cursors.reserve(layers_->memtables.size() + 2);
  for (const auto& memtable : layers_->memtables) {
    if (!memtable->empty()) cursors.push_back(memtable->NewCursor(at_));
  }
  cursors.push_back(materialized_->NewCursor(at_));
  return cursors;
}

absl::Status LayeredReader::VisitVersions(
    std::string_view row_key, const std::function<bool(const table::RowVersion&)>& visit) {
  const std::uint64_t hash = table::HashRowKey(row_key);
  Lsn limit =
      at_;  // a version may stand in a frozen memtable and in the materialized store at once
  for (const auto& memtable : layers_->memtables) {
    while (limit != Lsn()) {
      const std::optional<table::RowVersion> version = memtable->Get(row_key, hash, limit);
      if (!version.has_value()) break;
      if (!visit(*version)) return absl::OkStatus();
      limit = Lsn(version->lsn.value() - 1);
    }
  }
  if (limit == Lsn()) return absl::OkStatus();
  return materialized_->VisitVersions(row_key, limit, visit);
}

RowKeyBounds::RowKeyBounds(TableId table, const RunId& run, const KeyRange& range) {
  table::AppendRowKeyPrefix(begin, table, run);
  prefix_bytes = begin.size();
  end = range.end.empty() ? table::PrefixEnd(begin) : begin + range.end;
  begin += range.begin;
}

BoundedScan::BoundedScan(std::unique_ptr<table::Cursor> cursor, RowKeyBounds bounds, Order order,
                         NoteExtent note_extent)
    : cursor_(std::move(cursor)),
      bounds_(std::move(bounds)),
      order_(order),
      note_extent_(std::move(note_extent)) {
  if (order_ == Order::kForward) {
    cursor_->SeekAtOrAfter(bounds_.begin);
  } else {
    cursor_->SeekBefore(bounds_.end);
  }
  Settle();
}

void BoundedScan::Next() {
  if (order_ == Order::kReverse) {
    cursor_->Previous();
    return Settle();
  }
  if (!note_extent_) return NextFromBatch();
  cursor_->Next();
  Settle();
}

void BoundedScan::Settle() {
  valid_ = cursor_->valid();
  if (valid_) {
    const std::string_view row_key = cursor_->row_key();
    past_end_ = order_ == Order::kForward ? !bounds_.end.empty() && row_key >= bounds_.end
                                          : row_key < bounds_.begin;
    valid_ = !past_end_;
  }
  if (note_extent_) {
    note_extent_(valid_ ? std::optional<std::string_view>(cursor_->row_key()) : std::nullopt);
  }
  if (valid_) Show(cursor_->row_key(), cursor_->version());
}

void BoundedScan::NextFromBatch() {
  if (batch_next_ == batch_count_) FillBatch();
  valid_ = batch_next_ < batch_count_;
  if (!valid_) return;
  const table::CursorRow& row = batch_[batch_next_++];
  Show(row.row_key, row.version);
}

void BoundedScan::FillBatch() {
  batch_next_ = 0;
  batch_count_ = 0;
  if (past_end_) return;
  const auto inside = [this](const table::CursorRow& row) {
    return bounds_.end.empty() || row.row_key < bounds_.end;
  };
  const std::size_t count = cursor_->NextRows(std::span(batch_).first(batch_rows_));
  batch_rows_ = std::min(2 * batch_rows_, kBatchRowsMax);
  // Mostly the last one is within the bounds, and so are all.
  batch_count_ = count;
  while (batch_count_ > 0 && !inside(batch_[batch_count_ - 1])) --batch_count_;
  past_end_ = batch_count_ < count;
}

namespace {

class ErrorScan final : public RowScan {
 public:
  explicit ErrorScan(absl::Status status) : status_(std::move(status)) {}
  [[nodiscard]] bool valid() const override { return false; }
  void Next() override {}
  [[nodiscard]] const Row& row() const override { return row_; }
  [[nodiscard]] absl::Status status() const override { return status_; }

 private:
  absl::Status status_;
  Row row_;
};

}  // namespace

std::unique_ptr<RowScan> FailedScan(absl::Status status) {
  return std::make_unique<ErrorScan>(std::move(status));
}

}  // namespace varve::internal
