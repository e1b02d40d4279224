// ScanSegment: the intact records of one segment from its start, then what stands behind them.
#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/base/status.h"
#include "kernel/wal/reader.h"
#include "kernel/wal/record_cursor.h"
#include "kernel/wal/zero_bytes.h"

namespace varve::wal {
namespace {

using Layout = RecordLayout;

constexpr std::uint64_t kWindowBytes = std::uint64_t{1} << 20;

class Scanner final {
 public:
  Scanner(const File& file, const SegmentFile& segment)
      : segment_(segment),
        window_(file, segment.path,
                segment.stated_end ? segment.stated_end->end_offset : segment.file_bytes,
                kWindowBytes),
        records_(segment.header, segment.path, window_) {}

  absl::StatusOr<SegmentTail> Run(
      const std::function<absl::Status(const Record&, std::uint64_t)>& visit) {
    while (true) {
      VARVE_ASSIGN_OR_RETURN(const std::optional<Record> record, records_.Read());
      if (!record.has_value()) break;
      VARVE_RETURN_IF_ERROR(visit(*record, records_.end().end_offset));
      Accept(record->header);
    }
    tail_.end = records_.end();
    tail_.fault = records_.fault();
    tail_.last_commit_time = records_.last_commit_time();
    if (segment_.stated_end.has_value()) {
      CompareWithStated(*segment_.stated_end);
    } else {
      VARVE_RETURN_IF_ERROR(Survey());
    }
    return std::move(tail_);
  }

 private:
  void Accept(const RecordHeader& header) {
    // A record that the newest watermark does not cover was framed after the flush before that
    // one had ended, and so carries that flush's watermark or a later one.
    if (header.durable_lsn != watermark_) {
      tail_.unproven_offset = watermark_offset_;
      watermark_ = header.durable_lsn;
      watermark_offset_ = records_.end().end_offset;
    }
    tail_.closed = header.kind == RecordKind::kWatermark && header.durable_lsn.Next() == header.lsn;
    records_.Accept(header);
  }

  void CompareWithStated(const SegmentEnd& stated) {
    if (tail_.end == stated) {
      tail_.fault.clear();
      return;
    }
    tail_.clean = false;
    if (tail_.end.end_offset == stated.end_offset) {
      tail_.fault = "its last record is not the one that its successor states";
    }
  }

  // Looks at every 8-byte boundary behind the intact records for the header of a record that says
  // how far the log was durable. The header alone suffices: its checksum is salted, and what it
  // says was true when it was framed, whatever became of its body.
  absl::Status Survey() {
    constexpr std::uint64_t kStepBytes = std::uint64_t{256} << 10;
    const std::uint64_t start = tail_.end.end_offset;
    std::uint64_t last_byte_end = start;
    for (std::uint64_t offset = start; offset < window_.end(); offset += kStepBytes) {
      VARVE_ASSIGN_OR_RETURN(const std::string_view bytes,
                             window_.View(offset, kStepBytes + Layout::kBytes));
      if (IsZero(bytes)) continue;
      const std::string_view step = bytes.substr(0, kStepBytes);
      const std::size_t last = step.find_last_not_of('\0');
      if (last != std::string_view::npos) last_byte_end = offset + last + 1;
      for (std::size_t at = 0; at + Layout::kBytes <= bytes.size() && at < kStepBytes; at += 8) {
        TakeProof(bytes.substr(at, Layout::kBytes), offset + at);
      }
    }
    tail_.discarded_bytes = last_byte_end - start;
    tail_.clean = tail_.discarded_bytes == 0;
    if (tail_.clean) tail_.fault.clear();
    return absl::OkStatus();
  }

  void TakeProof(std::string_view bytes, std::uint64_t offset) {
    if (!MayBeRecordHeader(bytes)) return;
    const absl::StatusOr<RecordHeader> header = DecodeRecordHeader(bytes, segment_.header.salt);
    if (!header.ok() || header->lsn <= tail_.end.last_lsn) return;
    if (header->durable_lsn <= tail_.proven_durable) return;
    tail_.proven_durable = header->durable_lsn;
    tail_.proof_offset = offset;
  }

  const SegmentFile& segment_;
  FileWindow window_;
  RecordCursor records_;
  SegmentTail tail_;
  Lsn watermark_ = kLsnMax;
  std::uint64_t watermark_offset_ = kSegmentHeaderBytes;
};

}  // namespace

absl::StatusOr<SegmentTail> ScanSegment(
    FileSystem& files, const SegmentFile& segment,
    const std::function<absl::Status(const Record&, std::uint64_t offset)>& visit) {
  VARVE_CHECK(!segment.unused);
  absl::StatusOr<std::unique_ptr<File>> file = files.Open(segment.path, OpenMode::kRead);
  if (!file.ok()) {
    if (file.status().code() == absl::StatusCode::kUnknown) {
      return UnreadableLog(segment.path, 0, file.status());
    }
    return file.status();
  }
  Scanner scanner(**file, segment);
  return scanner.Run(visit);
}

}  // namespace varve::wal
