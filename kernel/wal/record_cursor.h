// Walks the intact records of one segment forward: the one place where bytes of the log become
// records. Whoever uses it decides what the end means (segment_scan.cc, log_follower.cc).
//
// (V1) No length is used before the salted checksum over it holds, and no buffer is ever larger
//      than what the file still has.
// (V2) The window starts at a multiple of 8 of the file, so a body is 8-byte aligned in memory.
#ifndef VARVE_KERNEL_WAL_RECORD_CURSOR_H_
#define VARVE_KERNEL_WAL_RECORD_CURSOR_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/io/file_system.h"
#include "kernel/wal/record.h"
#include "kernel/wal/segment.h"

namespace varve::wal {

// The kDataLoss (Damage::kUnreadable) for a read that the device failed.
[[nodiscard]] absl::Status UnreadableLog(const std::string& path, std::uint64_t offset,
                                         const absl::Status& status);

// A stretch of a file in memory that only moves forward.
class FileWindow final {
 public:
  // `file` and `path` must outlive it. At least `bytes` are read at a time, and nothing at or
  // behind `end`.
  FileWindow(const File& file, const std::string& path, std::uint64_t end, std::uint64_t bytes)
      : file_(file), path_(path), end_(end), bytes_(bytes) {}

  // The bytes from `offset` (a multiple of 8, not below the last call's): `count` of them, or fewer
  // where the readable part ends. Valid until the next call.
  [[nodiscard]] absl::StatusOr<std::string_view> View(std::uint64_t offset, std::uint64_t count);
  // The next View reads anew: the file may have changed.
  void Forget() { size_ = 0; }
  [[nodiscard]] std::uint64_t end() const { return end_; }

 private:
  absl::Status Move(std::uint64_t offset, std::uint64_t count);

  const File& file_;
  const std::string& path_;
  std::uint64_t end_;
  const std::uint64_t bytes_;
  std::unique_ptr<char[]> buffer_;
  std::uint64_t capacity_ = 0;
  std::uint64_t start_ = 0;
  std::uint64_t size_ = 0;
};

class RecordCursor final {
 public:
  // Before the first record of the segment with `header`, which and `window` must outlive it.
  RecordCursor(const SegmentHeader& header, const std::string& path, FileWindow& window);

  // The record at end().end_offset where every check of it holds (checksums, chain, LSN order,
  // commit-time order); nullopt where one fails, and fault() says which. Borrows the window.
  // kDataLoss: the device failed a read. kUnimplemented: intact, of a newer version or kind.
  [[nodiscard]] absl::StatusOr<std::optional<Record>> Read();
  // Steps over the record that Read returned.
  void Accept(const RecordHeader& header);

  // Stands before the record at `offset`, whose header this is, whatever is in front of it: Read
  // then checks the rest of that record, and from it on all is as before.
  void StandBefore(std::uint64_t offset, const RecordHeader& header);

  // Of the records stepped over.
  [[nodiscard]] const SegmentEnd& end() const { return end_; }
  [[nodiscard]] Timestamp last_commit_time() const { return last_commit_time_; }
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  std::optional<Record> Fault(std::string_view what);
  [[nodiscard]] const char* OutOfOrder(const RecordHeader& header) const;

  const SegmentHeader& header_;
  const std::string& path_;
  FileWindow& window_;
  SegmentEnd end_;
  Timestamp last_commit_time_;
  std::string fault_;
};

}  // namespace varve::wal

#endif  // VARVE_KERNEL_WAL_RECORD_CURSOR_H_
