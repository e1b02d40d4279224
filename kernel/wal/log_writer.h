// The log on files. Include writer.h and call StartLog instead; this is the class behind it.
#ifndef VARVE_KERNEL_WAL_LOG_WRITER_H_
#define VARVE_KERNEL_WAL_LOG_WRITER_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "kernel/base/counter.h"
#include "kernel/wal/flush_groups.h"
#include "kernel/wal/record_buffer.h"
#include "kernel/wal/segment_supply.h"
#include "kernel/wal/writer.h"

namespace varve::wal {

// Invariants, cited by number in the code:
//  (L1) Records reach the disk in LSN order, and only by the flusher: the one thread that set
//       flushing_. It alone writes to segment files, without holding the mutex.
//  (L2) pending_ holds exactly the records after flight_lsn_, in order; the flight those after the
//       durable LSN up to flight_lsn_. So everything before a flush's bytes is durable already.
//  (L3) A segment's header is durable before its first record is written, and all records of the
//       segment before are durable before that header is written.
//  (L4) The next segment is prepared only once the current one's header is durable: a crash leaves
//       at most one unused segment, the newest.
//  (L5) hooks_.on_durable is called before durable_lsn_ moves, durable_lsn_ moves before anyone is
//  woken. (L6) Once poisoned no write is begun any more, ever.
class LogWriter final : public Log {
 public:
  // A segment whose header is durable and that holds no record yet, and the older ones.
  struct Start {
    SegmentHeader header;
    PreparedSegment segment;
    std::vector<SegmentHeader> older;  // ascending
    Timestamp last_commit_time;
    // The predecessor's file ends where its records do: an empty segment may go at Close.
    bool predecessor_cut = false;
  };

  LogWriter(const Environment& environment, std::string folder, const LogOptions& options,
            Start start, LogHooks hooks);
  // Without Close: ends the threads and drops what is buffered, like a crash. Callbacks that still
  // wait are called with kUnknown.
  ~LogWriter() override;

  absl::StatusOr<Lsn> Append(const RecordDraft& draft) override;
  absl::Status WaitDurable(Lsn lsn) override;
  void NotifyDurable(Lsn lsn, std::function<void(const absl::Status&)> done) override;
  void FlushSoon() override;
  Lsn last_lsn() const override { return Lsn(last_lsn_.load(std::memory_order_acquire)); }
  Lsn durable_lsn() const override { return Lsn(durable_lsn_.load(std::memory_order_acquire)); }
  SegmentEnd end() const override;
  absl::Status status() const override;
  absl::Status TrimTo(Lsn lsn) override;
  std::uint64_t BytesSince(Lsn lsn) const override;
  LogStats stats() const override;
  absl::Status Close() override;

 private:
  using Lock = std::unique_lock<std::mutex>;

  // A segment file that records are, or will be, written to.
  struct Target {
    std::uint64_t number = 0;
    std::string path;
    std::unique_ptr<File> file;
    std::string header_page;  // to be written before the first record; empty once it was (L1)
  };
  // Consecutive framed records of one segment.
  struct Batch {
    std::shared_ptr<Target> target;
    std::uint64_t offset = 0;
    RecordBuffer bytes;
  };
  // What TrimTo and BytesSince know of a segment.
  struct Extent {
    std::uint64_t number = 0;
    Lsn first_lsn;
    std::uint64_t record_bytes = 0;  // of the current one: see offset_
  };
  struct Callback {
    Lsn lsn;
    std::function<void(const absl::Status&)> done;
  };
  struct Counts {
    SerialCounter records;
    SerialCounter record_bytes;
    SerialCounter flushes;
    SerialCounter segments_deleted;
  };
  static constexpr std::size_t kSpareBuffersMax = 2;
  enum class Sleep : std::uint8_t { kAwake, kTimed, kForever };

  // log_writer.cc: appending. All of them with the mutex held.
  absl::Status CheckAppendable() const;
  absl::Status MakeRoom(Lock& lock, std::uint64_t bytes);
  absl::Status Rotate(Lock& lock, std::uint64_t bytes);
  void StartSegment(PreparedSegment prepared);
  Lsn Frame(const RecordDraft& draft);
  RecordBuffer& PendingBytes();
  void OrderNextSegment();

  // log_flush.cc: flushing.
  class FlushMeasure;
  void AwaitFlush(Lock& lock);
  void Flush(Lock& lock, bool stay = false);
  absl::Status WriteFlight();
  absl::Status WriteBatches();
  void FinishFlush(Lock& lock, const absl::Status& status, std::uint64_t records);
  void RecycleFlight();
  bool NeedsFlush() const;
  void HandOver(Lock& lock);
  void Poison(const absl::Status& status);
  absl::Status Settled(Lsn lsn) const;
  void RunDueCallbacks(Lock& lock);
  void RequestWork();
  void RunThread();
  void LetGroupReturn(Lock& lock);
  std::uint64_t AwaitArrivals(std::uint64_t flight, std::uint64_t pending,
                              std::uint64_t whole) const;
  void StopThread();
  void FlushIfDue();

  // log_close.cc.
  absl::Status Finish();
  absl::Status FinishSegment();

  const Environment environment_;
  const std::string folder_;
  const LogOptions options_;
  const LogHooks hooks_;
  const Uuid store_;
  const std::uint64_t first_number_;  // of this session
  const SegmentEnd predecessor_;
  const bool predecessor_cut_;

  mutable std::mutex mutex_;  // guards what follows, up to the atomics
  std::shared_ptr<Target> current_;
  std::uint64_t current_bytes_;  // size of the current segment's file
  std::uint64_t growth_bytes_;   // the next segment's size, larger records apart
  std::uint64_t salt_;
  std::uint64_t offset_ = kSegmentHeaderBytes;  // of the next record in the current segment
  std::uint32_t previous_crc_;
  Timestamp last_commit_time_;
  bool next_ordered_ = false;
  std::deque<Extent> extents_;  // ascending; the last is the current segment's
  std::vector<Batch> pending_;  // L2
  std::vector<RecordBuffer> spare_buffers_;
  std::deque<Callback> callbacks_;  // ascending by LSN
  bool flushing_ = false;           // L1
  bool lingering_ = false;          // flushing_, but only waiting for a group to come back
  bool handed_over_ = false;  // flushing_ and lingering_ for the log thread, which is to take over
  bool flush_due_ = false;    // pending records have waited long enough
  Timestamp pending_since_;   // without threads: when pending_ stopped being empty
  std::uint64_t flush_number_ = 0;  // of the newest flush started
  std::uint32_t group_size_ = 0;    // how many the last flush woke
  std::uint32_t futile_pauses_ = 0;
  std::uint32_t pauses_to_skip_ = 0;
  Lsn flight_lsn_;
  absl::Status poison_;
  bool closed_ = false;
  bool removed_ = false;  // the session's only segment, empty, was removed at Close
  bool stopping_ = false;
  Counts counts_;
  FlushGroups groups_;

  std::vector<Batch> flight_;  // of the flusher (L1)
  Histogram flush_records_;
  Histogram flush_bytes_;
  Histogram flush_nanos_;
  std::atomic<std::uint64_t> started_number_;  // newest segment with a durable header
  std::atomic<std::uint64_t> last_lsn_;
  std::atomic<std::uint64_t> durable_lsn_;
  std::atomic<std::uint64_t> pending_bytes_{0};
  std::atomic<bool> hurry_{false};      // a pause of the log thread has to end
  std::atomic<std::uint32_t> work_{0};  // the log thread's futex word
  std::atomic<Sleep> sleep_{Sleep::kAwake};

  std::mutex trim_mutex_;   // one TrimTo at a time; taken before mutex_
  std::mutex close_mutex_;  // one Close at a time; taken before mutex_
  std::optional<absl::Status> close_result_;
  SegmentSupply supply_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace varve::wal

#endif  // VARVE_KERNEL_WAL_LOG_WRITER_H_
