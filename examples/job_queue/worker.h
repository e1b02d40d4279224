// A worker: takes one job after the other and runs a command for each.
#ifndef VARVE_EXAMPLES_JOB_QUEUE_WORKER_H_
#define VARVE_EXAMPLES_JOB_QUEUE_WORKER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "job_queue/client.h"

namespace job_queue {

struct WorkerOptions {
  std::string name;
  std::vector<std::string>
      command;              // gets the payload as its standard input; its output is the result
  bool until_idle = false;  // ends when every job has its outcome
};

// Prints a line for each step of a job. Ends with an error where the server is gone.
[[nodiscard]] absl::Status Work(Client& client, const WorkerOptions& options);

}  // namespace job_queue

#endif  // VARVE_EXAMPLES_JOB_QUEUE_WORKER_H_
