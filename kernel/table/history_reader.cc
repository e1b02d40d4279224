#include "kernel/table/history_reader.h"

#include <utility>

#include "kernel/base/status.h"
#include "kernel/table/history.h"

namespace varve::table {

absl::Status CheckWithinHistory(const AppliedMark& mark, Lsn at) {
  if (at >= mark.history_from) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kOutOfRange, "the state as of LSN ", at,
                    " is no longer kept; the oldest that is, is that of LSN ", mark.history_from,
                    ". Keep more with the history policy, or restore an older snapshot");
}

absl::StatusOr<std::optional<RowVersion>> GetCurrent(EntryReader& map, std::string_view row_key) {
  const std::string key = MapKey(Space::kCurrent, row_key);
  VARVE_ASSIGN_OR_RETURN(const std::optional<std::string_view> entry, map.Get(key));
  if (!entry.has_value()) return std::optional<RowVersion>();
  const std::optional<RowVersion> version = ParseRow(*entry);
  if (!version.has_value()) return map.ReportDamage("a row is too short");
  return version;
}

absl::StatusOr<std::optional<RowVersion>> GetAsOf(EntryReader& map, const AppliedMark& mark,
                                                  std::string_view row_key, Lsn at) {
  VARVE_RETURN_IF_ERROR(CheckWithinHistory(mark, at));
  VARVE_ASSIGN_OR_RETURN(const std::optional<RowVersion> current, GetCurrent(map, row_key));
  if (current.has_value() && current->lsn <= at) return current;
  if (at >= mark.applied) return std::optional<RowVersion>();
  const std::string group = HistoryGroupPrefix(row_key);
  const std::unique_ptr<EntryCursor> history = map.NewCursor(Space::kHistory);
  history->SeekAtOrAfter(HistoryKey(row_key, at));
  VARVE_RETURN_IF_ERROR(history->status());
  if (!history->valid() || HistoryGroupOf(history->key()) != group) {
    return std::optional<RowVersion>();
  }
  const std::optional<SupersededVersion> version = ParseSuperseded(history->value());
  if (!version.has_value()) return map.ReportDamage("a superseded version is too short");
  if (version->superseded_lsn <= at) return std::optional<RowVersion>();
  return std::optional<RowVersion>(version->version);
}

absl::Status VisitVersionsAsOf(EntryReader& map, const AppliedMark& mark, std::string_view row_key,
                               Lsn at, const std::function<bool(const RowVersion&)>& visit) {
  VARVE_RETURN_IF_ERROR(CheckWithinHistory(mark, at));
  VARVE_ASSIGN_OR_RETURN(const std::optional<RowVersion> current, GetCurrent(map, row_key));
  std::string group = HistoryGroupPrefix(row_key);
  const std::unique_ptr<EntryCursor> history = map.NewCursor(Space::kHistory);
  history->SeekAtOrAfter(group);
  KeptVersions versions(map, *history, std::move(group), mark.history_from, current);
  while (const std::optional<RowVersion> version = versions.Next()) {
    if (version->lsn <= at && !visit(*version)) return absl::OkStatus();
  }
  return versions.status();
}

KeptVersions::KeptVersions(EntryReader& map, EntryCursor& history, std::string group,
                           Lsn history_from, std::optional<RowVersion> current)
    : map_(map),
      history_(history),
      group_(std::move(group)),
      history_from_(history_from),
      pending_(current) {}

std::optional<SupersededVersion> KeptVersions::NextSuperseded() {
  if (begun_ && history_.valid()) history_.Next();
  begun_ = true;
  if (!history_.status().ok()) status_ = history_.status();
  if (!history_.valid() || HistoryGroupOf(history_.key()) != group_) return std::nullopt;
  std::optional<SupersededVersion> version = ParseSuperseded(history_.value());
  if (!version.has_value()) {
    status_ = map_.ReportDamage("a superseded version is too short");
  } else if (version->superseded_lsn <= history_from_) {
    return std::nullopt;  // this one and all older ones are no longer kept
  }
  return version;
}

std::optional<RowVersion> KeptVersions::Next() {
  if (!pending_.has_value()) {
    const std::optional<SupersededVersion> next = NextSuperseded();
    if (!next.has_value()) return std::nullopt;
    pending_ = next->version;
    if (next->superseded_lsn != newer_lsn_) {
      RowVersion tombstone;
      tombstone.lsn = next->superseded_lsn;
      tombstone.commit_time = next->superseded_time;
      tombstone.deleted = true;
      newer_lsn_ = tombstone.lsn;
      return tombstone;
    }
  }
  newer_lsn_ = pending_->lsn;
  return std::exchange(pending_, std::nullopt);
}

}  // namespace varve::table
