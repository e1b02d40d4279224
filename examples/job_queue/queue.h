// A queue of jobs in a store: jobs and outcomes are events, who works on what are cells and leases.
//
//   stream "jobs"   one event a job, in the order of their arrival; a job's number is its sequence
//   consumer        of that stream: the first job that nobody has ever taken
//   cells "open/N"  jobs that were taken and have no outcome yet: how often, by whom, what failed
//   leases "job/N"  who works on it until when, under which token
//   stream "done"   one event for each job that was completed, exactly one
//   stream "dead"   one for each job that was given up
#ifndef VARVE_EXAMPLES_JOB_QUEUE_QUEUE_H_
#define VARVE_EXAMPLES_JOB_QUEUE_QUEUE_H_

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/store.h"
#include "primitives/event/event.h"

namespace job_queue {

struct QueueOptions {
  std::chrono::milliseconds lease{30'000};  // how long a worker may be silent
  std::uint64_t attempts_max = 3;           // a job is given up behind so many
};

// A job that was taken: the right to complete it, until the lease runs out.
struct Job {
  std::uint64_t number = 0;
  std::uint64_t token = 0;  // of this attempt: a later one has a larger one
  std::uint64_t attempt = 1;
  std::string payload;  // JSON object text, as it was added
};

struct TakeOptions {
  std::chrono::milliseconds patience{10'000};
  bool until_idle = false;  // give up at once when no job is left, not even with another worker
};

struct QueueStats {
  std::uint64_t waiting = 0;   // never taken
  std::uint64_t running = 0;   // somebody holds the lease
  std::uint64_t retrying = 0;  // taken before; failed, or the worker was lost
  std::uint64_t done = 0;
  std::uint64_t dead = 0;
};

// Thread-safe. `store` must outlive it. Every answer is durable before it is given.
class Queue final {
 public:
  Queue(varve::Store& store, const QueueOptions& options) : store_(&store), options_(options) {}
  [[nodiscard]] const QueueOptions& options() const { return options_; }

  // Adds jobs, all or none: their numbers. kInvalidArgument: a payload that is no JSON object.
  [[nodiscard]] absl::StatusOr<varve::EventSpan> Add(std::span<const std::string> payloads);

  // The next job, as soon as there is one: added, failed, or left by a worker whose lease ran out.
  // nullopt: `patience` ended first. Woken by commits and by the next expiry; polls nothing.
  [[nodiscard]] absl::StatusOr<std::optional<Job>> Take(std::string_view worker,
                                                        const TakeOptions& options = {});

  // What a worker says of its job. kFailedPrecondition: the lease is not held under `token` any
  // more, and nothing is written: another worker has the job now, or it has its outcome.
  [[nodiscard]] absl::Status Renew(std::uint64_t job, std::uint64_t token);
  [[nodiscard]] absl::Status Complete(std::uint64_t job, std::uint64_t token,
                                      std::string_view result);
  [[nodiscard]] absl::Status Fail(std::uint64_t job, std::uint64_t token, std::string_view error);

  [[nodiscard]] absl::StatusOr<QueueStats> Stats();
  // JSON object texts of the outcomes from `from` on; `stream` is "done" or "dead".
  [[nodiscard]] absl::StatusOr<std::vector<std::string>> Outcomes(std::string_view stream,
                                                                  std::uint64_t from,
                                                                  std::uint64_t limit);

 private:
  struct Look;  // what one look at the queue found
  [[nodiscard]] absl::StatusOr<Job> Begin(varve::Transaction& transaction, std::string_view worker,
                                          std::uint64_t number, std::uint64_t attempt) const;
  // A job that was taken before and is nobody's now. Those that have failed too often get their
  // outcome on the way.
  [[nodiscard]] absl::Status LookForOpenJob(varve::Transaction& transaction,
                                            std::string_view worker, Look& look) const;
  [[nodiscard]] absl::Status LookForNewJob(varve::Transaction& transaction, std::string_view worker,
                                           Look& look) const;
  [[nodiscard]] absl::StatusOr<Look> TryTake(std::string_view worker);

  varve::Store* store_;
  QueueOptions options_;
  std::mutex taking_;  // two that take at once would only conflict, and one of them look again
};

}  // namespace job_queue

#endif  // VARVE_EXAMPLES_JOB_QUEUE_QUEUE_H_
