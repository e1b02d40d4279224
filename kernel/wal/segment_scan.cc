// ScanSegment: the intact records of one segment from its start, then what stands behind them.
//
// (V1) No length is used before the salted checksum over it holds, and no buffer is ever larger
//      than what the file still has.
// (V2) The window starts at a multiple of 8 of the file, so a body is 8-byte aligned in memory.
#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "kernel/wal/reader.h"
#include "kernel/wal/zero_bytes.h"

namespace varve::wal {
namespace {

using Layout = RecordLayout;

absl::Status Unreadable(const std::string& path, std::uint64_t offset, const absl::Status& status) {
  Damage damage;
  damage.kind = Damage::Kind::kUnreadable;
  damage.file = path;
  damage.offset = offset;
  damage.found = "the device failed the read: " + std::string(FromAbsl(status.message()));
  return damage.ToStatus();
}

// A stretch of the file in memory that only moves forward.
class Window final {
 public:
  Window(const File& file, const std::string& path, std::uint64_t end)
      : file_(file), path_(path), end_(end) {}

  // The bytes from `offset` (a multiple of 8, not below the last call's): `count` of them, or fewer
  // where the readable part ends. Valid until the next call.
  absl::StatusOr<std::string_view> View(std::uint64_t offset, std::uint64_t count) {
    count = offset < end_ ? std::min(count, end_ - offset) : 0;
    if (offset < start_ || offset + count > start_ + size_) {
      VARVE_RETURN_IF_ERROR(Move(offset, count));
    }
    const std::uint64_t have = start_ + size_ - offset;
    return std::string_view(buffer_.get() + (offset - start_), std::min(count, have));
  }

  [[nodiscard]] std::uint64_t end() const { return end_; }

 private:
  static constexpr std::uint64_t kBytes = std::uint64_t{1} << 20;

  // Makes the window start at `offset` and hold at least `count` bytes (V2).
  absl::Status Move(std::uint64_t offset, std::uint64_t count) {
    VARVE_CHECK(offset % 8 == 0);
    const bool overlaps = offset >= start_ && offset < start_ + size_;
    const std::uint64_t kept = overlaps ? start_ + size_ - offset : 0;
    const std::uint64_t wanted = std::max(count, std::min(kBytes, end_ - std::min(end_, offset)));
    const char* const kept_from = buffer_.get() + (overlaps ? offset - start_ : 0);
    if (wanted > capacity_) {
      auto grown = std::make_unique_for_overwrite<char[]>(wanted);
      if (kept > 0) std::memcpy(grown.get(), kept_from, kept);
      buffer_ = std::move(grown);
      capacity_ = wanted;
    } else if (kept > 0) {
      std::memmove(buffer_.get(), kept_from, kept);
    }
    start_ = offset;
    size_ = kept;
    if (wanted <= kept) return absl::OkStatus();
    const absl::StatusOr<std::size_t> read =
        file_.ReadAt(offset + kept, {buffer_.get() + kept, wanted - kept});
    if (!read.ok()) return Unreadable(path_, offset + kept, read.status());
    size_ += *read;
    // The file became shorter since it was listed: the end is where it ends now.
    if (*read < wanted - kept) end_ = start_ + size_;
    return absl::OkStatus();
  }

  const File& file_;
  const std::string& path_;
  std::uint64_t end_;
  std::unique_ptr<char[]> buffer_;
  std::uint64_t capacity_ = 0;
  std::uint64_t start_ = 0;
  std::uint64_t size_ = 0;
};

class Scanner final {
 public:
  Scanner(const File& file, const SegmentFile& segment)
      : segment_(segment),
        window_(file, segment.path,
                segment.stated_end ? segment.stated_end->end_offset : segment.file_bytes) {
    tail_.end.number = segment.number;
    tail_.end.end_offset = kSegmentHeaderBytes;
    tail_.end.last_lsn = segment.header.predecessor.last_lsn;
    tail_.end.last_record_crc = segment.header.predecessor.last_record_crc;
  }

  absl::StatusOr<SegmentTail> Run(
      const std::function<absl::Status(const Record&, std::uint64_t)>& visit) {
    while (true) {
      VARVE_ASSIGN_OR_RETURN(const std::optional<Record> record, Next());
      if (!record.has_value()) break;
      const std::uint64_t offset = tail_.end.end_offset;
      VARVE_RETURN_IF_ERROR(visit(*record, offset));
      Accept(record->header);
    }
    if (segment_.stated_end.has_value()) {
      CompareWithStated(*segment_.stated_end);
    } else {
      VARVE_RETURN_IF_ERROR(Survey());
    }
    return std::move(tail_);
  }

 private:
  // The record at the end of the intact ones; nullopt, and fault_, where none is intact there.
  absl::StatusOr<std::optional<Record>> Next() {
    const std::uint64_t offset = tail_.end.end_offset;
    VARVE_ASSIGN_OR_RETURN(const std::string_view head, window_.View(offset, Layout::kBytes));
    absl::StatusOr<RecordHeader> header = DecodeRecordHeader(head, segment_.header.salt);
    if (header.status().code() == absl::StatusCode::kUnimplemented) {
      return AddContext(header.status(), segment_.path + ": offset " + std::to_string(offset));
    }
    if (!header.ok()) return Fault(header.status().message());
    const char* const out_of_order = OutOfOrder(*header);
    if (out_of_order != nullptr) return Fault(out_of_order);
    const std::uint64_t bytes = Layout::kBytes + header->body_length;
    if (bytes > window_.end() - offset) return Fault("the body runs beyond the end");  // V1
    VARVE_ASSIGN_OR_RETURN(const std::string_view whole, window_.View(offset, bytes));
    const std::string_view body = whole.substr(Layout::kBytes);
    const absl::Status intact = CheckRecordBody(*header, body, segment_.header.salt);
    if (!intact.ok()) return Fault(intact.message());
    return Record{*header, body};
  }

  std::optional<Record> Fault(absl::string_view what) {
    tail_.fault = FromAbsl(what);
    return std::nullopt;
  }

  const char* OutOfOrder(const RecordHeader& header) const {
    if (header.lsn != tail_.end.last_lsn.Next()) return "its LSN does not follow";
    if (header.previous_crc != tail_.end.last_record_crc) return "the chain to the record before";
    if (header.commit_time < tail_.last_commit_time) return "its commit time is before the last";
    return nullptr;
  }

  void Accept(const RecordHeader& header) {
    // A record that the newest watermark does not cover was framed after the flush before that
    // one had ended, and so carries that flush's watermark or a later one.
    if (header.durable_lsn != watermark_) {
      tail_.unproven_offset = watermark_offset_;
      watermark_ = header.durable_lsn;
      watermark_offset_ = tail_.end.end_offset;
    }
    tail_.closed = header.kind == RecordKind::kWatermark && header.durable_lsn.Next() == header.lsn;
    tail_.last_commit_time = header.commit_time;
    tail_.end.last_lsn = header.lsn;
    tail_.end.last_record_crc = header.header_crc;
    tail_.end.end_offset += Layout::kBytes + header.body_length;
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
    // Kind, version and flags in one look, before the checksum: there are many boundaries.
    const auto kind_and_version =
        LoadLittleEndian<std::uint32_t>(bytes.data() + Layout::kKindOffset);
    if (kind_and_version != 0x0101 && kind_and_version != 0x0102) return;
    const absl::StatusOr<RecordHeader> header = DecodeRecordHeader(bytes, segment_.header.salt);
    if (!header.ok() || header->lsn <= tail_.end.last_lsn) return;
    if (header->durable_lsn <= tail_.proven_durable) return;
    tail_.proven_durable = header->durable_lsn;
    tail_.proof_offset = offset;
  }

  const SegmentFile& segment_;
  Window window_;
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
      return Unreadable(segment.path, 0, file.status());
    }
    return file.status();
  }
  Scanner scanner(**file, segment);
  return scanner.Run(visit);
}

}  // namespace varve::wal
