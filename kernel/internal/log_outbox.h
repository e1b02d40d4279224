// Between those who find something to say, often under a lock, and the program's LogSink, which may
// take its time.
#ifndef VARVE_KERNEL_INTERNAL_LOG_OUTBOX_H_
#define VARVE_KERNEL_INTERNAL_LOG_OUTBOX_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "kernel/internal/worker.h"
#include "kernel/io/log_sink.h"

namespace varve::internal {

// Thread-safe. Without a sink it is nothing: no thread, no message.
class LogOutbox final {
 public:
  explicit LogOutbox(LogSink* sink) : sink_(sink) {}
  // Delivers what is left.
  ~LogOutbox();

  // From now on a thread delivers. Before anything is posted.
  void StartThread();

  // Any lock may be held. Messages that the sink does not want are dropped.
  void Post(LogMessage message);
  // For where no lock is held: delivers what is waiting, unless a thread does.
  void Deliver() {
    if (waiting_.load(std::memory_order_relaxed) && thread_ == nullptr) DeliverAll();
  }
  // Likewise, in any case.
  void DeliverAll();
  [[nodiscard]] bool has_sink() const { return sink_ != nullptr; }

 private:
  LogSink* const sink_;
  std::mutex mutex_;
  std::vector<LogMessage> messages_;
  std::atomic<bool> waiting_{false};
  std::unique_ptr<Worker> thread_;
};

}  // namespace varve::internal

#endif  // VARVE_KERNEL_INTERNAL_LOG_OUTBOX_H_
