#include "cli/log_scan.h"

#include <optional>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/io/file_system.h"
#include "kernel/store_files.h"

namespace varve::cli {
namespace {

// The store's id as the first readable segment header states it.
std::optional<Uuid> StoreOfFirstSegment(FileSystem& files, const std::string& folder) {
  const absl::StatusOr<std::vector<std::string>> names = files.List(folder);
  if (!names.ok()) return std::nullopt;
  for (const std::string& name : *names) {
    if (!wal::ParseSegmentFileName(name)) continue;
    const absl::StatusOr<std::unique_ptr<File>> file =
        files.Open(JoinPath(folder, name), OpenMode::kRead);
    std::string page(wal::kSegmentHeaderBytes, '\0');
    if (!file.ok() || !(*file)->ReadAt(0, page).ok()) continue;
    const absl::StatusOr<wal::SegmentHeader> header = wal::DecodeSegmentHeader(page);
    if (header.ok()) return header->store;
  }
  return std::nullopt;
}

// The next segment that was ever started; nullptr for the newest.
const wal::SegmentFile* Successor(const LogFiles& log, std::size_t index) {
  const std::size_t next = index + 1;
  if (next >= log.segments.size() || log.segments[next].unused) return nullptr;
  return &log.segments[next];
}

Damage DamageAt(const wal::SegmentFile& segment, const wal::SegmentTail& tail) {
  Damage damage;
  damage.file = segment.path;
  damage.offset = tail.end.end_offset;
  damage.lsn = tail.end.last_lsn.Next();
  damage.found = tail.clean ? "the log ends here" : tail.fault;
  return damage;
}

absl::StatusOr<SegmentEnding> JudgeSealed(const wal::SegmentFile& segment,
                                          const wal::SegmentTail& tail,
                                          const wal::SegmentEnd& expected) {
  if (tail.end == expected) {
    return tail.clean ? SegmentEnding::kWhole : SegmentEnding::kSealed;
  }
  Damage damage = DamageAt(segment, tail);
  damage.evidence = "the next segment says that this one ends at offset " +
                    std::to_string(expected.end_offset) + " with LSN " +
                    std::to_string(expected.last_lsn.value());
  return damage.ToStatus();
}

absl::StatusOr<SegmentEnding> JudgeNewest(const wal::SegmentFile& segment,
                                          const wal::SegmentTail& tail, Lsn manifest_durable) {
  Damage damage = DamageAt(segment, tail);
  if (!tail.clean && tail.proven_durable > tail.end.last_lsn) {
    damage.evidence = "the record at offset " + std::to_string(tail.proof_offset) +
                      " says that LSN " + std::to_string(tail.proven_durable.value()) +
                      " was durable";
    return damage.ToStatus();
  }
  if (manifest_durable > tail.end.last_lsn) {
    damage.evidence =
        "the manifest says that LSN " + std::to_string(manifest_durable.value()) + " was durable";
    return damage.ToStatus();
  }
  return tail.clean ? SegmentEnding::kWhole : SegmentEnding::kTorn;
}

}  // namespace

absl::StatusOr<LogFiles> FindLog(Session& session) {
  FileSystem& files = PosixFileSystem();
  const std::string folder = session.files().log_folder();
  LogFiles log;
  Uuid store;
  const absl::StatusOr<snapshot::Manifest> manifest =
      snapshot::ReadManifest(files, session.files().manifest());
  if (manifest.ok()) {
    store = manifest->store;
    log.proven_durable = manifest->durable_lsn;
  } else {
    const std::optional<Uuid> found = StoreOfFirstSegment(files, folder);
    if (!found && absl::IsNotFound(manifest.status())) {
      return FailedPrecondition(session.store(),
                                " is not a store: it holds no MANIFEST and no log");
    }
    if (!found) return manifest.status();
    session.output().Note("going on without the manifest: " +
                          std::string(FromAbsl(manifest.status().message())));
    store = *found;
  }
  VARVE_ASSIGN_OR_RETURN(log.segments, wal::ListSegments(files, folder, store));
  return log;
}

absl::StatusOr<SegmentScan> ScanLogSegment(const LogFiles& log, std::size_t index,
                                           const VisitRecord& visit) {
  const wal::SegmentFile& segment = log.segments[index];
  SegmentScan scan;
  if (segment.unused) return scan;
  VARVE_ASSIGN_OR_RETURN(scan.tail,
                         wal::ScanSegment(PosixFileSystem(), segment,
                                          [&](const wal::Record& record, std::uint64_t offset) {
                                            ++scan.records;
                                            return visit(record, offset);
                                          }));
  const wal::SegmentFile* next = Successor(log, index);
  if (next != nullptr) {
    VARVE_ASSIGN_OR_RETURN(scan.ending, JudgeSealed(segment, scan.tail, next->header.predecessor));
  } else {
    VARVE_ASSIGN_OR_RETURN(scan.ending, JudgeNewest(segment, scan.tail, log.proven_durable));
  }
  return scan;
}

std::string_view EndingName(SegmentEnding ending) {
  switch (ending) {
    case SegmentEnding::kWhole:
      return "whole";
    case SegmentEnding::kTorn:
      return "torn tail";
    case SegmentEnding::kSealed:
      return "sealed torn tail";
  }
  return "";
}

}  // namespace varve::cli
