// MakeVolatileLog: numbers records and forgets them.
#include <atomic>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/wal/writer.h"

namespace varve::wal {
namespace {

class VolatileLog final : public Log {
 public:
  VolatileLog(Lsn last_lsn, LogHooks hooks)
      : last_lsn_(last_lsn.value()), hooks_(std::move(hooks)) {}

  absl::StatusOr<Lsn> Append(const RecordDraft& draft) override {
    if (closed_.load(std::memory_order_relaxed)) return FailedPrecondition("the log is closed");
    if (draft.body.size() > kRecordBodyBytesMax) {
      return InvalidArgument("a transaction of ", draft.body.size(), " bytes; the limit is ",
                             kRecordBodyBytesMax);
    }
    const Lsn lsn = last_lsn().Next();
    // Before anybody can see the LSN, as with a log on files.
    if (hooks_.on_durable) hooks_.on_durable(lsn);
    last_lsn_.store(lsn.value(), std::memory_order_release);
    records_.fetch_add(1, std::memory_order_relaxed);
    record_bytes_.fetch_add(RecordLayout::kBytes + draft.body.size(), std::memory_order_relaxed);
    return lsn;
  }

  absl::Status WaitDurable(Lsn lsn) override { return Settled(lsn); }
  void NotifyDurable(Lsn lsn, std::function<void(const absl::Status&)> done) override {
    done(Settled(lsn));
  }
  void FlushSoon() override {}

  Lsn last_lsn() const override { return Lsn(last_lsn_.load(std::memory_order_acquire)); }
  Lsn durable_lsn() const override { return last_lsn(); }
  SegmentEnd end() const override { return {0, 0, last_lsn(), 0}; }
  absl::Status status() const override { return absl::OkStatus(); }
  absl::Status TrimTo(Lsn) override { return absl::OkStatus(); }
  std::uint64_t BytesSince(Lsn) const override { return 0; }
  LogStats stats() const override {
    LogStats stats;
    stats.records = records_.load(std::memory_order_relaxed);
    stats.record_bytes = record_bytes_.load(std::memory_order_relaxed);
    return stats;
  }
  absl::Status Close() override {
    closed_.store(true, std::memory_order_relaxed);
    return absl::OkStatus();
  }

 private:
  absl::Status Settled(Lsn lsn) const {
    if (lsn <= last_lsn()) return absl::OkStatus();
    return InvalidArgument("LSN ", lsn, " has not been appended; the last one is ", last_lsn());
  }

  std::atomic<std::uint64_t> last_lsn_;
  std::atomic<std::uint64_t> records_{0};
  std::atomic<std::uint64_t> record_bytes_{0};
  std::atomic<bool> closed_{false};
  const LogHooks hooks_;
};

}  // namespace

std::unique_ptr<Log> MakeVolatileLog(Lsn last_lsn, LogHooks hooks) {
  return std::make_unique<VolatileLog>(last_lsn, std::move(hooks));
}

}  // namespace varve::wal
