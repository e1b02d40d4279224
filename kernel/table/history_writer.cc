#include "kernel/table/history_writer.h"

#include <algorithm>

#include "kernel/base/status.h"
#include "kernel/table/history.h"

namespace varve::table {
namespace {

// A sweep looks at this many versions, and at two for each one that the same checkpoint added: the
// history then shrinks back to what the policy keeps within a bounded number of checkpoints.
constexpr std::uint64_t kSweepEntriesMin = 2048;
constexpr std::uint64_t kSweepEntriesPerAdded = 2;

}  // namespace

HistoryWriter::HistoryWriter(EntryWriter& map, const HistoryPolicy& policy, StoredMark& mark)
    : map_(map), mark_(mark), policy_(policy) {}

absl::Status HistoryWriter::WriteRows(VersionStream& rows) {
  while (rows.Next()) VARVE_RETURN_IF_ERROR(WriteRow(rows.row_key(), rows));
  return rows.status();
}

absl::Status HistoryWriter::WriteRow(std::string_view row_key, VersionStream& rows) {
  const std::optional<RowVersion> newest = rows.NextVersion();
  if (!newest.has_value()) return rows.status();
  if (policy_.keep.count() > 0) {
    RowVersion oldest = *newest;
    while (const std::optional<RowVersion> older = rows.NextVersion()) {
      if (!older->deleted) {
        VARVE_RETURN_IF_ERROR(PutSuperseded(row_key, *older, oldest.lsn, oldest.commit_time));
      }
      oldest = *older;
    }
    VARVE_RETURN_IF_ERROR(rows.status());
    VARVE_RETURN_IF_ERROR(SupersedeCurrent(row_key, oldest));
  }
  if (!newest->deleted) return PutCurrent(row_key, *newest);
  current_key_.assign(1, static_cast<char>(Space::kCurrent));
  current_key_.append(row_key);
  return map_.Delete(current_key_).status();
}

absl::Status HistoryWriter::SupersedeCurrent(std::string_view row_key, const RowVersion& by) {
  current_key_.assign(1, static_cast<char>(Space::kCurrent));
  current_key_.append(row_key);
  VARVE_ASSIGN_OR_RETURN(const std::optional<std::string_view> entry, map_.Get(current_key_));
  if (!entry.has_value()) return absl::OkStatus();
  // Copied: the next write may move the page that it lies in.
  const std::string copy(*entry);
  const std::optional<RowVersion> current = ParseRow(copy);
  if (!current.has_value()) return map_.ReportDamage("a row to be superseded is too short");
  if (current->lsn >= by.lsn) return absl::OkStatus();
  return PutSuperseded(row_key, *current, by.lsn, by.commit_time);
}

absl::Status HistoryWriter::PutCurrent(std::string_view row_key, const RowVersion& version) {
  current_key_.assign(1, static_cast<char>(Space::kCurrent));
  current_key_.append(row_key);
  const RowHead head = EncodeRowHead(version);
  return map_.Put(current_key_, {head.data(), head.size()}, version.value);
}

absl::Status HistoryWriter::PutSuperseded(std::string_view row_key, const RowVersion& version,
                                          Lsn superseded_lsn, Timestamp superseded_time) {
  const std::string key = HistoryKey(row_key, version.lsn);
  const SupersededHead head = EncodeSupersededHead({version, superseded_lsn, superseded_time});
  VARVE_RETURN_IF_ERROR(map_.Put(key, {head.data(), head.size()}, version.value));
  ++mark_.history_entries;
  ++superseded_count_;
  return absl::OkStatus();
}

absl::StatusOr<bool> HistoryWriter::MayGo(const EntryWriter::Entry& entry, Timestamp horizon) {
  const std::optional<SupersededVersion> version = ParseSuperseded(entry.value);
  if (!version.has_value()) return map_.ReportDamage("a superseded version is too short");
  if (version->superseded_lsn <= mark_.mark.history_from) return true;
  if (version->superseded_time >= horizon) return false;
  mark_.mark.history_from = version->superseded_lsn;
  return true;
}

absl::Status HistoryWriter::Sweep(Timestamp now, SweepPosition& position) {
  if (mark_.history_entries == 0) return absl::OkStatus();
  const Timestamp horizon = HistoryHorizon(policy_, now);
  const std::uint64_t budget = kSweepEntriesMin + kSweepEntriesPerAdded * superseded_count_;
  for (std::uint64_t looked_at = 0; looked_at < budget; ++looked_at) {
    if (position.map_key.empty()) position.map_key = MapKey(Space::kHistory, {});
    VARVE_ASSIGN_OR_RETURN(const std::optional<EntryWriter::Entry> entry,
                           map_.AtOrAfter(position.map_key));
    if (!entry.has_value()) {
      position.map_key.clear();
      return absl::OkStatus();
    }
    position.map_key.assign(entry->key);
    VARVE_ASSIGN_OR_RETURN(const bool goes, MayGo(*entry, horizon));
    if (goes) {
      VARVE_RETURN_IF_ERROR(map_.Delete(position.map_key).status());
      --mark_.history_entries;
    } else {
      position.map_key.push_back('\0');  // the next possible key
    }
  }
  return absl::OkStatus();
}

absl::Status HistoryLoader::Add(HistoryWriter& writer, std::string_view row_key,
                                const RowVersion& version, bool superseded) {
  const bool in_order = superseded ? begun_ && row_key == row_key_ && version.lsn < newer_lsn_
                                   : !begun_ || row_key > row_key_;
  if (!in_order) return InvalidArgument("rows to load must come in ascending order of their keys");
  absl::Status status;
  if (!version.deleted) {
    if (!superseded) {
      status = writer.PutCurrent(row_key, version);
    } else if (keeps_history_) {
      status = writer.PutSuperseded(row_key, version, newer_lsn_, newer_time_);
    }
  }
  if (!superseded) row_key_.assign(row_key);
  begun_ = true;
  newer_lsn_ = version.lsn;
  newer_time_ = version.commit_time;
  return status;
}

}  // namespace varve::table
