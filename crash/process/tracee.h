// A forked child whose every system call stops it: what ptrace(2) gives, and no more.
//
//   VARVE_ASSIGN_OR_RETURN(auto tracee, Tracee::Start([] { return Work(); }));
//   while (true) {
//     VARVE_ASSIGN_OR_RETURN(const Stop stop, tracee->Next());
//     if (stop.kind == Stop::Kind::kEnded) break;
//     ... look at stop.number, stop.arguments, tracee->ReadMemory(...) ...
//     VARVE_RETURN_IF_ERROR(tracee->Resume(stop.thread));
//   }
#ifndef VARVE_CRASH_PROCESS_TRACEE_H_
#define VARVE_CRASH_PROCESS_TRACEE_H_

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "absl/status/statusor.h"

namespace varve::crash {

struct Stop {
  enum class Kind {
    kEntry,  // before the call: it has not happened
    kExit,   // behind it: the thread does not know of it yet
    kEnded,  // the whole process is gone
  };
  Kind kind = Kind::kEntry;
  pid_t thread = 0;
  std::uint64_t number = 0;                  // kEntry: which call, SYS_... of <sys/syscall.h>
  std::array<std::uint64_t, 6> arguments{};  // kEntry
  std::int64_t result = 0;                   // kExit: as the kernel gives it, errors negative
  int exit_code = 0;                         // kEnded, unless `signal`
  int signal = 0;                            // kEnded: what killed it
};

// Only the thread that started it may call it. x86-64 Linux.
class Tracee final {
 public:
  // Forks; the child runs `body` and ends with what that returns, without destructors or exit
  // handlers. It may start threads, but no process. kUnavailable: tracing is not permitted here.
  // kUnimplemented: not on this processor.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Tracee>> Start(
      const std::function<int()>& body);
  // Kills what still runs.
  ~Tracee();
  Tracee(const Tracee&) = delete;
  Tracee& operator=(const Tracee&) = delete;

  // Waits for the next stop of any thread, which stands still until Resume. kUnimplemented: the
  // child did what cannot be followed: it started a process or another program.
  [[nodiscard]] absl::StatusOr<Stop> Next();
  [[nodiscard]] absl::Status Resume(pid_t thread);
  // SIGKILL. A call that stands at its entry does not happen any more. Ends when all is gone.
  void Kill();

  // In a stop at the entry of a call: the call gets `value` as its argument `index` instead.
  [[nodiscard]] absl::Status SetArgument(pid_t thread, std::size_t index, std::uint64_t value);
  // There: the call does not happen. What it answers is then set at its exit.
  [[nodiscard]] absl::Status SkipCall(pid_t thread);
  // In a stop at the exit of a call: it answers `result`, errors negative.
  [[nodiscard]] absl::Status SetResult(pid_t thread, std::int64_t result);
  // Eight bytes of the child's memory.
  [[nodiscard]] absl::Status WriteNumber(pid_t thread, std::uint64_t address, std::uint64_t value);
  // kInvalidArgument: the child has no such memory.
  [[nodiscard]] absl::StatusOr<std::string> ReadMemory(std::uint64_t address,
                                                       std::uint64_t bytes) const;
  // Text that ends with a zero byte.
  [[nodiscard]] absl::StatusOr<std::string> ReadText(std::uint64_t address) const;

  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  explicit Tracee(pid_t pid) : pid_(pid) {}
  absl::Status Attach();
  absl::StatusOr<bool> Read(pid_t thread, int status, Stop& stop);

  const pid_t pid_;
  bool ended_ = false;
  std::set<pid_t> threads_;  // seen so far
};

}  // namespace varve::crash

#endif  // VARVE_CRASH_PROCESS_TRACEE_H_
