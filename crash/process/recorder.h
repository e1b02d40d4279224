// Running a function in a child process and writing down what it does to a folder.
//
//   VARVE_ASSIGN_OR_RETURN(const Trace trace, RecordTrace({.folder = "/dev/shm/t"}, [] {
//     return WriteSomeFilesIn("/dev/shm/t") ? 0 : 1;
//   }));
//   for (const TraceEvent& event : trace.events) std::puts(event.ToString().c_str());
#ifndef VARVE_CRASH_PROCESS_RECORDER_H_
#define VARVE_CRASH_PROCESS_RECORDER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "crash/process/trace.h"

namespace varve::crash {

// Where to kill the process.
struct KillPoint {
  enum class When {
    kBefore,  // the call has not happened
    kAfter,   // it has, and the process does not know
    kWithin,  // a write of one piece and more than one byte: half of it; else as kAfter
  };
  // 1 is the first call that changes the folder or syncs something in it; with `every_call`, the
  // first system call of any kind.
  std::uint64_t call = 1;
  When when = When::kBefore;
  bool every_call = false;
};

struct RecordOptions {
  // Absolute; it and all above exist and are no symbolic links. Left out of every path.
  std::string folder;
  // A descriptor of the caller: what the child writes to it becomes markers of the trace, in the
  // one order. It should lead to /dev/null. Negative: none.
  int marker_descriptor = -1;
  // Files whose name ends so may be mapped for writing. Empty: none.
  std::string scratch_suffix = "-lock";
  std::optional<KillPoint> kill;
  std::optional<CallFault> fault;
  // A child that makes more system calls is killed, and the answer is kResourceExhausted.
  std::uint64_t system_calls_max = std::uint64_t{20'000'000};
};

// Runs `body` in a forked child until it ends or is killed. Threads of the child are followed; of
// two calls that change the folder one waits for the other, so that the order is one.
//
//   kUnavailable    tracing is not permitted here
//   kUnimplemented  not on x86-64 Linux, or the child changed the folder in a way that cannot be
//                   followed: a shared writable map, io_uring, copy_file_range, a child process
//   kUnknown        the system failed a sync of the child, or the tracing
// How the child ended is in the trace, not in the status.
[[nodiscard]] absl::StatusOr<Trace> RecordTrace(const RecordOptions& options,
                                                const std::function<int()>& body);

}  // namespace varve::crash

#endif  // VARVE_CRASH_PROCESS_RECORDER_H_
