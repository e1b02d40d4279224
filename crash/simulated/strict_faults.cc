#include "crash/simulated/strict_faults.h"

#include <utility>

namespace varve::crash {

std::string_view CallName(CallKind kind) {
  switch (kind) {
    case CallKind::kCreate:
      return "create";
    case CallKind::kWrite:
      return "write";
    case CallKind::kWriteDurably:
      return "write durably";
    case CallKind::kFlushDurably:
      return "flush of durable write";
    case CallKind::kTruncate:
      return "truncate";
    case CallKind::kSync:
      return "sync";
    case CallKind::kCreateDirectory:
      return "create directory";
    case CallKind::kRename:
      return "rename";
    case CallKind::kRemove:
      return "remove";
    case CallKind::kSyncDirectory:
      return "sync directory";
    case CallKind::kOpen:
      return "open";
    case CallKind::kRead:
      return "read";
    case CallKind::kSize:
      return "size";
    case CallKind::kList:
      return "list";
    case CallKind::kStat:
      return "stat";
    case CallKind::kLock:
      return "lock";
  }
  return "";
}

bool IsMutating(CallKind kind) { return kind < CallKind::kOpen; }

std::string Call::ToString() const {
  std::string text = "call " + std::to_string(ordinal) + ": ";
  text.append(CallName(kind)).append(" ").append(path);
  if (offset != 0 || bytes != 0) {
    text += " at " + std::to_string(offset) + ", " + std::to_string(bytes) + " bytes";
  }
  return text;
}

absl::Status DeviceError() { return absl::UnknownError("simulated: input/output error"); }

absl::Status DiskFull() {
  return absl::ResourceExhaustedError("simulated: no space left on device");
}

void FaultPlan::Add(Fault fault) { faults_.push_back(std::move(fault)); }

void FaultPlan::Clear() { faults_.clear(); }

std::optional<Fault> FaultPlan::Strike(const Call& call) {
  std::optional<Fault> strike;
  for (Fault& fault : faults_) {
    const bool is_kind = fault.kind.has_value() ? *fault.kind == call.kind : IsMutating(call.kind);
    if (!is_kind || call.path.find(fault.path_contains) == std::string::npos) continue;
    if (fault.skip > 0) {
      --fault.skip;
    } else if (fault.times > 0 && !strike.has_value()) {
      --fault.times;
      ++fired_;
      strike = fault;
    }
  }
  return strike;
}

}  // namespace varve::crash
