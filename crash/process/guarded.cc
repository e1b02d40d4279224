#include "crash/process/guarded.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <type_traits>

#include "kernel/base/status.h"

namespace varve::crash {
namespace {

constexpr std::size_t kTextBytesMax = std::size_t{64} << 10;
constexpr std::size_t kStreamBytesMax = std::size_t{16} << 20;
constexpr int kPollMillis = 200;

absl::Status Failed(std::string_view call) {
  return MakeStatus(absl::StatusCode::kUnknown, call, ": ", std::strerror(errno));
}

// Its length last, so that a reader finds whole bytes whenever the writer dies.
struct SharedText {
  std::size_t bytes = 0;
  char text[kTextBytesMax];

  void Set(std::string_view content) {
    bytes = 0;
    const std::size_t count = std::min(content.size(), kTextBytesMax);
    std::copy_n(content.begin(), count, text);
    bytes = count;
  }
  [[nodiscard]] std::string Get() const { return {text, std::min(bytes, kTextBytesMax)}; }
};

// Waits for the end of `child` for some time; false: it goes on.
absl::StatusOr<bool> WaitSome(int descriptor) {
  pollfd ready{.fd = descriptor, .events = POLLIN, .revents = 0};
  const int count = ::poll(&ready, 1, kPollMillis);
  if (count < 0 && errno != EINTR) return Failed("poll");
  return count > 0;
}

absl::StatusOr<GuardedEnd> WaitFor(pid_t child, int descriptor,
                                   const std::function<bool()>& stops) {
  GuardedEnd end;
  while (true) {
    VARVE_ASSIGN_OR_RETURN(const bool ended, WaitSome(descriptor));
    if (ended) break;
    if (end.stopped || stops == nullptr || !stops()) continue;
    end.stopped = true;
    ::kill(child, SIGKILL);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return Failed("waitpid");
  }
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  end.late = end.signal == SIGALRM;
  return end;
}

}  // namespace

struct Findings::Memory {
  ProcessCounts counts;
  SharedText place;
  SharedText message;
  std::size_t stream_bytes = 0;
  char stream[kStreamBytesMax];
};

void ProcessCounts::Add(const ProcessCounts& other) {
  scripts += other.scripts;
  system_calls += other.system_calls;
  changing_calls += other.changing_calls;
  kills += other.kills;
  hidden_faults += other.hidden_faults;
  failed_calls += other.failed_calls;
  allocations_failed += other.allocations_failed;
  answers += other.answers;
  cuts += other.cuts;
  images += other.images;
  nested += other.nested;
  openings += other.openings;
  torn_tails += other.torn_tails;
  from_snapshot += other.from_snapshot;
  rebuilt += other.rebuilt;
  lost += other.lost;
}

std::string ProcessCounts::ToString() const {
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  return number(scripts) + " scripts (" + number(changing_calls) + " of " + number(system_calls) +
         " calls change files), " + number(cuts) + " cuts, " + number(kills) + " kills, " +
         number(hidden_faults) + " calls interrupted or short, " + number(failed_calls) +
         " calls and " + number(allocations_failed) + " allocations failed (" + number(answers) +
         " errors answered), " + number(images) + " images (" + number(nested) +
         " of crashes within recovery), " + number(openings) + " openings (" + number(torn_tails) +
         " torn tails, " + number(from_snapshot) + " from a snapshot, " + number(rebuilt) +
         " with state.mdb made anew), " + number(lost) + " undurable transactions lost";
}

absl::StatusOr<std::unique_ptr<Findings>> Findings::Make() {
  static_assert(std::is_trivially_destructible_v<Memory>);
  void* const memory = ::mmap(nullptr, sizeof(Memory), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return ResourceExhausted("no memory to share with a child process");
  return std::unique_ptr<Findings>(new Findings(new (memory) Memory));
}

Findings::~Findings() { static_cast<void>(::munmap(memory_, sizeof(Memory))); }

ProcessCounts& Findings::counts() { return memory_->counts; }
void Findings::SetPlace(std::string_view place) { memory_->place.Set(place); }
std::string Findings::place() const { return memory_->place.Get(); }
void Findings::SetMessage(std::string_view message) { memory_->message.Set(message); }
std::string Findings::message() const { return memory_->message.Get(); }

void Findings::SetStream(std::string_view stream) {
  const std::size_t from = memory_->stream_bytes;
  const std::size_t to = std::min(stream.size(), kStreamBytesMax);
  if (to > from) std::copy(stream.begin() + from, stream.begin() + to, memory_->stream + from);
  memory_->stream_bytes = to;
}
std::string Findings::stream() const { return {memory_->stream, memory_->stream_bytes}; }

absl::StatusOr<GuardedEnd> RunGuarded(std::chrono::seconds patience,
                                      const std::function<bool()>& stops,
                                      const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child < 0) return Failed("fork");
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ProgressMade(patience);
    ::_exit(body());
  }
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  if (descriptor < 0) {
    const absl::Status status = Failed("pidfd_open");
    ::kill(child, SIGKILL);
    static_cast<void>(::waitpid(child, nullptr, 0));
    return status;
  }
  absl::StatusOr<GuardedEnd> end = WaitFor(child, descriptor, stops);
  static_cast<void>(::close(descriptor));
  return end;
}

void ProgressMade(std::chrono::seconds patience) {
  ::alarm(static_cast<unsigned>(patience.count()));
}

}  // namespace varve::crash
