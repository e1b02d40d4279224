#include "kernel/read_view.h"

#include <utility>

#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "kernel/internal/layered_reader.h"
#include "kernel/internal/store_core.h"
#include "kernel/table/merged_cursor.h"

namespace varve {

ReadView::ReadView(internal::StoreCore& core, std::unique_ptr<internal::LayeredReader> layers)
    : core_(&core), layers_(std::move(layers)) {}

ReadView::ReadView(ReadView&&) noexcept = default;

ReadView& ReadView::operator=(ReadView&& other) noexcept {
  std::swap(core_, other.core_);
  std::swap(layers_, other.layers_);
  return *this;
}

ReadView::~ReadView() {
  if (layers_ != nullptr) core_->ReleaseReader(std::move(layers_));
}

absl::StatusOr<std::optional<Row>> ReadView::Get(TableId table, const RunId& run,
                                                 std::string_view key) {
  return CatchOutOfMemory([&]() -> absl::StatusOr<std::optional<Row>> {
    row_key_.clear();
    table::AppendRowKeyPrefix(row_key_, table, run);
    row_key_.append(key);
    VARVE_ASSIGN_OR_RETURN(const std::optional<table::RowVersion> version, layers_->Get(row_key_));
    if (!version.has_value()) return std::optional<Row>();
    return std::optional<Row>(Row{key, version->value, version->lsn, version->commit_time});
  });
}

std::unique_ptr<RowScan> ReadView::Scan(TableId table, const RunId& run, const KeyRange& range,
                                        Order order) {
  return std::make_unique<internal::BoundedScan>(table::NewMergedCursor(layers_->LayerCursors()),
                                                 internal::RowKeyBounds(table, run, range), order);
}

absl::Status ReadView::History(TableId table, const RunId& run, std::string_view key,
                               const std::function<bool(const Row& row, bool deleted)>& visit) {
  return layers_->VisitVersions(
      table::MakeRowKey(table, run, key), [&](const table::RowVersion& version) {
        return visit(Row{key, version.value, version.lsn, version.commit_time}, version.deleted);
      });
}

void ReadView::VisitOwnWrites(TableId /*table*/, const RunId& /*run*/,
                              const std::function<void(const Row&, bool)>& /*visit*/) {}

const PrimitiveRegistry& ReadView::registry() const { return core_->registry(); }

absl::Status ReadView::VisitTable(
    TableId table, const std::function<bool(const RunId& run, const Row& row)>& visit) {
  const std::string prefix = {static_cast<char>(table.primitive.value()),
                              static_cast<char>(table.number)};
  const std::unique_ptr<table::Cursor> cursor = table::NewMergedCursor(layers_->LayerCursors());
  for (cursor->SeekAtOrAfter(prefix); cursor->valid(); cursor->Next()) {
    const std::string_view row_key = cursor->row_key();
    if (!row_key.starts_with(prefix)) break;
    const std::optional<table::RowKeyParts> parts = table::ParseRowKey(row_key);
    if (!parts) {
      return MakeStatus(absl::StatusCode::kDataLoss, "a row key of ", row_key.size(),
                        " bytes is malformed");
    }
    const table::RowVersion& version = cursor->version();
    if (!visit(parts->run, Row{parts->key, version.value, version.lsn, version.commit_time})) break;
  }
  return cursor->status();
}

Lsn ReadView::lsn() const { return layers_->at(); }

Timestamp ReadView::now() const { return layers_->now(); }

}  // namespace varve
