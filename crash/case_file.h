// A case in a file of its own: text in JSON, small, which says all that is needed to repeat it.
#ifndef VARVE_CRASH_CASE_FILE_H_
#define VARVE_CRASH_CASE_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crash/story.h"

namespace varve::crash {

enum class Driver {
  kDisk,    // stories on the strict disk
  kTrace,   // images made of the system calls of a real process with the real LMDB
  kKill,    // a real process killed at its system calls
  kFaults,  // a real process whose system calls and allocations fail
};
[[nodiscard]] std::string_view DriverName(Driver driver);

// What the script of a process was drawn with; a stream is a case only together with it.
struct ScriptSettings {
  std::uint64_t steps = 30;
  std::uint64_t kill_stride = 1;
  bool threads = false;
  bool allocations = false;  // are among what fails (kFaults)
  friend bool operator==(const ScriptSettings&, const ScriptSettings&) = default;
};

struct Case {
  Driver driver = Driver::kDisk;
  Story story{};            // kDisk
  std::string stream{};     // the others: the decisions of the case
  ScriptSettings script{};  // the others
  std::string found{};      // the promise that was broken when it was written
};

[[nodiscard]] std::string CaseToText(const Case& the_case);
// kInvalidArgument: no JSON, no case, or one of a later version; the message says where.
[[nodiscard]] absl::StatusOr<Case> ParseCase(std::string_view text);

}  // namespace varve::crash

#endif  // VARVE_CRASH_CASE_FILE_H_
