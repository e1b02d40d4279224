#include "crash/process/tracee.h"

#include <linux/audit.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <utility>

#include "kernel/base/status.h"

namespace varve::crash {
namespace {

constexpr int kExitNotPermitted = 113;
constexpr int kSystemCallStop = SIGTRAP | 0x80;  // with PTRACE_O_TRACESYSGOOD
constexpr std::uint64_t kTextBytesMax = 4096;    // PATH_MAX
constexpr std::uint64_t kPageBytes = 4096;

absl::Status Failed(std::string_view call) {
  return MakeStatus(absl::StatusCode::kUnknown, call, ": ", std::strerror(errno));
}

absl::Status NotPermitted() {
  return MakeStatus(absl::StatusCode::kUnavailable,
                    "ptrace is not permitted here. In a container allow it with "
                    "--cap-add=SYS_PTRACE or a seccomp profile that has ptrace; else see "
                    "/proc/sys/kernel/yama/ptrace_scope");
}

// The child, up to the moment at which it is being traced.
[[noreturn]] void RunChild(const std::function<int()>& body) {
  // A group of its own, so that waiting for it takes no other child of ours.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(kExitNotPermitted);
  ::raise(SIGSTOP);
  // No exit handlers: they belong to the parent, and a leak check cannot run while traced.
  ::_exit(body());
}

pid_t WaitForGroup(pid_t group, int& status) {
  while (true) {
    const pid_t thread = ::waitpid(-group, &status, __WALL);
    if (thread >= 0 || errno != EINTR) return thread;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Tracee>> Tracee::Start(const std::function<int()>& body) {
#ifndef __x86_64__
  static_cast<void>(body);
  return Unimplemented("system calls are traced on x86-64 Linux only");
#else
  const pid_t pid = ::fork();
  if (pid < 0) return Failed("fork");
  if (pid == 0) RunChild(body);
  ::setpgid(pid, pid);  // whichever of the two comes first
  std::unique_ptr<Tracee> tracee(new Tracee(pid));
  VARVE_RETURN_IF_ERROR(tracee->Attach());
  return tracee;
#endif
}

absl::Status Tracee::Attach() {
  int status = 0;
  pid_t pid = 0;
  do {
    pid = ::waitpid(pid_, &status, 0);
  } while (pid < 0 && errno == EINTR);
  if (pid < 0) return Failed("waitpid");
  if (!WIFSTOPPED(status)) {
    ended_ = true;
    return NotPermitted();
  }
  threads_.insert(pid_);
  const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE |
                       PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;
  if (::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, options) != 0) return Failed("PTRACE_SETOPTIONS");
  return Resume(pid_);
}

Tracee::~Tracee() { Kill(); }

void Tracee::Kill() {
  if (ended_) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (true) {
    const pid_t thread = WaitForGroup(pid_, status);
    if (thread < 0) break;
    if (thread == pid_ && !WIFSTOPPED(status)) break;
    if (WIFSTOPPED(status)) static_cast<void>(::ptrace(PTRACE_CONT, thread, nullptr, SIGKILL));
  }
  ended_ = true;
}

absl::Status Tracee::Resume(pid_t thread) {
  // ESRCH: killed meanwhile, which the next wait tells.
  if (::ptrace(PTRACE_SYSCALL, thread, nullptr, nullptr) != 0 && errno != ESRCH) {
    return Failed("PTRACE_SYSCALL");
  }
  return absl::OkStatus();
}

absl::StatusOr<Stop> Tracee::Next() {
  Stop stop;
  while (true) {
    int status = 0;
    const pid_t thread = WaitForGroup(pid_, status);
    if (thread < 0) return Failed("waitpid");
    if (!WIFSTOPPED(status)) {
      if (thread != pid_) continue;  // one thread ended
      ended_ = true;
      stop.kind = Stop::Kind::kEnded;
      stop.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
      stop.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
      return stop;
    }
    VARVE_ASSIGN_OR_RETURN(const bool is_call, Read(thread, status, stop));
    if (is_call) return stop;
  }
}

// Whether the stop is at a call. Any other is dealt with, and the thread goes on.
absl::StatusOr<bool> Tracee::Read(pid_t thread, int status, Stop& stop) {
  const int event = status >> 16;
  if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_EXEC) {
    return Unimplemented("the traced child started a process, which is not followed");
  }
  const bool is_new = threads_.insert(thread).second;
  if (WSTOPSIG(status) != kSystemCallStop) {
    // The first stop of a new thread, the news of it, or a signal on its way to the thread.
    const bool is_signal = event == 0 && !(is_new && WSTOPSIG(status) == SIGSTOP);
    const long signal = is_signal ? WSTOPSIG(status) : 0;
    static_cast<void>(::ptrace(PTRACE_SYSCALL, thread, nullptr, signal));
    return false;
  }
  struct __ptrace_syscall_info info {};
  if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0) {
    if (errno != ESRCH) return Failed("PTRACE_GET_SYSCALL_INFO");
    return false;
  }
  if (info.arch != AUDIT_ARCH_X86_64) {
    return Unimplemented("the traced child made a call that is not of x86-64");
  }
  stop.thread = thread;
  if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
    stop.kind = Stop::Kind::kEntry;
    stop.number = info.entry.nr;
    for (std::size_t i = 0; i < stop.arguments.size(); ++i) stop.arguments[i] = info.entry.args[i];
  } else {
    stop.kind = Stop::Kind::kExit;
    stop.result = info.exit.rval;
  }
  return true;
}

absl::Status Tracee::SetArgument(pid_t thread, std::size_t index, std::uint64_t value) {
#ifdef __x86_64__
  static constexpr std::array<std::size_t, 6> kRegisters = {
      offsetof(struct user_regs_struct, rdi), offsetof(struct user_regs_struct, rsi),
      offsetof(struct user_regs_struct, rdx), offsetof(struct user_regs_struct, r10),
      offsetof(struct user_regs_struct, r8),  offsetof(struct user_regs_struct, r9)};
  if (::ptrace(PTRACE_POKEUSER, thread, kRegisters.at(index), value) == 0) return absl::OkStatus();
  return Failed("PTRACE_POKEUSER");
#else
  static_cast<void>(thread), static_cast<void>(index), static_cast<void>(value);
  return Unimplemented("system calls are traced on x86-64 Linux only");
#endif
}

absl::Status Tracee::SkipCall(pid_t thread) {
#ifdef __x86_64__
  constexpr long kNoCall = -1;
  if (::ptrace(PTRACE_POKEUSER, thread, offsetof(struct user_regs_struct, orig_rax), kNoCall) == 0)
    return absl::OkStatus();
  return Failed("PTRACE_POKEUSER");
#else
  static_cast<void>(thread);
  return Unimplemented("system calls are traced on x86-64 Linux only");
#endif
}

absl::Status Tracee::SetResult(pid_t thread, std::int64_t result) {
#ifdef __x86_64__
  if (::ptrace(PTRACE_POKEUSER, thread, offsetof(struct user_regs_struct, rax), result) == 0)
    return absl::OkStatus();
  return Failed("PTRACE_POKEUSER");
#else
  static_cast<void>(thread), static_cast<void>(result);
  return Unimplemented("system calls are traced on x86-64 Linux only");
#endif
}

absl::Status Tracee::WriteNumber(pid_t thread, std::uint64_t address, std::uint64_t value) {
  if (::ptrace(PTRACE_POKEDATA, thread, address, value) == 0) return absl::OkStatus();
  return Failed("PTRACE_POKEDATA");
}

absl::StatusOr<std::string> Tracee::ReadMemory(std::uint64_t address, std::uint64_t bytes) const {
  std::string content(bytes, '\0');
  std::uint64_t done = 0;
  while (done < bytes) {
    const iovec local{content.data() + done, bytes - done};
    const iovec remote{reinterpret_cast<void*>(address + done), bytes - done};
    const ssize_t count = ::process_vm_readv(pid_, &local, 1, &remote, 1, 0);
    if (count <= 0) {
      return InvalidArgument("the traced child has no ", bytes, " bytes at address ", address);
    }
    done += static_cast<std::uint64_t>(count);
  }
  return content;
}

absl::StatusOr<std::string> Tracee::ReadText(std::uint64_t address) const {
  std::string text;
  while (text.size() < kTextBytesMax) {
    // Up to the end of a page: the next one need not be there.
    const std::uint64_t bytes = kPageBytes - (address + text.size()) % kPageBytes;
    VARVE_ASSIGN_OR_RETURN(const std::string part, ReadMemory(address + text.size(), bytes));
    const std::size_t end = part.find('\0');
    text.append(part, 0, end);
    if (end != std::string::npos) return text;
  }
  return InvalidArgument("the traced child named a path longer than ", kTextBytesMax, " bytes");
}

}  // namespace varve::crash
