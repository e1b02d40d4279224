#include "job_queue/worker.h"

#include <chrono>
#include <iostream>

#include "job_queue/command.h"
#include "kernel/base/status.h"

namespace job_queue {
namespace {

using varve::JsonValue;

constexpr int kPatienceMs = 60'000;
constexpr int kHeartbeatsPerLease = 3;

// The request `ask` about a job, as every report of a worker begins: under which token.
JsonValue About(const JsonValue& job, const char* ask) {
  return {{"ask", ask}, {"job", job["job"]}, {"token", job["token"]}};
}

JsonValue ReportOf(const JsonValue& job, const CommandEnd& end) {
  JsonValue report = About(job, end.succeeded ? "complete" : "fail");
  if (end.succeeded) {
    report["result"] = end.output;
  } else {
    report["error"] = end.ending;
  }
  return report;
}

void Say(const JsonValue& job, const std::string& what) {
  std::cout << "job " << job["job"] << " attempt " << job["attempt"] << " token " << job["token"]
            << ": " << what << "\n"
            << std::flush;
}

// Runs the command and reports. A report that is refused is no error of the worker: it was too
// slow, and the job is somebody else's.
absl::Status WorkOn(Client& client, const WorkerOptions& options, const JsonValue& job) {
  Say(job, "taken");
  const std::chrono::milliseconds lease(job["lease_ms"].get<std::uint64_t>());
  absl::StatusOr<CommandEnd> end =
      RunCommand(options.command, job["payload"].dump() + "\n", lease / kHeartbeatsPerLease,
                 [&] { return client.Ask(About(job, "renew")).status(); });
  absl::Status status = end.status();
  if (end.ok()) status = client.Ask(ReportOf(job, *end)).status();
  if (status.code() == absl::StatusCode::kFailedPrecondition) {
    Say(job, "refused, the lease was lost");
    return absl::OkStatus();
  }
  VARVE_RETURN_IF_ERROR(status);
  Say(job, end->succeeded ? "done" : "failed, " + end->ending);
  return absl::OkStatus();
}

}  // namespace

absl::Status Work(Client& client, const WorkerOptions& options) {
  const JsonValue take = {{"ask", "take"},
                          {"worker", options.name},
                          {"patience_ms", kPatienceMs},
                          {"until_idle", options.until_idle}};
  while (true) {
    VARVE_ASSIGN_OR_RETURN(const JsonValue job, client.Ask(take));
    if (job.contains("job")) {
      VARVE_RETURN_IF_ERROR(WorkOn(client, options, job));
    } else if (options.until_idle) {
      return absl::OkStatus();
    }
  }
}

}  // namespace job_queue
