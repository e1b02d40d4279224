// Cursors over rows: as of now (current rows only), and as of a moment in the past.
#include <string>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/table/history.h"
#include "kernel/table/history_reader.h"

namespace varve::table {
namespace {

class CurrentCursor final : public Cursor {
 public:
  explicit CurrentCursor(EntryReader& map) : map_(map), rows_(map.NewCursor(Space::kCurrent)) {}

  void SeekAtOrAfter(std::string_view row_key) override {
    rows_->SeekAtOrAfter(MapKey(Space::kCurrent, row_key));
    Read();
  }
  void SeekBefore(std::string_view row_key) override {
    if (row_key.empty()) {
      rows_->SeekToLast();
    } else {
      rows_->SeekBefore(MapKey(Space::kCurrent, row_key));
    }
    Read();
  }
  void Next() override {
    rows_->Next();
    Read();
  }
  void Previous() override {
    rows_->Previous();
    Read();
  }
  bool valid() const override { return valid_; }
  std::string_view row_key() const override { return rows_->key().substr(1); }
  const RowVersion& version() const override { return version_; }
  absl::Status status() const override { return status_.ok() ? rows_->status() : status_; }

 private:
  void Read() {
    valid_ = status_.ok() && rows_->valid();
    if (!valid_) return;
    const std::optional<RowVersion> version = ParseRow(rows_->value());
    if (version.has_value()) {
      version_ = *version;
    } else {
      status_ = map_.ReportDamage("a row is too short");
      valid_ = false;
    }
  }

  EntryReader& map_;
  std::unique_ptr<EntryCursor> rows_;
  RowVersion version_;
  bool valid_ = false;
  absl::Status status_;
};

// Between two steps both cursors stand beyond the row shown, on the side that the last step went
// to (invariant P). A step takes the nearer of the two rows at hand, moves the cursors beyond it,
// and goes on until a row existed at the moment asked for.
class AsOfCursor final : public Cursor {
 public:
  AsOfCursor(EntryReader& map, const AppliedMark& mark, Lsn at)
      : map_(map),
        at_(at),
        current_(map.NewCursor(Space::kCurrent)),
        history_(map.NewCursor(Space::kHistory)),
        status_(CheckWithinHistory(mark, at)) {}

  void SeekAtOrAfter(std::string_view row_key) override {
    current_->SeekAtOrAfter(MapKey(Space::kCurrent, row_key));
    history_->SeekAtOrAfter(row_key.empty() ? MapKey(Space::kHistory, {})
                                            : HistoryGroupPrefix(row_key));
    forward_ = true;
    Step();
  }
  void SeekBefore(std::string_view row_key) override {
    if (row_key.empty()) {
      current_->SeekToLast();
      history_->SeekToLast();
    } else {
      current_->SeekBefore(MapKey(Space::kCurrent, row_key));
      history_->SeekBefore(HistoryGroupPrefix(row_key));
    }
    forward_ = false;
    Step();
  }
  void Next() override {
    if (!forward_) {
      const std::string key = MapKey(Space::kCurrent, row_key_);
      current_->SeekAtOrAfter(key);
      if (current_->valid() && current_->key() == key) current_->Next();
      history_->SeekAtOrAfter(HistoryGroupEnd(row_key_));
      forward_ = true;
    }
    Step();
  }
  void Previous() override {
    if (forward_) {
      current_->SeekBefore(MapKey(Space::kCurrent, row_key_));
      history_->SeekBefore(HistoryGroupPrefix(row_key_));
      forward_ = false;
    }
    Step();
  }
  bool valid() const override { return valid_; }
  std::string_view row_key() const override { return row_key_; }
  const RowVersion& version() const override { return version_; }
  absl::Status status() const override { return status_; }

 private:
  void Step() {
    valid_ = false;
    while (status_.ok() && !valid_ && FindRow()) {
      if (from_current_) ReadCurrent();
      if (from_history_) ReadHistory();
    }
  }

  // The nearer of the two rows at hand becomes the row key; false where there is none.
  bool FindRow() {
    for (const EntryCursor* cursor : {current_.get(), history_.get()}) {
      if (!cursor->status().ok()) status_ = cursor->status();
    }
    std::optional<std::string> history_key;
    if (history_->valid()) {
      history_key = RowKeyOfHistory(history_->key());
      if (!history_key.has_value()) status_ = map_.ReportDamage("a history key is malformed");
    }
    from_current_ = current_->valid();
    from_history_ = history_key.has_value();
    if (!status_.ok() || (!from_current_ && !from_history_)) return false;
    if (from_current_) row_key_ = current_->key().substr(1);
    if (from_current_ && from_history_) {
      const int order = forward_ ? row_key_.compare(*history_key) : history_key->compare(row_key_);
      from_current_ = order <= 0;
      from_history_ = order >= 0;
    }
    if (!from_current_) row_key_ = map_.Keep(*std::move(history_key));
    return true;
  }

  void ReadCurrent() {
    const std::optional<RowVersion> version = ParseRow(current_->value());
    if (!version.has_value()) {
      status_ = map_.ReportDamage("a row is too short");
      return;
    }
    valid_ = version->lsn <= at_;
    if (valid_) version_ = *version;
    forward_ ? current_->Next() : current_->Previous();
  }

  void ReadHistory() {
    const std::string group = HistoryGroupPrefix(row_key_);
    if (!valid_) {
      history_->SeekAtOrAfter(HistoryKey(row_key_, at_));
      if (!history_->status().ok()) {  // before the next seek forgets it
        status_ = history_->status();
        return;
      }
      if (history_->valid() && HistoryGroupOf(history_->key()) == group) ReadSuperseded();
    }
    if (forward_) {
      history_->SeekAtOrAfter(HistoryGroupEnd(row_key_));
    } else {
      history_->SeekBefore(group);
    }
  }

  void ReadSuperseded() {
    const std::optional<SupersededVersion> version = ParseSuperseded(history_->value());
    if (!version.has_value()) {
      status_ = map_.ReportDamage("a superseded version is too short");
      return;
    }
    valid_ = version->superseded_lsn > at_;
    if (valid_) version_ = version->version;
  }

  EntryReader& map_;
  const Lsn at_;
  std::unique_ptr<EntryCursor> current_;
  std::unique_ptr<EntryCursor> history_;
  std::string_view row_key_;
  RowVersion version_;
  bool forward_ = true;
  bool from_current_ = false;
  bool from_history_ = false;
  bool valid_ = false;
  absl::Status status_;
};

}  // namespace

std::unique_ptr<Cursor> NewCurrentCursor(EntryReader& map) {
  return std::make_unique<CurrentCursor>(map);
}

std::unique_ptr<Cursor> NewAsOfCursor(EntryReader& map, const AppliedMark& mark, Lsn at) {
  return std::make_unique<AsOfCursor>(map, mark, at);
}

}  // namespace varve::table
