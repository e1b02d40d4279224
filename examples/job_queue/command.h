// A command that is run for a job.
#ifndef VARVE_EXAMPLES_JOB_QUEUE_COMMAND_H_
#define VARVE_EXAMPLES_JOB_QUEUE_COMMAND_H_

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace job_queue {

struct CommandEnd {
  bool succeeded = false;
  std::string output;  // what it wrote to its standard output
  std::string ending;  // "exit code 1", "signal 9"
};

// Runs `command` with `input` as its standard input. Calls `heartbeat` every `interval` while it
// runs; a status that is not OK kills the command and is returned. Where this process dies, the
// command is killed too.
[[nodiscard]] absl::StatusOr<CommandEnd> RunCommand(const std::vector<std::string>& command,
                                                    std::string_view input,
                                                    std::chrono::milliseconds interval,
                                                    const std::function<absl::Status()>& heartbeat);

}  // namespace job_queue

#endif  // VARVE_EXAMPLES_JOB_QUEUE_COMMAND_H_
