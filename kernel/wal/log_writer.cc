// LogWriter: appending records, starting segments, trimming old ones.
#include "kernel/wal/log_writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"

namespace varve::wal {
namespace {

// Records in memory that no flush has taken yet; an Append that would pass it waits for one.
constexpr std::uint64_t kPendingBytesMax = std::uint64_t{16} << 20;

// Kept free at the end of every segment, so that a close never needs another one.
constexpr std::uint64_t kWatermarkBytes = RecordLayout::kBytes;

constexpr std::uint64_t RoundUpToPage(std::uint64_t bytes) {
  return (bytes + kSegmentHeaderBytes - 1) / kSegmentHeaderBytes * kSegmentHeaderBytes;
}

}  // namespace

LogWriter::LogWriter(const Environment& environment, std::string folder, const LogOptions& options,
                     Start start, LogHooks hooks)
    : environment_(environment),
      folder_(std::move(folder)),
      options_(options),
      hooks_(std::move(hooks)),
      store_(start.header.store),
      first_number_(start.header.number),
      predecessor_(start.header.predecessor),
      predecessor_cut_(start.predecessor_cut),
      current_(std::make_shared<Target>()),
      current_bytes_(start.segment.bytes),
      growth_bytes_(std::min(2 * start.segment.bytes, options.segment_bytes_max)),
      salt_(start.segment.salt),
      previous_crc_(start.header.predecessor.last_record_crc),
      last_commit_time_(start.last_commit_time),
      flight_lsn_(start.header.predecessor.last_lsn),
      started_number_(start.header.number),
      last_lsn_(start.header.predecessor.last_lsn.value()),
      durable_lsn_(start.header.predecessor.last_lsn.value()),
      supply_(environment, folder_, options.background_threads) {
  current_->number = start.segment.number;
  current_->path = std::move(start.segment.path);
  current_->file = std::move(start.segment.file);
  start.older.push_back(start.header);
  for (const SegmentHeader& header : start.older) {
    if (!extents_.empty()) {
      extents_.back().record_bytes = header.predecessor.end_offset - kSegmentHeaderBytes;
    }
    extents_.push_back({header.number, header.first_lsn, 0});
  }
  spare_buffers_.reserve(kSpareBuffersMax);  // a flush that ends needs no memory
  if (options_.background_threads) thread_ = std::thread([this] { RunThread(); });
}

LogWriter::~LogWriter() {
  StopThread();
  Lock lock(mutex_);
  Poison(CatchOutOfMemory(
      [] { return FailedPrecondition("the log was dropped without being closed"); }));
  RunDueCallbacks(lock);
}

absl::StatusOr<Lsn> LogWriter::Append(const RecordDraft& draft) {
  VARVE_CHECK(draft.body.size() % 8 == 0);
  if (draft.body.size() > kRecordBodyBytesMax) {
    return InvalidArgument("a transaction of ", draft.body.size(), " bytes; the limit is ",
                           kRecordBodyBytesMax, ": split it");
  }
  Lock lock(mutex_);
  VARVE_RETURN_IF_ERROR(CheckAppendable());
  VARVE_RETURN_IF_ERROR(MakeRoom(lock, RecordLayout::kBytes + draft.body.size()));
  const Lsn lsn = Frame(draft);
  OrderNextSegment();
  return lsn;
}

absl::Status LogWriter::CheckAppendable() const {
  if (!poison_.ok()) {
    return FailedPrecondition("the log takes no more records since a write failed; reopen the ",
                              "store. The error was: ", FromAbsl(poison_.message()));
  }
  if (closed_) return FailedPrecondition("the log is closed");
  return absl::OkStatus();
}

// Ends with room for `bytes` in memory and in the current segment. May let go of the lock
// meanwhile.
absl::Status LogWriter::MakeRoom(Lock& lock, std::uint64_t bytes) {
  while (pending_bytes_.load(std::memory_order_relaxed) > 0 &&
         pending_bytes_.load(std::memory_order_relaxed) + bytes > kPendingBytesMax) {
    AwaitFlush(lock);
    VARVE_RETURN_IF_ERROR(CheckAppendable());
  }
  if (offset_ + bytes + kWatermarkBytes <= current_bytes_) return absl::OkStatus();
  return Rotate(lock, bytes);
}

absl::Status LogWriter::Rotate(Lock& lock, std::uint64_t bytes) {
  while (started_number_.load(std::memory_order_relaxed) < current_->number) {  // L4
    AwaitFlush(lock);
    VARVE_RETURN_IF_ERROR(CheckAppendable());
  }
  const std::uint64_t bytes_min = RoundUpToPage(kSegmentHeaderBytes + bytes + kWatermarkBytes);
  const std::uint64_t number = current_->number + 1;
  const std::uint64_t wanted = std::max(growth_bytes_, bytes_min);
  lock.unlock();
  absl::StatusOr<PreparedSegment> prepared = supply_.Take(number, wanted, bytes_min);
  lock.lock();
  VARVE_RETURN_IF_ERROR(CheckAppendable());  // what was prepared stays behind as an unused file
  if (prepared.status().code() == absl::StatusCode::kResourceExhausted) return prepared.status();
  if (!prepared.ok()) {
    Poison(prepared.status());
    RunDueCallbacks(lock);
    return CheckAppendable();
  }
  StartSegment(*std::move(prepared));
  return absl::OkStatus();
}

void LogWriter::StartSegment(PreparedSegment prepared) {
  SegmentHeader header;
  header.store = store_;
  header.number = prepared.number;
  header.salt = prepared.salt;
  header.first_lsn = last_lsn().Next();
  header.predecessor = {current_->number, offset_, last_lsn(), previous_crc_};
  header.segment_bytes = prepared.bytes;
  header.created = environment_.clock->Now();

  auto next = std::make_shared<Target>();
  next->number = prepared.number;
  next->path = std::move(prepared.path);
  next->file = std::move(prepared.file);
  next->header_page = EncodeSegmentHeader(header);
  // The last of what may run out of memory: what follows happens as a whole.
  extents_.push_back({header.number, header.first_lsn, 0});
  extents_[extents_.size() - 2].record_bytes = offset_ - kSegmentHeaderBytes;
  current_ = std::move(next);
  current_bytes_ = prepared.bytes;
  growth_bytes_ = std::min(2 * growth_bytes_, options_.segment_bytes_max);
  salt_ = prepared.salt;
  offset_ = kSegmentHeaderBytes;
  next_ordered_ = false;
  if (hooks_.tell) {
    hooks_.tell({LogLevel::kDebug,
                 "log",
                 "a new log segment",
                 {{"segment", std::to_string(header.number)},
                  {"first_lsn", std::to_string(header.first_lsn.value())},
                  {"bytes", std::to_string(header.segment_bytes)}}});
  }
}

// The buffer that the next record goes to: it continues the newest batch of the current segment.
RecordBuffer& LogWriter::PendingBytes() {
  if (pending_.empty() || pending_.back().target != current_) {
    Batch batch;
    batch.target = current_;
    batch.offset = offset_;
    if (!spare_buffers_.empty()) {
      batch.bytes = std::move(spare_buffers_.back());
      spare_buffers_.pop_back();
    }
    pending_.push_back(std::move(batch));
    if (!options_.background_threads) pending_since_ = environment_.clock->Now();
  }
  return pending_.back().bytes;
}

Lsn LogWriter::Frame(const RecordDraft& draft) {
  VARVE_CHECK(draft.commit_time >= last_commit_time_);
  const std::uint64_t bytes = RecordLayout::kBytes + draft.body.size();
  RecordHeader header;
  header.body_length = static_cast<std::uint32_t>(draft.body.size());
  header.lsn = last_lsn().Next();
  header.durable_lsn = durable_lsn();
  header.commit_time = draft.commit_time;
  header.kind = draft.kind;
  header.entry_count = draft.entry_count;
  header.previous_crc = previous_crc_;
  header.body_crc = BindBodyCrc(draft.body_crc, salt_, header.lsn);

  char* const to = PendingBytes().Extend(bytes);
  previous_crc_ = EncodeRecordHeader(header, salt_, to);
  if (!draft.body.empty()) {
    std::memcpy(to + RecordLayout::kBytes, draft.body.data(), draft.body.size());
  }
  offset_ += bytes;
  last_commit_time_ = draft.commit_time;
  pending_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  last_lsn_.store(header.lsn.value(), std::memory_order_release);
  counts_.records.Add();
  counts_.record_bytes.Add(bytes);
  return header.lsn;
}

void LogWriter::OrderNextSegment() {
  if (next_ordered_ || offset_ < current_bytes_ / 2) return;
  if (started_number_.load(std::memory_order_relaxed) < current_->number) return;  // L4
  next_ordered_ = true;
  supply_.Order(current_->number + 1, growth_bytes_);
}

absl::Status LogWriter::TrimTo(Lsn lsn) {
  const std::lock_guard<std::mutex> trim(trim_mutex_);
  while (true) {
    std::string path;
    {
      const Lock lock(mutex_);
      if (!poison_.ok()) return CheckAppendable();
      if (extents_.size() < 2) return absl::OkStatus();
      const Extent& successor = extents_[1];
      if (successor.first_lsn > std::min(lsn, durable_lsn()).Next()) return absl::OkStatus();
      if (successor.number > started_number_.load(std::memory_order_acquire)) {
        return absl::OkStatus();  // without its header nothing would say where the log is
      }
      path = JoinPath(folder_, SegmentFileName(extents_.front().number));
    }
    const absl::Status removed = environment_.files->Remove(path);
    if (!removed.ok() && removed.code() != absl::StatusCode::kNotFound) return removed;
    // One at a time, oldest first: however a crash falls, no gap is left behind.
    VARVE_RETURN_IF_ERROR(environment_.files->SyncDirectory(folder_));
    const Lock lock(mutex_);
    extents_.pop_front();
    counts_.segments_deleted.Add();
  }
}

std::uint64_t LogWriter::BytesSince(Lsn lsn) const {
  const Lock lock(mutex_);
  std::uint64_t bytes = 0;
  Lsn last = last_lsn();
  for (auto extent = extents_.rbegin(); extent != extents_.rend() && last > lsn; ++extent) {
    const bool is_current = extent == extents_.rbegin();
    const std::uint64_t extent_bytes =
        is_current ? offset_ - kSegmentHeaderBytes : extent->record_bytes;
    const std::uint64_t records = last.value() - extent->first_lsn.value() + 1;
    const std::uint64_t counted = std::min(records, last.value() - lsn.value());
    if (records > 0) {
      bytes +=
          static_cast<std::uint64_t>(static_cast<double>(extent_bytes) *
                                     static_cast<double>(counted) / static_cast<double>(records));
    }
    last = Lsn(extent->first_lsn.value() - 1);
  }
  return bytes;
}

SegmentEnd LogWriter::end() const {
  const Lock lock(mutex_);
  const bool nothing_appended = counts_.records.value() == 0;
  if (removed_ || (nothing_appended && !closed_)) return predecessor_;
  return {current_->number, offset_, last_lsn(), previous_crc_};
}

absl::Status LogWriter::status() const {
  const Lock lock(mutex_);
  return poison_;
}

LogStats LogWriter::stats() const {
  LogStats stats;
  stats.records = counts_.records.value();
  stats.record_bytes = counts_.record_bytes.value();
  stats.flushes = counts_.flushes.value();
  stats.segments_deleted = counts_.segments_deleted.value();
  stats.segments_started = started_number_.load(std::memory_order_relaxed) - first_number_ + 1;
  stats.flush_records = flush_records_.value();
  stats.flush_bytes = flush_bytes_.value();
  stats.flush_nanos = flush_nanos_.value();
  return stats;
}

}  // namespace varve::wal
