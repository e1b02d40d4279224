// What a store needs of its log. Two implementations: LogWriter (files) and VolatileLog (none).
#ifndef VARVE_KERNEL_WAL_LOG_H_
#define VARVE_KERNEL_WAL_LOG_H_

#include <cstdint>
#include <functional>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/base/histogram.h"
#include "kernel/base/ids.h"
#include "kernel/io/clock.h"
#include "kernel/io/log_sink.h"
#include "kernel/wal/record.h"
#include "kernel/wal/segment.h"

namespace varve::wal {

// One transaction as the committer hands it over, everything expensive already done.
struct RecordDraft {
  RecordKind kind = RecordKind::kTransaction;
  std::string_view body;       // length a multiple of 8; copied once, by Append
  std::uint32_t body_crc = 0;  // Crc32c(body), not yet bound to salt and LSN
  std::uint32_t entry_count = 0;
  Timestamp commit_time;
};

struct LogStats {
  std::uint64_t records = 0;       // appended since open
  std::uint64_t record_bytes = 0;  // their framed bytes
  std::uint64_t flushes = 0;       // durable writes that carried records
  std::uint64_t segments_started = 0;
  std::uint64_t segments_deleted = 0;  // by TrimTo
  HistogramValue flush_records;        // of each flush: how many records it carried
  HistogramValue flush_bytes;
  HistogramValue flush_nanos;  // write and sync; empty without LogHooks::timing
};

// How the log tells its owner what happens. All may be left out.
struct LogHooks {
  // Called with each new durable LSN, in order, before any waiter for it is woken. It must not
  // block or call back into the log.
  std::function<void(Lsn)> on_durable = nullptr;
  // Flushes are timed with it; null: no clock is read. Must outlive the log.
  Clock* timing = nullptr;
  // Called with what people should know, perhaps with locks held: it must only take note.
  std::function<void(LogMessage)> tell = nullptr;
};

// Threads: Append calls are serialized by the caller (the commit lock); everything else may be
// called from any thread at any time.
class Log {
 public:
  virtual ~Log() = default;

  // Frames the record, gives it the next LSN and buffers it; no system call happens here unless
  // the next segment is not ready yet. The record is not durable on return.
  // kResourceExhausted: the disk has no room for the next segment; the record is absent and a
  // later call may succeed. kFailedPrecondition: poisoned or closed; absent.
  [[nodiscard]] virtual absl::StatusOr<Lsn> Append(const RecordDraft& draft) = 0;

  // Blocks until every record up to `lsn` is durable; starts the flush itself where nobody else
  // has. kUnknown: the write or sync that covers `lsn` failed; the log is poisoned for ever.
  [[nodiscard]] virtual absl::Status WaitDurable(Lsn lsn) = 0;

  // Calls `done` once, from a thread of the log or from this call, with what WaitDurable(lsn)
  // would have answered. Sees to it that a flush starts. `done` must not block.
  virtual void NotifyDurable(Lsn lsn, std::function<void(const absl::Status&)> done) = 0;

  // Asks for what is buffered to be written and synced soon (within the options' bounds),
  // without waiting: what a buffered commit calls.
  virtual void FlushSoon() = 0;

  [[nodiscard]] virtual Lsn last_lsn() const = 0;     // newest appended
  [[nodiscard]] virtual Lsn durable_lsn() const = 0;  // newest durable; never decreases
  // Where the log ends: exact once closed; before that, of what has been appended so far. Where the
  // session appended nothing, its predecessor's end (once closed: of the session's own segment,
  // where that had to stay).
  [[nodiscard]] virtual SegmentEnd end() const = 0;
  // OK, or the error that poisoned the log.
  [[nodiscard]] virtual absl::Status status() const = 0;

  // Deletes the segments that hold only records up to and including `lsn`. Never the current one.
  [[nodiscard]] virtual absl::Status TrimTo(Lsn lsn) = 0;

  // Framed bytes of records with an LSN above `lsn` (approximate, by segment, while counting).
  [[nodiscard]] virtual std::uint64_t BytesSince(Lsn lsn) const = 0;
  [[nodiscard]] virtual LogStats stats() const = 0;

  // Makes everything durable, appends a watermark record (also durable), stops the threads and
  // cuts the last segment to its end. Later Appends answer kFailedPrecondition.
  [[nodiscard]] virtual absl::Status Close() = 0;
};

}  // namespace varve::wal

#endif  // VARVE_KERNEL_WAL_LOG_H_
