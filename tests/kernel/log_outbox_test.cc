// Tests: kernel/io/log_sink.cc
#include "kernel/internal/log_outbox.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <string>
#include <vector>

namespace varve::internal {
namespace {

class Collector final : public LogSink {
 public:
  void Write(const LogMessage& message) override {
    const std::lock_guard lock(mutex_);
    texts_.push_back(message.text);
    written_.notify_all();
  }
  std::vector<std::string> Await(std::size_t count) {
    std::unique_lock lock(mutex_);
    written_.wait(lock, [&] { return texts_.size() >= count; });
    return texts_;
  }
  std::vector<std::string> texts() { return Await(0); }

 private:
  std::mutex mutex_;
  std::condition_variable written_;
  std::vector<std::string> texts_;
};

using Texts = std::vector<std::string>;

TEST(LogOutbox, WithoutAThreadMessagesWaitForWhoDelivers) {
  Collector sink;
  LogOutbox outbox(&sink);
  outbox.Post({LogLevel::kInfo, "store", "one", {}});
  EXPECT_EQ(sink.texts(), Texts{});
  outbox.Deliver();
  outbox.Deliver();
  EXPECT_EQ(sink.texts(), Texts{"one"});
}

TEST(LogOutbox, AThreadDeliversInOrder) {
  Collector sink;
  LogOutbox outbox(&sink);
  outbox.StartThread();
  Texts posted;
  for (int i = 0; i < 100; ++i) {
    posted.push_back(std::to_string(i));
    outbox.Post({LogLevel::kWarning, "store", posted.back(), {}});
  }
  EXPECT_EQ(sink.Await(100), posted);
}

TEST(LogOutbox, WhatIsLeftIsDeliveredAtTheEnd) {
  Collector sink;
  {
    LogOutbox outbox(&sink);
    outbox.Post({LogLevel::kError, "store", "last", {}});
  }
  EXPECT_EQ(sink.texts(), Texts{"last"});
}

TEST(LogOutbox, WhatTheSinkDoesNotWantIsDropped) {
  Collector sink;
  LogOutbox outbox(&sink);
  outbox.Post({LogLevel::kDebug, "log", "detail", {}});
  outbox.DeliverAll();
  EXPECT_EQ(sink.texts(), Texts{});
}

TEST(LogOutbox, WithoutASinkNothingHappens) {
  LogOutbox outbox(nullptr);
  EXPECT_FALSE(outbox.has_sink());
  outbox.StartThread();
  outbox.Post({LogLevel::kError, "store", "unheard", {}});
  outbox.DeliverAll();
}

TEST(LogLevel, HasNames) {
  EXPECT_EQ(LogLevelName(LogLevel::kDebug), "debug");
  EXPECT_EQ(LogLevelName(LogLevel::kInfo), "info");
  EXPECT_EQ(LogLevelName(LogLevel::kWarning), "warning");
  EXPECT_EQ(LogLevelName(LogLevel::kError), "error");
}

}  // namespace
}  // namespace varve::internal
