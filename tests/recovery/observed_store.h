// A store on a simulated disk whose program listens: to its messages and to its spans.
#ifndef VARVE_TESTS_RECOVERY_OBSERVED_STORE_H_
#define VARVE_TESTS_RECOVERY_OBSERVED_STORE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "crash/simulated/simulated_environment.h"
#include "kernel/io/log_sink.h"
#include "kernel/io/tracer.h"
#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "recovery/open.h"

namespace varve {

class RecordingSink final : public LogSink {
 public:
  void Write(const LogMessage& message) override {
    const std::lock_guard lock(mutex_);
    messages_.push_back(message);
  }
  [[nodiscard]] bool Wants(LogLevel level) const override { return level >= level_min; }

  // "level component text", in order.
  [[nodiscard]] std::vector<std::string> Lines() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> lines;
    for (const LogMessage& message : messages_) {
      lines.push_back(std::string(LogLevelName(message.level)) + " " +
                      std::string(message.component) + " " + message.text);
    }
    return lines;
  }
  // The value of `key` in the last message that has it.
  [[nodiscard]] std::string Field(std::string_view key) const {
    const std::lock_guard lock(mutex_);
    for (auto message = messages_.rbegin(); message != messages_.rend(); ++message) {
      for (const LogField& field : message->fields) {
        if (field.key == key) return field.value;
      }
    }
    return "";
  }
  void Clear() {
    const std::lock_guard lock(mutex_);
    messages_.clear();
  }

  LogLevel level_min = LogLevel::kInfo;

 private:
  mutable std::mutex mutex_;
  std::vector<LogMessage> messages_;
};

// Knows of each span in which other one of its thread it lies, and fails the test where one ends
// that is not the innermost.
class RecordingTracer final : public Tracer {
 public:
  struct Span {
    std::string path;  // "varve.open/varve.open.plan"
    bool ended = false;
    absl::Status status;
    std::vector<std::pair<std::string, std::uint64_t>> fields;
  };

  std::uint64_t BeginSpan(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    std::vector<std::uint64_t>& open = open_[std::this_thread::get_id()];
    Span span;
    span.path =
        open.empty() ? std::string(name) : spans_[open.back()].path + "/" + std::string(name);
    spans_.push_back(std::move(span));
    open.push_back(spans_.size() - 1);
    return open.back();
  }
  void EndSpan(std::uint64_t span, const absl::Status& status,
               std::span<const SpanField> fields) override {
    const std::lock_guard lock(mutex_);
    std::vector<std::uint64_t>& open = open_[std::this_thread::get_id()];
    ASSERT_FALSE(open.empty());
    EXPECT_EQ(open.back(), span) << spans_[span].path;
    open.pop_back();
    spans_[span].ended = true;
    spans_[span].status = status;
    for (const SpanField& field : fields) {
      spans_[span].fields.emplace_back(field.key, field.value);
    }
  }

  [[nodiscard]] std::vector<Span> spans() const {
    const std::lock_guard lock(mutex_);
    return spans_;
  }
  [[nodiscard]] std::vector<std::string> Paths() const {
    std::vector<std::string> paths;
    for (const Span& span : spans()) paths.push_back(span.path);
    return paths;
  }
  void Clear() {
    const std::lock_guard lock(mutex_);
    spans_.clear();
    open_.clear();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Span> spans_;
  std::map<std::thread::id, std::vector<std::uint64_t>> open_;
};

class ObservedStoreTest : public testing::Test {
 protected:
  ObservedStoreTest() {
    options_.store.background_threads = false;
    options_.store.log.background_threads = false;
    options_.store.log.segment_bytes_min = 16 << 10;
    options_.store.log.segment_bytes_max = 16 << 10;
    options_.snapshots.log_bytes_min = std::uint64_t{1} << 40;  // on request only
    options_.environment = outside_.environment();
    options_.environment.log_sink = &sink_;
    options_.environment.tracer = &tracer_;
    options_.materialized = [](const table::MaterializedOptions& wanted,
                               const table::AppliedMark& fresh) {
      return std::shared_ptr<table::MaterializedStore>(table::MakeMemoryStore(wanted, fresh));
    };
  }

  absl::Status TryOpen() {
    opened_ = OpenedStore();
    PrimitiveRegistry registry;
    RegisterBuiltinPrimitives(registry);
    absl::StatusOr<OpenedStore> opened = OpenStore("agent.varve", std::move(registry), options_);
    if (!opened.ok()) return opened.status();
    opened_ = *std::move(opened);
    return absl::OkStatus();
  }
  void Open() {
    const absl::Status status = TryOpen();
    ASSERT_TRUE(status.ok()) << status;
  }
  // The power is cut under the running store and comes back.
  void CutPower(const crash::CrashChoice& choice) {
    auto left = files().CrashImage(choice);
    opened_ = OpenedStore();
    outside_.files = std::move(left);
    options_.environment.files = outside_.files.get();
    sink_.Clear();
    tracer_.Clear();
  }
  absl::Status Put(const std::string& key, const std::string& value,
                   Durability durability = Durability::kDurable) {
    return store()
        .Update([&](Transaction& transaction) { return Kv(transaction).Put(key, value); },
                {.durability = durability})
        .status();
  }

  Store& store() { return *opened_.store; }
  crash::StrictFileSystem& files() { return *outside_.files; }

  crash::SimulatedEnvironment outside_;
  RecordingSink sink_;
  RecordingTracer tracer_;
  OpenOptions options_;
  OpenedStore opened_;
};

}  // namespace varve

#endif  // VARVE_TESTS_RECOVERY_OBSERVED_STORE_H_
