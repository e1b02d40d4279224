// LogWriter: making records durable, by whoever waits or by the log's own thread.
//
// A lone committer writes and syncs by itself: no other thread, no hop. Who comes while a flush is
// in flight joins the group of the next one; when the first flush ends and has left a group behind,
// the log thread takes over and goes on as long as groups form, waking each by one call.
#include <algorithm>
#include <chrono>
#include <utility>

#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"
#include "kernel/io/stopwatch.h"
#include "kernel/io/tracer.h"
#include "kernel/wal/log_writer.h"

namespace varve::wal {
namespace {

// A recycled buffer larger than this goes back to the allocator.
constexpr std::size_t kSpareBufferBytesMax = std::size_t{4} << 20;

// How long the log thread waits for a group to come back: all in all, and for the next of them.
constexpr std::chrono::microseconds kPauseMax{50};
constexpr std::chrono::microseconds kArrivalGapMax{20};
// After so many pauses in which nobody came, the next ones are not made.
constexpr std::uint32_t kFutilePausesMax = 4;
constexpr std::uint32_t kPausesSkipped = 64;

}  // namespace

absl::Status LogWriter::WaitDurable(Lsn lsn) {
  if (durable_lsn() >= lsn) return absl::OkStatus();
  Lock lock(mutex_);
  while (durable_lsn() < lsn) {
    if (!poison_.ok() || lsn > last_lsn()) return Settled(lsn);
    if (!flushing_) {
      Flush(lock);
      HandOver(lock);
      continue;
    }
    const bool in_flight = lsn <= flight_lsn_;
    const FlushGroups::Ticket ticket = groups_.Join(in_flight ? flush_number_ : flush_number_ + 1);
    lock.unlock();
    groups_.Wait(ticket);
    if (durable_lsn() >= lsn) return absl::OkStatus();
    lock.lock();
  }
  return absl::OkStatus();
}

void LogWriter::NotifyDurable(Lsn lsn, std::function<void(const absl::Status&)> done) {
  Lock lock(mutex_);
  if (durable_lsn() >= lsn || !poison_.ok() || lsn > last_lsn()) {
    const absl::Status answer = Settled(lsn);
    lock.unlock();
    done(answer);
    return;
  }
  const auto after = std::upper_bound(callbacks_.begin(), callbacks_.end(), lsn,
                                      [](Lsn a, const Callback& b) { return a < b.lsn; });
  callbacks_.insert(after, {lsn, std::move(done)});
  if (flushing_) return;  // whoever flushes sees the callback when done
  if (options_.background_threads) {
    RequestWork();
  } else {
    Flush(lock);
    HandOver(lock);
  }
}

void LogWriter::FlushSoon() {
  if (!options_.background_threads) {
    FlushIfDue();
    return;
  }
  // Awake, the log thread looks at what is pending before it sleeps again.
  const Sleep sleep = sleep_.load(std::memory_order_relaxed);
  if (sleep == Sleep::kAwake) return;
  const bool full =
      pending_bytes_.load(std::memory_order_relaxed) >= options_.unsynced_bytes_max / 2;
  if (full || sleep == Sleep::kForever) RequestWork();
}

void LogWriter::FlushIfDue() {
  Lock lock(mutex_);
  if (pending_.empty() || flushing_ || !poison_.ok()) return;
  const std::uint64_t now = environment_.clock->Now().micros();
  const std::uint64_t since = pending_since_.micros();
  const auto waited = std::chrono::microseconds(now > since ? now - since : 0);
  const bool full =
      pending_bytes_.load(std::memory_order_relaxed) >= options_.unsynced_bytes_max / 2;
  if (!full && waited < options_.unsynced_time_max) return;
  Flush(lock);
  HandOver(lock);
}

// For one who cannot go on before the flusher has made progress: flushes, or waits for whoever is.
void LogWriter::AwaitFlush(Lock& lock) {
  if (!flushing_) {
    Flush(lock);
    HandOver(lock);
    return;
  }
  hurry_.store(true, std::memory_order_relaxed);
  const FlushGroups::Ticket ticket = groups_.Join(lingering_ ? flush_number_ + 1 : flush_number_);
  lock.unlock();
  groups_.Wait(ticket);
  lock.lock();
}

// What statistics and tracing want to know of a flush, the hooks that hang on it left out.
class LogWriter::FlushMeasure final {
 public:
  FlushMeasure(LogWriter& log, std::uint64_t records, std::uint64_t bytes,
               const absl::Status& status)
      : log_(log),
        records_(records),
        bytes_(bytes),
        status_(status),
        stopwatch_(records > 0 ? log.hooks_.timing : nullptr),
        span_(records > 0 ? log.environment_.tracer : nullptr, "varve.log.flush") {}
  ~FlushMeasure() {
    if (records_ == 0) return;
    if (status_.ok()) {
      stopwatch_.Record(log_.flush_nanos_);
      log_.flush_records_.Record(records_);
      log_.flush_bytes_.Record(bytes_);
    }
    span_.Set("records", records_);
    span_.Set("bytes", bytes_);
    span_.Set("lsn", log_.flight_lsn_.value());
    span_.Note(status_);
  }

 private:
  LogWriter& log_;
  const std::uint64_t records_;
  const std::uint64_t bytes_;
  const absl::Status& status_;  // of the flush, as it is at the end
  const Stopwatch stopwatch_;
  TracedSpan span_;
};

// Writes everything pending, durably, and tells all who wait for it. Lets go of the lock meanwhile.
// With `stay` the caller is the flusher still on return, lingering.
void LogWriter::Flush(Lock& lock, bool stay) {
  flushing_ = true;  // L1
  hurry_.store(false, std::memory_order_relaxed);
  ++flush_number_;
  flight_.swap(pending_);
  const std::uint64_t records = last_lsn().value() - flight_lsn_.value();
  flight_lsn_ = last_lsn();
  const std::uint64_t bytes = pending_bytes_.exchange(0, std::memory_order_relaxed);
  flush_due_ = false;
  absl::Status status = poison_;
  lock.unlock();
  {
    const FlushMeasure measure(*this, records, bytes, status);
    if (status.ok()) status = WriteFlight();
  }
  if (status.ok() && records > 0 && hooks_.on_durable) hooks_.on_durable(flight_lsn_);  // L5
  lock.lock();
  flushing_ = stay;
  lingering_ = stay;
  FinishFlush(lock, status, records);
}

// Without memory, what was written is as unknown as after any other failure.
absl::Status LogWriter::WriteFlight() {
  return CatchOutOfMemory([&] { return WriteBatches(); }, "a flush was cut short");
}

absl::Status LogWriter::WriteBatches() {
  for (Batch& batch : flight_) {
    Target& target = *batch.target;
    if (!target.header_page.empty()) {  // L3: all earlier batches are durable by now
      VARVE_RETURN_IF_ERROR(target.file->WriteDurablyAt(0, target.header_page));
      target.header_page = std::string();
      started_number_.store(target.number, std::memory_order_release);
    }
    VARVE_RETURN_IF_ERROR(target.file->WriteDurablyAt(batch.offset, batch.bytes.view()));
  }
  return absl::OkStatus();
}

void LogWriter::FinishFlush(Lock& lock, const absl::Status& status, std::uint64_t records) {
  RecycleFlight();
  if (!status.ok()) {
    Poison(status);
  } else if (records > 0) {
    durable_lsn_.store(flight_lsn_.value(), std::memory_order_release);
    counts_.flushes.Add();
  }
  const std::uint64_t flush = flush_number_;
  group_size_ = groups_.Finish(flush);
  if (group_size_ > 0) {
    lock.unlock();
    groups_.Wake(flush);
    lock.lock();
  }
  RunDueCallbacks(lock);
}

void LogWriter::RecycleFlight() {
  for (Batch& batch : flight_) {
    if (batch.bytes.capacity() > kSpareBufferBytesMax) continue;
    if (spare_buffers_.size() >= kSpareBuffersMax) break;
    batch.bytes.Clear();
    spare_buffers_.push_back(std::move(batch.bytes));
  }
  flight_.clear();
}

bool LogWriter::NeedsFlush() const {
  if (!poison_.ok()) return false;
  return groups_.waiting(flush_number_ + 1) > 0 || !callbacks_.empty() || flush_due_ ||
         pending_bytes_.load(std::memory_order_relaxed) >= options_.unsynced_bytes_max / 2;
}

// After a flush by a committer: sees to it that those who came meanwhile are served. With a log
// thread the office goes straight to it, or the committer would soon be back, flush alone, and
// leave the others to wait for the flush after that.
void LogWriter::HandOver(Lock& lock) {
  if (options_.background_threads) {
    if (flushing_ || !NeedsFlush()) return;
    flushing_ = true;
    lingering_ = true;
    handed_over_ = true;
    RequestWork();
    return;
  }
  while (!flushing_ && NeedsFlush()) Flush(lock);
}

void LogWriter::Poison(const absl::Status& status) {
  if (!poison_.ok()) return;
  poison_ = status;  // L6
  const auto tell = [&] {
    hooks_.tell({LogLevel::kError,
                 "log",
                 "the log could not be written: the store refuses writes until it is opened again",
                 {{"error", std::string(FromAbsl(status.message()))},
                  {"durable_lsn", std::to_string(durable_lsn().value())}}});
    return absl::OkStatus();
  };
  // Poisoned it is without memory for the words, too.
  if (hooks_.tell && !stopping_) CatchOutOfMemory(tell).IgnoreError();
  pending_.clear();
  pending_bytes_.store(0, std::memory_order_relaxed);
  // Those who joined the flush that will never be.
  if (groups_.Finish(flush_number_ + 1) > 0) groups_.Wake(flush_number_ + 1);
}

// What became of `lsn`, as far as that is settled.
absl::Status LogWriter::Settled(Lsn lsn) const {
  if (durable_lsn() >= lsn) return absl::OkStatus();
  if (lsn > last_lsn()) {
    return InvalidArgument("LSN ", lsn, " has not been appended; the last one is ", last_lsn());
  }
  try {
    return MakeStatus(absl::StatusCode::kUnknown, "LSN ", lsn,
                      " may or may not be there after a reopen: the log could not be made ",
                      "durable. The error was: ", FromAbsl(poison_.message()));
  } catch (const std::bad_alloc&) {
    return OutOfMemory(absl::StatusCode::kUnknown, {});
  }
}

// Lets go of the lock meanwhile. One by one: the log's thread must not need memory here.
void LogWriter::RunDueCallbacks(Lock& lock) {
  while (!callbacks_.empty() && (callbacks_.front().lsn <= durable_lsn() || !poison_.ok())) {
    const Callback due = std::move(callbacks_.front());
    callbacks_.pop_front();
    ++group_size_;
    const absl::Status answer = Settled(due.lsn);
    lock.unlock();
    due.done(answer);
    lock.lock();
  }
}

void LogWriter::RequestWork() {
  work_.fetch_add(1, std::memory_order_release);
  if (sleep_.exchange(Sleep::kAwake, std::memory_order_acq_rel) != Sleep::kAwake) {
    FutexWakeOne(work_);
  }
}

void LogWriter::RunThread() {
  Lock lock(mutex_);
  while (!stopping_) {
    if (handed_over_ || (!flushing_ && NeedsFlush())) {
      handed_over_ = false;
      Flush(lock, /*stay=*/true);
      LetGroupReturn(lock);
      flushing_ = false;
      lingering_ = false;
      continue;
    }
    // Pending records that nobody waits for may wait too, but not for ever. While a committer is
    // flushing, it will call when there is work left.
    const bool timed = !pending_.empty() && !flushing_;
    const std::uint32_t expected = work_.load(std::memory_order_acquire);
    sleep_.store(timed ? Sleep::kTimed : Sleep::kForever, std::memory_order_relaxed);
    lock.unlock();
    if (timed) {
      FutexWaitFor(work_, expected, options_.unsynced_time_max);
    } else {
      FutexWait(work_, expected);
    }
    lock.lock();
    sleep_.store(Sleep::kAwake, std::memory_order_relaxed);
    const bool timed_out = timed && work_.load(std::memory_order_acquire) == expected;
    if (timed_out && !pending_.empty()) flush_due_ = true;
  }
}

// Those whom the last flush served are about to commit again. Without a pause the next flush would
// take only what came meanwhile, and two groups would take turns, each waiting for two flushes. So
// the next flush waits for them, but only while they keep coming.
void LogWriter::LetGroupReturn(Lock& lock) {
  const std::uint64_t pending = last_lsn().value() - flight_lsn_.value();
  const std::uint64_t whole = pending + group_size_;
  if (group_size_ == 0 || whole < 2 || !poison_.ok()) return;
  if (pauses_to_skip_ > 0) {
    --pauses_to_skip_;
    return;
  }
  const std::uint64_t flight = flight_lsn_.value();
  lock.unlock();
  const std::uint64_t arrived = AwaitArrivals(flight, pending, whole);
  lock.lock();
  if (arrived > pending) {
    futile_pauses_ = 0;
  } else if (++futile_pauses_ == kFutilePausesMax) {
    futile_pauses_ = 0;
    pauses_to_skip_ = kPausesSkipped;
  }
}

// Returns how many records have come since `flight`: `whole`, or fewer when no more came.
std::uint64_t LogWriter::AwaitArrivals(std::uint64_t flight, std::uint64_t pending,
                                       std::uint64_t whole) const {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  Clock::time_point newest = start;
  std::uint64_t arrived = pending;
  while (!hurry_.load(std::memory_order_relaxed)) {
    const std::uint64_t now_arrived = last_lsn().value() - flight;
    const Clock::time_point now = Clock::now();
    if (now_arrived >= whole || now - start >= kPauseMax) return now_arrived;
    if (now_arrived > arrived) {
      arrived = now_arrived;
      newest = now;
    } else if (now - newest >= kArrivalGapMax) {
      break;
    }
    std::this_thread::yield();
  }
  return arrived;
}

void LogWriter::StopThread() {
  {
    const Lock lock(mutex_);
    stopping_ = true;
    hurry_.store(true, std::memory_order_relaxed);
  }
  RequestWork();
  FutexWakeAll(work_);
  if (thread_.joinable()) thread_.join();
}

}  // namespace varve::wal
