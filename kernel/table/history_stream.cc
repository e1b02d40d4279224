// The version stream: current rows and history walked side by side, in row key order.
#include <string>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/table/history.h"
#include "kernel/table/history_reader.h"

namespace varve::table {
namespace {

class EntryVersionStream final : public VersionStream {
 public:
  EntryVersionStream(EntryReader& map, const AppliedMark& mark, std::string_view begin,
                     std::string_view end)
      : map_(map),
        mark_(mark),
        end_(end),
        current_(map.NewCursor(Space::kCurrent)),
        history_(map.NewCursor(Space::kHistory)) {
    current_->SeekAtOrAfter(MapKey(Space::kCurrent, begin));
    history_->SeekAtOrAfter(begin.empty() ? MapKey(Space::kHistory, {})
                                          : HistoryGroupPrefix(begin));
    ReadHistoryKey();
  }

  bool Next() override {
    // Mostly there is no history, or none behind here: the current rows alone.
    if (!history_key_.has_value() && !on_history_) [[likely]]
      return NextCurrent();
    if (on_history_) LeaveHistoryGroup();
    on_history_ = false;
    versions_.reset();
    while (status_.ok() && FindKey()) {
      if (Enter()) return true;
      if (status_.ok()) LeaveHistoryGroup();  // all that is left of the row is no longer kept
    }
    return false;
  }

  std::string_view row_key() const override { return row_key_; }

  std::optional<RowVersion> NextVersion() override {
    if (first_.has_value()) return std::exchange(first_, std::nullopt);
    if (!versions_.has_value()) return std::nullopt;
    const std::optional<RowVersion> version = versions_->Next();
    if (!versions_->status().ok()) status_ = versions_->status();
    return version;
  }

  absl::Status status() const override { return status_; }

 private:
  bool NextCurrent() {
    versions_.reset();
    if (!status_.ok()) return false;
    if (!current_->valid()) return FindKey();  // which looks why
    row_key_ = current_->key().substr(1);
    if (!end_.empty() && row_key_ >= end_) return false;
    const std::string_view content = current_->value();
    if (content.size() < kRowHeadBytes) {
      status_ = map_.ReportDamage("a row is too short");
      return false;
    }
    ParseRowInto(content, first_.emplace());
    current_->Next();
    return true;
  }

  // The smaller of the two keys at hand becomes the row key; false at the end.
  bool FindKey() {
    for (const EntryCursor* cursor : {current_.get(), history_.get()}) {
      if (!cursor->status().ok()) status_ = cursor->status();
    }
    if (!status_.ok()) return false;
    has_current_ = current_->valid();
    on_history_ = history_key_.has_value();
    if (!has_current_ && !on_history_) return false;
    if (has_current_) row_key_ = current_->key().substr(1);
    if (has_current_ && on_history_) {
      const int order = row_key_.compare(*history_key_);
      has_current_ = order <= 0;
      on_history_ = order >= 0;
    }
    if (!has_current_) row_key_ = map_.Keep(*history_key_);
    return end_.empty() || row_key_ < end_;
  }

  // Reads the first version of the row; false where there is none (or on an error).
  bool Enter() {
    std::optional<RowVersion> current;
    if (has_current_) {
      current = ParseRow(current_->value());
      if (!current.has_value()) status_ = map_.ReportDamage("a row is too short");
      if (!status_.ok()) return false;
      current_->Next();
    }
    if (!on_history_) {
      first_ = current;
      return true;
    }
    versions_.emplace(map_, *history_, HistoryGroupPrefix(row_key_), mark_.history_from, current);
    first_ = versions_->Next();
    if (!versions_->status().ok()) status_ = versions_->status();
    return status_.ok() && first_.has_value();
  }

  void LeaveHistoryGroup() {
    history_->SeekAtOrAfter(HistoryGroupEnd(row_key_));
    ReadHistoryKey();
  }

  void ReadHistoryKey() {
    history_key_.reset();
    if (status_.ok()) status_ = history_->status();
    if (!history_->valid()) return;
    history_key_ = RowKeyOfHistory(history_->key());
    if (!history_key_.has_value()) status_ = map_.ReportDamage("a history key is malformed");
  }

  EntryReader& map_;
  const AppliedMark mark_;
  const std::string end_;
  std::unique_ptr<EntryCursor> current_;
  std::unique_ptr<EntryCursor> history_;
  std::optional<std::string> history_key_;  // row key of the group that `history_` stands on
  std::string_view row_key_;
  bool has_current_ = false;
  bool on_history_ = false;
  std::optional<RowVersion> first_;
  std::optional<KeptVersions> versions_;
  absl::Status status_;
};

}  // namespace

std::unique_ptr<VersionStream> NewEntryVersionStream(EntryReader& map, const AppliedMark& mark,
                                                     std::string_view begin, std::string_view end) {
  return std::make_unique<EntryVersionStream>(map, mark, begin, end);
}

}  // namespace varve::table
