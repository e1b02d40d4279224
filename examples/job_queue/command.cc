#include "job_queue/command.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "kernel/base/status.h"

namespace job_queue {
namespace {

constexpr int kNoSuchCommand = 127;

class File final {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

absl::Status SystemError(const char* call) {
  return varve::MakeStatus(absl::StatusCode::kUnknown, call, ": ", std::strerror(errno));
}

// A file in memory: the command may read it when it likes, so that neither waits for the other.
int InputFile(std::string_view input) {
  const int file = memfd_create("input", MFD_CLOEXEC);
  for (std::string_view left = input; file >= 0 && !left.empty();) {
    const ssize_t count = write(file, left.data(), left.size());
    if (count <= 0) break;
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  if (file >= 0) lseek(file, 0, SEEK_SET);
  return file;
}

[[noreturn]] void BecomeCommand(const std::vector<std::string>& command, int input, int output,
                                pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kNoSuchCommand);  // it died before this was asked for
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  _exit(kNoSuchCommand);
}

// Waits until the process has ended and its output is read, with a heartbeat meanwhile.
absl::Status Follow(int process, int output, std::chrono::milliseconds interval,
                    const std::function<absl::Status()>& heartbeat, std::string& read_so_far) {
  std::array<pollfd, 2> waiting = {pollfd{process, POLLIN, 0}, pollfd{output, POLLIN, 0}};
  auto next = std::chrono::steady_clock::now() + interval;
  while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(next - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      VARVE_RETURN_IF_ERROR(heartbeat());
      next = std::chrono::steady_clock::now() + interval;
      continue;
    }
    if (poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) <= 0) continue;
    if (waiting[0].revents != 0) waiting[0].fd = -1;  // ended; poll passes over it from now on
    if (waiting[1].revents == 0) continue;
    std::array<char, 65536> bytes;
    const ssize_t count = read(output, bytes.data(), bytes.size());
    if (count > 0) read_so_far.append(bytes.data(), static_cast<std::size_t>(count));
    if (count == 0) waiting[1].fd = -1;
  }
  return absl::OkStatus();
}

CommandEnd EndOf(int status, std::string output) {
  const bool exited = WIFEXITED(status);
  const int code = exited ? WEXITSTATUS(status) : WTERMSIG(status);
  return {.succeeded = exited && code == 0,
          .output = std::move(output),
          .ending = (exited ? "exit code " : "signal ") + std::to_string(code)};
}

}  // namespace

absl::StatusOr<CommandEnd> RunCommand(const std::vector<std::string>& command,
                                      std::string_view input, std::chrono::milliseconds interval,
                                      const std::function<absl::Status()>& heartbeat) {
  const File in(InputFile(input));
  std::array<int, 2> ends{};
  if (in.get() < 0 || pipe2(ends.data(), O_CLOEXEC) != 0) return SystemError("pipe2");
  const File out(ends[0]);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) BecomeCommand(command, in.get(), ends[1], parent);
  close(ends[1]);
  if (child < 0) return SystemError("fork");
  std::string output;
  absl::Status followed;
  {
    const File process(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
    followed = process.get() < 0 ? SystemError("pidfd_open")
                                 : Follow(process.get(), out.get(), interval, heartbeat, output);
  }
  if (!followed.ok()) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!followed.ok()) return followed;
  return EndOf(status, std::move(output));
}

}  // namespace job_queue
