#include "tests/conformance/recorded_history.h"

#include "kernel/base/status.h"
#include "kernel/store_files.h"
#include "kernel/wal/reader.h"

namespace varve::conformance {

Entry RecordedEntry::view() const {
  return {.type = type,
          .payload_version = payload_version,
          .safe_ignore = safe_ignore,
          .run = run,
          .payload = payload};
}

absl::StatusOr<RecordedHistory> ReadHistory(FileSystem& files, const std::string& directory,
                                            const Uuid& uuid, const PrimitiveSpec& primitive) {
  RecordedHistory history;
  const auto take = [&](const wal::Record& record, std::uint64_t) -> absl::Status {
    if (record.header.kind != wal::RecordKind::kTransaction) return absl::OkStatus();
    RecordedTransaction transaction{
        .lsn = record.header.lsn, .commit_time = record.header.commit_time, .entries = {}};
    EntryReader reader(record.body);
    for (Entry entry; reader.Next(entry);) {
      if ((entry.type & 0xF0) != primitive.entry_range) continue;
      transaction.entries.push_back({.type = entry.type,
                                     .payload_version = entry.payload_version,
                                     .safe_ignore = entry.safe_ignore,
                                     .run = entry.run,
                                     .payload = std::string(entry.payload)});
    }
    history.push_back(std::move(transaction));
    return reader.status();
  };
  VARVE_ASSIGN_OR_RETURN(const std::vector<wal::SegmentFile> segments,
                         wal::ListSegments(files, StoreFiles(directory).log_folder(), uuid));
  for (const wal::SegmentFile& segment : segments) {
    if (segment.unused) continue;
    VARVE_RETURN_IF_ERROR(wal::ScanSegment(files, segment, take).status());
  }
  return history;
}

absl::Status Replay(std::span<const RecordedTransaction> history, const Primitive& primitive,
                    ModelTables& tables) {
  for (const RecordedTransaction& transaction : history) {
    for (const RecordedEntry& entry : transaction.entries) {
      const absl::Status status =
          tables.Apply(primitive, entry.view(), transaction.lsn, transaction.commit_time);
      if (!status.ok()) {
        return AddContext(status, "LSN " + std::to_string(transaction.lsn.value()) +
                                      ", entry type " + std::to_string(entry.type));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace varve::conformance
