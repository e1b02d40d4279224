#include "recovery/log_scan.h"

#include <algorithm>

#include "kernel/base/status.h"

namespace varve::recovery {
namespace {

Damage DamageAt(const wal::SegmentFile& segment, const wal::SegmentTail& tail) {
  Damage damage;
  damage.file = segment.path;
  damage.offset = tail.end.end_offset;
  damage.lsn = tail.end.last_lsn.Next();
  if (tail.clean) {
    damage.kind = Damage::Kind::kMissing;
    damage.found = "the log ends here, before this record";
  } else {
    damage.kind = Damage::Kind::kCorrupt;
    damage.found = "bad record: " + tail.fault;
  }
  return damage;
}

std::string Number(std::uint64_t value) { return std::to_string(value); }

// WAL-T1: a segment with a successor was durable to the end that the successor states.
absl::Status CheckAgainstSuccessor(const wal::SegmentFile& segment, const wal::SegmentTail& tail,
                                   const wal::SegmentFile& successor) {
  const wal::SegmentEnd& stated = successor.header.predecessor;
  if (tail.end == stated) return absl::OkStatus();
  Damage damage = DamageAt(segment, tail);
  damage.evidence = "its successor " + successor.path + " says that it ends at offset " +
                    Number(stated.end_offset) + " with LSN " + Number(stated.last_lsn.value());
  return damage.ToStatus();
}

// WAL-T2: nothing may prove that the record expected at the end was durable.
absl::Status CheckEnd(const wal::SegmentFile& segment, const wal::SegmentTail& tail,
                      const std::vector<LogEvidence>& evidence) {
  const Lsn expected = tail.end.last_lsn.Next();
  Damage damage = DamageAt(segment, tail);
  if (tail.proven_durable >= expected) {
    damage.evidence = "an intact record at offset " + Number(tail.proof_offset) +
                      " says that everything up to LSN " + Number(tail.proven_durable.value()) +
                      " was durable";
    return damage.ToStatus();
  }
  for (const LogEvidence& proof : evidence) {
    if (proof.durable < expected) continue;
    damage.evidence = proof.source + " says that everything up to LSN " +
                      Number(proof.durable.value()) + " was durable";
    return damage.ToStatus();
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckLogIsThere(const std::vector<wal::SegmentFile>& segments,
                             const wal::SegmentEnd& last_known, const std::string& folder) {
  // Trimming leaves the segment that is written to.
  if (last_known.number == 0) return absl::OkStatus();
  for (const wal::SegmentFile& segment : segments) {
    if (!segment.unused) return absl::OkStatus();
  }
  Damage damage;
  damage.kind = Damage::Kind::kMissing;
  damage.file = JoinPath(folder, wal::SegmentFileName(last_known.number));
  damage.lsn = last_known.last_lsn;
  damage.found = "the segment is missing, and so is every other";
  damage.evidence =
      "MANIFEST says that the log went on to LSN " + Number(last_known.last_lsn.value()) + " in it";
  return damage.ToStatus();
}

std::vector<wal::SegmentFile> SegmentsFrom(const std::vector<wal::SegmentFile>& segments,
                                           Lsn after) {
  std::vector<wal::SegmentFile> used;
  for (const wal::SegmentFile& segment : segments) {
    if (segment.unused) continue;
    if (segment.header.first_lsn <= after.Next()) used.clear();
    used.push_back(segment);
  }
  return used;
}

absl::StatusOr<std::vector<wal::SegmentFile>> SegmentsAbove(
    const std::vector<wal::SegmentFile>& segments, Lsn after) {
  std::vector<wal::SegmentFile> used = SegmentsFrom(segments, after);
  if (used.empty()) return used;
  if (used.front().header.first_lsn > after.Next()) {
    Damage damage;
    damage.kind = Damage::Kind::kMissing;
    damage.file = used.front().path;
    damage.lsn = after.Next();
    damage.found = "the log begins with LSN " + Number(used.front().header.first_lsn.value()) +
                   "; the segments before it are missing";
    return damage.ToStatus();
  }
  return used;
}

std::uint64_t ScanBytes(const std::vector<wal::SegmentFile>& segments) {
  std::uint64_t bytes = 0;
  for (const wal::SegmentFile& segment : segments) bytes += segment.file_bytes;
  return bytes;
}

absl::StatusOr<LogEnd> ScanLog(FileSystem& files, const std::vector<wal::SegmentFile>& segments,
                               Lsn after, const std::vector<LogEvidence>& evidence,
                               const RecordVisitor& visit) {
  LogEnd result;
  result.end.last_lsn = after;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto visit_record = [&](const wal::Record& record, std::uint64_t offset) -> absl::Status {
      result.last_commit_time = record.header.commit_time;
      if (record.header.lsn <= after) return absl::OkStatus();
      ++result.record_count;
      result.record_bytes += wal::RecordLayout::kBytes + record.body.size();
      const absl::Status status = visit(record);
      if (status.ok()) return status;
      return AddContext(status, segments[i].path + ": offset " + Number(offset) + ", LSN " +
                                    Number(record.header.lsn.value()));
    };
    VARVE_ASSIGN_OR_RETURN(const wal::SegmentTail tail,
                           wal::ScanSegment(files, segments[i], visit_record));
    result.end = tail.end;
    result.unproven_offset = tail.unproven_offset;
    if (i + 1 < segments.size()) {
      VARVE_RETURN_IF_ERROR(CheckAgainstSuccessor(segments[i], tail, segments[i + 1]));
    } else {
      VARVE_RETURN_IF_ERROR(CheckEnd(segments[i], tail, evidence));
      result.torn_bytes = tail.clean ? 0 : tail.discarded_bytes;  // WAL-T4
    }
  }
  return result;
}

}  // namespace varve::recovery
