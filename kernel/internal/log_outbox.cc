#include "kernel/internal/log_outbox.h"

#include <utility>

namespace varve::internal {

LogOutbox::~LogOutbox() {
  thread_.reset();
  DeliverAll();
}

void LogOutbox::StartThread() {
  if (sink_ == nullptr) return;
  thread_ = std::make_unique<Worker>([this] { DeliverAll(); }, std::chrono::milliseconds(0));
}

void LogOutbox::Post(LogMessage message) {
  if (sink_ == nullptr || !sink_->Wants(message.level)) return;
  {
    const std::lock_guard lock(mutex_);
    messages_.push_back(std::move(message));
    waiting_.store(true, std::memory_order_relaxed);
  }
  if (thread_ != nullptr) thread_->Wake();
}

void LogOutbox::DeliverAll() {
  std::vector<LogMessage> messages;
  {
    const std::lock_guard lock(mutex_);
    messages.swap(messages_);
    waiting_.store(false, std::memory_order_relaxed);
  }
  for (const LogMessage& message : messages) sink_->Write(message);
}

}  // namespace varve::internal
