// What a store tells the program's log: turns for the worse and for the better, once each.
#include <utility>

#include "kernel/base/status.h"
#include "kernel/internal/store_core.h"

namespace varve::internal {

std::function<void(LogMessage)> StoreCore::LogTeller() {
  if (!outbox_.has_sink()) return nullptr;
  return [this](LogMessage message) { outbox_.Post(std::move(message)); };
}

// Tells of the first failure, of one of another kind, and of the end of failing.
void StoreCore::TellTurn(std::string_view component, std::string_view what,
                         const absl::Status& before, const absl::Status& now) {
  if (now.code() == before.code()) return;
  if (now.ok()) {
    outbox_.Post({LogLevel::kInfo, component, std::string(what) + " succeed again", {}});
    return;
  }
  const LogLevel level = component == "checkpoint" ? LogLevel::kError : LogLevel::kWarning;
  outbox_.Post({level,
                component,
                std::string(what) + " fail; nothing is lost, the log keeps everything",
                {{"error", std::string(FromAbsl(now.message()))}}});
}

void StoreCore::NoteSlowed(bool slowed) {
  if (slowed_.load(std::memory_order_relaxed) == slowed || slowed_.exchange(slowed) == slowed) {
    return;
  }
  outbox_.Post({LogLevel::kInfo,
                "store",
                slowed ? "writers are slowed down until a checkpoint gives memory back"
                       : "writers are slowed down no more",
                {{"memtable_bytes", std::to_string(memtable_bytes())}}});
}

}  // namespace varve::internal
