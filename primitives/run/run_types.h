// What a run is: its states, and what is known of it.
#ifndef VARVE_PRIMITIVES_RUN_RUN_TYPES_H_
#define VARVE_PRIMITIVES_RUN_RUN_TYPES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/ids.h"

namespace varve {

// On disk: never renumbered. Active -> any other; paused -> active, cancelled, archived; completed,
// failed, cancelled -> archived; archived is final.
enum class RunStatus : std::uint8_t {
  kActive = 1,
  kPaused = 2,
  kCompleted = 3,
  kFailed = 4,
  kCancelled = 5,
  kArchived = 6,
};

[[nodiscard]] std::string_view RunStatusName(RunStatus status);  // "active"
[[nodiscard]] std::optional<RunStatus> ParseRunStatus(std::string_view name);
[[nodiscard]] bool MayFollow(RunStatus from, RunStatus to);
// Completed, failed, cancelled or archived: nothing may be written into it any more.
[[nodiscard]] bool IsClosed(RunStatus status);

struct RunInfo {
  RunId id;
  RunStatus status = RunStatus::kActive;
  std::string name;
  RunId parent;       // nil: none
  RunId forked_from;  // nil: not a fork
  Lsn forked_at;      // what the fork saw of it
  std::vector<std::string> tags;
  std::string metadata;  // JSON object text; empty: none
  std::string outcome;   // given by End
  Timestamp created;
  Timestamp status_since;  // when it became what it is
  Lsn status_lsn;          // of the transaction that made it so
};

// One entry that was written into a run.
struct RunStep {
  std::uint64_t number = 0;  // from 1, without gaps
  Lsn lsn;                   // of its transaction: what ReplayRun goes back to
  Timestamp commit_time;
  std::uint8_t entry_type = 0;
  std::uint8_t payload_version = 0;
  std::uint64_t payload_bytes = 0;
  std::string payload;  // whole where it is at most kRunStepPayloadBytesMax, else empty
};

inline constexpr std::size_t kRunStepPayloadBytesMax = 4096;

}  // namespace varve

#endif  // VARVE_PRIMITIVES_RUN_RUN_TYPES_H_
