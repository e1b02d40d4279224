// The log on files: group commit into zero-filled segments.
#ifndef VARVE_KERNEL_WAL_WRITER_H_
#define VARVE_KERNEL_WAL_WRITER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "kernel/io/environment.h"
#include "kernel/wal/log.h"
#include "kernel/wal/segment.h"

namespace varve::wal {

struct LogOptions {
  // Segments start at `segment_bytes_min` after an open and double up to `segment_bytes_max`, so
  // a small store stays small and a busy one rotates seldom. A larger record gets a larger one.
  std::uint64_t segment_bytes_min = std::uint64_t{1} << 20;
  std::uint64_t segment_bytes_max = std::uint64_t{64} << 20;
  // Bounds of what a crash may take from buffered commits.
  std::uint64_t unsynced_bytes_max = std::uint64_t{1} << 20;
  std::chrono::milliseconds unsynced_time_max{100};
  // False: no thread is ever started; every flush and every segment preparation happens inside a
  // call. For the simulated file system, and for programs that fork.
  bool background_threads = true;
};

// Where the log continues: what recovery found. `predecessor.number` 0 for a new store.
struct LogPosition {
  Uuid store;
  SegmentEnd predecessor;
  Lsn last_lsn;  // newest record in the log (or covered by its base)
  Timestamp last_commit_time;
  // SegmentTail::unproven_offset of the predecessor: from here on its records are written once more
  // before they count as durable (a sync that failed may have left them in the page cache only).
  // 0: they are only synced.
  std::uint64_t unproven_offset = 0;
};

// Writes the bytes [from, end) of a segment once more, as they read now, and syncs the file. What
// recovery read of the newest records came from the page cache, which may never have reached the
// disk (the last process was killed) or, after a failed sync, never will by itself: the kernel then
// marks the lost pages clean. So this comes before anyone is told that they are there. Where `from`
// is the first record, the header goes with them.
[[nodiscard]] absl::Status SettleSegment(FileSystem& files, const std::string& path,
                                         std::uint64_t from, std::uint64_t end);

// Starts a new segment in `folder` (header written and synced, then the folder synced) and
// returns the log on it. `environment`'s parts must outlive the log.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Log>> StartLog(const Environment& environment,
                                                            std::string folder,
                                                            const LogPosition& position,
                                                            const LogOptions& options,
                                                            LogHooks hooks);

// A log that keeps nothing: each record is "durable" at once. For stores in memory.
[[nodiscard]] std::unique_ptr<Log> MakeVolatileLog(Lsn last_lsn, LogHooks hooks);

}  // namespace varve::wal

#endif  // VARVE_KERNEL_WAL_WRITER_H_
