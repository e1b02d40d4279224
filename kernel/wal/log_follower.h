// Reads the records of a log one by one while it is being written.
#ifndef VARVE_KERNEL_WAL_LOG_FOLLOWER_H_
#define VARVE_KERNEL_WAL_LOG_FOLLOWER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/io/file_system.h"
#include "kernel/wal/record.h"
#include "kernel/wal/segment.h"

namespace varve::wal {

// Holds one segment open, so that one survives being trimmed. Not thread-safe; any number may
// follow one log. Writes nothing.
class LogFollower final {
 public:
  // Stands behind the record of LSN `after`. `files` must outlive it.
  // kOutOfRange: the log begins later than `after` + 1. kDataLoss (Damage): as ScanSegment.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<LogFollower>> Open(FileSystem& files,
                                                                         std::string folder,
                                                                         const Uuid& store,
                                                                         Lsn after);
  ~LogFollower();
  LogFollower(const LogFollower&) = delete;
  LogFollower& operator=(const LogFollower&) = delete;

  // The record that follows; it borrows a buffer until the next call. Call it only where the record
  // is known to be durable: one that is not there whole is kDataLoss (Damage).
  // kOutOfRange: it was trimmed meanwhile.
  [[nodiscard]] absl::StatusOr<Record> Read();
  // Steps over the record that Read returned.
  void Accept(const RecordHeader& header);

 private:
  struct Segment;

  LogFollower(FileSystem& files, std::string folder, const Uuid& store);
  // Null where the file holds no header yet: prepared, or being started.
  [[nodiscard]] absl::StatusOr<std::unique_ptr<Segment>> OpenSegment(std::uint64_t number) const;
  [[nodiscard]] absl::Status FindSegmentFor(Lsn lsn);
  // Goes on to the successor of segment_, which must say that segment_ ends where its records do.
  [[nodiscard]] absl::Status Advance();
  [[nodiscard]] absl::StatusOr<std::vector<std::uint64_t>> Numbers() const;

  FileSystem& files_;
  const std::string folder_;
  const Uuid store_;
  std::unique_ptr<Segment> segment_;
};

}  // namespace varve::wal

#endif  // VARVE_KERNEL_WAL_LOG_FOLLOWER_H_
