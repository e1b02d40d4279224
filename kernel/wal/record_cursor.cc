#include "kernel/wal/record_cursor.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/base/status.h"

namespace varve::wal {

using Layout = RecordLayout;

absl::Status UnreadableLog(const std::string& path, std::uint64_t offset,
                           const absl::Status& status) {
  Damage damage;
  damage.kind = Damage::Kind::kUnreadable;
  damage.file = path;
  damage.offset = offset;
  damage.found = "the device failed the read: " + std::string(FromAbsl(status.message()));
  return damage.ToStatus();
}

absl::StatusOr<std::string_view> FileWindow::View(std::uint64_t offset, std::uint64_t count) {
  count = offset < end_ ? std::min(count, end_ - offset) : 0;
  if (offset < start_ || offset + count > start_ + size_) {
    VARVE_RETURN_IF_ERROR(Move(offset, count));
  }
  const std::uint64_t have = start_ + size_ - offset;
  return std::string_view(buffer_.get() + (offset - start_), std::min(count, have));
}

// Makes the window start at `offset` and hold at least `count` bytes (V2).
absl::Status FileWindow::Move(std::uint64_t offset, std::uint64_t count) {
  VARVE_CHECK(offset % 8 == 0);
  const bool overlaps = offset >= start_ && offset < start_ + size_;
  const std::uint64_t kept = overlaps ? start_ + size_ - offset : 0;
  const std::uint64_t wanted = std::max(count, std::min(bytes_, end_ - std::min(end_, offset)));
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
  if (!read.ok()) return UnreadableLog(path_, offset + kept, read.status());
  size_ += *read;
  // The file became shorter since it was opened: the end is where it ends now.
  if (*read < wanted - kept) end_ = start_ + size_;
  return absl::OkStatus();
}

RecordCursor::RecordCursor(const SegmentHeader& header, const std::string& path, FileWindow& window)
    : header_(header), path_(path), window_(window) {
  end_.number = header.number;
  end_.end_offset = kSegmentHeaderBytes;
  end_.last_lsn = header.predecessor.last_lsn;
  end_.last_record_crc = header.predecessor.last_record_crc;
}

absl::StatusOr<std::optional<Record>> RecordCursor::Read() {
  const std::uint64_t offset = end_.end_offset;
  VARVE_ASSIGN_OR_RETURN(const std::string_view head, window_.View(offset, Layout::kBytes));
  absl::StatusOr<RecordHeader> header = DecodeRecordHeader(head, header_.salt);
  if (header.status().code() == absl::StatusCode::kUnimplemented) {
    return AddContext(header.status(), path_ + ": offset " + std::to_string(offset));
  }
  if (!header.ok()) return Fault(FromAbsl(header.status().message()));
  const char* const out_of_order = OutOfOrder(*header);
  if (out_of_order != nullptr) return Fault(out_of_order);
  const std::uint64_t bytes = Layout::kBytes + header->body_length;
  if (bytes > window_.end() - offset) return Fault("the body runs beyond the end");  // V1
  VARVE_ASSIGN_OR_RETURN(const std::string_view whole, window_.View(offset, bytes));
  const std::string_view body = whole.substr(Layout::kBytes);
  const absl::Status intact = CheckRecordBody(*header, body, header_.salt);
  if (!intact.ok()) return Fault(FromAbsl(intact.message()));
  return Record{*header, body};
}

void RecordCursor::Accept(const RecordHeader& header) {
  last_commit_time_ = header.commit_time;
  end_.last_lsn = header.lsn;
  end_.last_record_crc = header.header_crc;
  end_.end_offset += Layout::kBytes + header.body_length;
}

void RecordCursor::StandBefore(std::uint64_t offset, const RecordHeader& header) {
  end_.end_offset = offset;
  end_.last_lsn = Lsn(header.lsn.value() - 1);
  end_.last_record_crc = header.previous_crc;
}

std::optional<Record> RecordCursor::Fault(std::string_view what) {
  fault_ = what;
  return std::nullopt;
}

const char* RecordCursor::OutOfOrder(const RecordHeader& header) const {
  if (header.lsn != end_.last_lsn.Next()) return "its LSN does not follow";
  if (header.previous_crc != end_.last_record_crc) return "the chain to the record before";
  if (header.commit_time < last_commit_time_) return "its commit time is before the last";
  return nullptr;
}

}  // namespace varve::wal
