#include "kernel/table/lmdb_reader.h"

#include <cstring>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/table/history_reader.h"
#include "kernel/table/lmdb_checksum.h"
#include "kernel/table/lmdb_cursor.h"
#include "kernel/table/lmdb_long_key.h"
#include "kernel/table/stored_row.h"

namespace varve::table {
namespace {

// Few enough that an interruption is noticed at once, however large they are.
constexpr std::uint64_t kStepEntries = 64;

absl::Status Step(const WorkStep& step, std::uint64_t entries) {
  return step && entries % kStepEntries == 0 ? step(entries) : absl::OkStatus();
}

// The cursor of the common case: the newest state, read where it lies.
class LmdbRowCursor final : public Cursor {
 public:
  explicit LmdbRowCursor(LmdbView& view) : view_(view), rows_(view, Space::kCurrent) {}

  void SeekAtOrAfter(std::string_view row_key) override {
    rows_.SeekAtOrAfter(MapKey(Space::kCurrent, row_key));
    Read();
  }
  void SeekBefore(std::string_view row_key) override {
    if (row_key.empty()) {
      rows_.SeekToLast();
    } else {
      rows_.SeekBefore(MapKey(Space::kCurrent, row_key));
    }
    Read();
  }
  void Next() override {
    rows_.Next();
    Read();
  }
  void Previous() override {
    rows_.Previous();
    Read();
  }
  std::size_t NextRows(std::span<CursorRow> rows) override {
    std::size_t count = 0;
    while (valid_ && count < rows.size()) {
      rows_.Next();
      valid_ = rows_.valid() && Read(rows[count]);
      if (valid_) ++count;
    }
    if (count > 0) row_ = rows[count - 1];
    return count;
  }
  bool may_show_tombstones() const override { return false; }
  bool valid() const override { return valid_; }
  std::string_view row_key() const override { return row_.row_key; }
  const RowVersion& version() const override { return row_.version; }
  absl::Status status() const override { return status_.ok() ? rows_.status() : status_; }

 private:
  void Read() { valid_ = status_.ok() && rows_.valid() && Read(row_); }
  // The row that rows_ stands on; false: it is damaged.
  bool Read(CursorRow& row) {
    const std::string_view content = rows_.value();
    if (content.size() < kRowHeadBytes) [[unlikely]] {
      status_ = view_.environment->Damaged("a row is too short");
      return false;
    }
    ParseRowInto(content, row.version);
    row.row_key = rows_.key().substr(1);
    return true;
  }

  LmdbView& view_;
  LmdbCursor rows_;
  CursorRow row_;
  bool valid_ = false;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<std::optional<std::string_view>> LmdbReader::GetPhysical(std::string_view key) {
  return ReadLmdbEntry(pooled_.view, key);
}

absl::StatusOr<std::optional<std::string_view>> LmdbReader::Get(std::string_view map_key) {
  if (!IsLong(map_key)) return GetPhysical(map_key);
  std::string rest(map_key);
  while (IsLong(rest)) {
    const std::string_view head = std::string_view(rest).substr(0, kHeadBytes);
    VARVE_ASSIGN_OR_RETURN(const std::optional<std::string_view> entry, GetPhysical(head));
    if (!entry.has_value()) return std::optional<std::string_view>();
    const std::optional<std::uint64_t> number = ParseHead(*entry);
    if (!number.has_value()) return ReportDamage("the head of a long key leads nowhere");
    rest = ContinuationPrefix(*number) + rest.substr(kHeadBytes);
  }
  return GetPhysical(rest);
}

absl::StatusOr<std::optional<RowVersion>> LmdbReader::Get(std::string_view row_key, Lsn at) {
  if (at < mark().applied) return GetAsOf(*this, mark(), row_key, at);
  if (row_key.size() >= kWholeKeyBytesMax) return GetCurrent(*this, row_key);
  char key[kWholeKeyBytesMax];
  key[0] = static_cast<char>(Space::kCurrent);
  std::memcpy(key + 1, row_key.data(), row_key.size());
  const std::string_view map_key(key, 1 + row_key.size());
  VARVE_ASSIGN_OR_RETURN(const std::optional<std::string_view> entry, GetPhysical(map_key));
  if (!entry.has_value()) return std::optional<RowVersion>();
  const std::optional<RowVersion> version = ParseRow(*entry);
  if (!version.has_value()) return ReportDamage("a row is too short");
  return version;
}

std::unique_ptr<Cursor> LmdbReader::NewCursor(Lsn at) {
  if (at >= mark().applied) return std::make_unique<LmdbRowCursor>(pooled_.view);
  return NewAsOfCursor(*this, mark(), at);
}

absl::Status LmdbReader::VisitVersions(std::string_view row_key, Lsn at,
                                       const std::function<bool(const RowVersion&)>& visit) {
  return VisitVersionsAsOf(*this, mark(), row_key, at, visit);
}

std::unique_ptr<VersionStream> LmdbReader::NewVersionStream(std::string_view begin,
                                                            std::string_view end) {
  return NewEntryVersionStream(*this, mark(), begin, end);
}

std::unique_ptr<EntryCursor> LmdbReader::NewCursor(Space space) {
  return std::make_unique<LmdbCursor>(pooled_.view, space);
}

std::string_view LmdbReader::Keep(std::string bytes) { return pooled_.view.Keep(std::move(bytes)); }

absl::Status LmdbReader::ReportDamage(std::string_view what) {
  return pooled_.view.environment->Damaged(what);
}

absl::Status LmdbReader::CheckEntries(const WorkStep& step) {
  LmdbView& view = pooled_.view;
  MDB_stat stat;
  const int code = mdb_stat(view.transaction, view.environment->rows(), &stat);
  if (code != 0) return view.Failed(code);
  LmdbLevel entries(view, {});
  std::uint64_t count = 0;
  std::uint64_t heads = 0;
  std::string_view previous;
  for (entries.SeekAtOrAfter(kMarkKey); entries.valid(); entries.Next()) {
    if (count > 0 && entries.key() <= previous) return ReportDamage("a key is out of order");
    previous = entries.key();
    if (IsHead(previous)) ++heads;
    VARVE_RETURN_IF_ERROR(Step(step, ++count));
  }
  VARVE_RETURN_IF_ERROR(entries.status());
  if (count != stat.ms_entries || heads != pooled_.mark.long_key_heads) {
    return ReportDamage("entries are missing");
  }
  return absl::OkStatus();
}

absl::Status LmdbReader::CheckSpaces(const WorkStep& step) {
  LmdbView& view = pooled_.view;
  MDB_stat stat;
  const int code = mdb_stat(view.transaction, view.environment->rows(), &stat);
  if (code != 0) return view.Failed(code);
  std::uint64_t count = 0;
  for (const Space space : {Space::kHistory, Space::kCurrent}) {
    LmdbCursor entries(view, space);
    for (entries.SeekAtOrAfter(MapKey(space, {})); entries.valid(); entries.Next()) {
      VARVE_RETURN_IF_ERROR(Step(step, ++count));
      if (!view.kept.empty()) view.kept.clear();
    }
    VARVE_RETURN_IF_ERROR(entries.status());
    if (space == Space::kHistory && count != pooled_.mark.history_entries) {
      return ReportDamage("superseded versions are missing");
    }
  }
  if (count + 1 + pooled_.mark.long_key_heads != stat.ms_entries) {
    return ReportDamage("rows are missing");
  }
  return step ? step(count) : absl::OkStatus();
}

}  // namespace varve::table
