#include "primitives/run/run_types.h"

#include <array>
#include <utility>

namespace varve {
namespace {

constexpr std::array<std::pair<RunStatus, std::string_view>, 6> kNames = {{
    {RunStatus::kActive, "active"},
    {RunStatus::kPaused, "paused"},
    {RunStatus::kCompleted, "completed"},
    {RunStatus::kFailed, "failed"},
    {RunStatus::kCancelled, "cancelled"},
    {RunStatus::kArchived, "archived"},
}};

}  // namespace

std::string_view RunStatusName(RunStatus status) {
  for (const auto& [named, name] : kNames) {
    if (named == status) return name;
  }
  return "unknown";
}

std::optional<RunStatus> ParseRunStatus(std::string_view name) {
  for (const auto& [status, known] : kNames) {
    if (known == name) return status;
  }
  return std::nullopt;
}

bool IsClosed(RunStatus status) {
  return status != RunStatus::kActive && status != RunStatus::kPaused;
}

bool MayFollow(RunStatus from, RunStatus to) {
  switch (from) {
    case RunStatus::kActive:
      return to != RunStatus::kActive;
    case RunStatus::kPaused:
      return to == RunStatus::kActive || to == RunStatus::kCancelled || to == RunStatus::kArchived;
    case RunStatus::kCompleted:
    case RunStatus::kFailed:
    case RunStatus::kCancelled:
      return to == RunStatus::kArchived;
    case RunStatus::kArchived:
      return false;
  }
  return false;
}

}  // namespace varve
