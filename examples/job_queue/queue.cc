#include "job_queue/queue.h"

#include <algorithm>
#include <limits>

#include "job_queue/queue_rows.h"
#include "kernel/base/status.h"
#include "primitives/state/lease.h"
#include "primitives/state/state.h"

namespace job_queue {
namespace {

constexpr std::uint64_t kEvery = std::numeric_limits<std::uint64_t>::max();
constexpr varve::Timestamp kNever{kEvery};

absl::StatusOr<OpenJob> ReadOpenJob(varve::Transaction& transaction, std::uint64_t job) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::Cell> cell,
                         varve::Cells(transaction).Get(CellOf(job)));
  if (!cell.has_value()) return varve::FailedPrecondition("job ", job, " is not open");
  return DecodeOpenJob(cell->value);
}

// The guard of everything that a worker writes: it must still be the one that holds the job.
absl::Status GiveLeaseBack(varve::Transaction& transaction, std::uint64_t job,
                           std::uint64_t token) {
  VARVE_ASSIGN_OR_RETURN(const bool held, varve::Leases(transaction).Release(LeaseOf(job), token));
  if (held) return absl::OkStatus();
  return varve::FailedPrecondition("job ", job, " is not held under token ", token, " any more");
}

// An outcome: the job is not open any more.
absl::Status Conclude(varve::Transaction& transaction, std::uint64_t job, std::string_view stream,
                      std::string_view event) {
  VARVE_RETURN_IF_ERROR(varve::Events(transaction).Append(stream, "outcome", event).status());
  return varve::Cells(transaction).Delete(CellOf(job));
}

}  // namespace

struct Queue::Look {
  std::optional<Job> job;
  bool idle = true;                       // no job without an outcome
  varve::Timestamp next_expiry = kNever;  // of the leases that are held
};

absl::StatusOr<varve::EventSpan> Queue::Add(std::span<const std::string> payloads) {
  std::vector<varve::NewEvent> jobs;
  jobs.reserve(payloads.size());
  for (const std::string& payload : payloads) jobs.push_back({.type = "job", .payload = payload});
  // Appending reads nothing, so it never conflicts, however many add at once. The sequences are
  // known when it has committed.
  VARVE_ASSIGN_OR_RETURN(const varve::Receipt receipt,
                         store_->Update([&](varve::Transaction& transaction) {
                           return varve::Events(transaction).AppendMany(kJobs, jobs).status();
                         }));
  VARVE_ASSIGN_OR_RETURN(varve::ReadView view, store_->View());
  return varve::Events(view).Appended(kJobs, receipt.lsn);
}

absl::StatusOr<Job> Queue::Begin(varve::Transaction& transaction, std::string_view worker,
                                 std::uint64_t number, std::uint64_t attempt) const {
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::Event> event,
                         varve::Events(transaction).Get(kJobs, number));
  VARVE_ASSIGN_OR_RETURN(
      const std::optional<varve::Lease> lease,
      varve::Leases(transaction).Acquire(LeaseOf(number), worker, options_.lease));
  if (!event.has_value() || !lease.has_value()) {
    return varve::MakeStatus(absl::StatusCode::kInternal, "job ", number, " cannot be taken");
  }
  const OpenJob open{.attempts = attempt, .worker = std::string(worker), .error = ""};
  VARVE_RETURN_IF_ERROR(
      varve::Cells(transaction).Set(CellOf(number), EncodeOpenJob(open)).status());
  return Job{number, lease->token, attempt, std::string(event->payload)};
}

absl::Status Queue::LookForOpenJob(varve::Transaction& transaction, std::string_view worker,
                                   Look& look) const {
  VARVE_ASSIGN_OR_RETURN(const std::vector<varve::Cell> open,
                         varve::Cells(transaction).List({.prefix = kOpenPrefix, .limit = kEvery}));
  for (const varve::Cell& cell : open) {
    const std::uint64_t number = JobOfCell(cell.name);
    VARVE_ASSIGN_OR_RETURN(const std::optional<varve::Lease> lease,
                           varve::Leases(transaction).Get(LeaseOf(number)));
    if (lease.has_value()) {
      look.idle = false;
      look.next_expiry = std::min(look.next_expiry, lease->expires);
      continue;
    }
    VARVE_ASSIGN_OR_RETURN(const OpenJob attempted, DecodeOpenJob(cell.value));
    if (attempted.attempts >= options_.attempts_max) {
      VARVE_RETURN_IF_ERROR(Conclude(transaction, number, kDead, DeadEvent(number, attempted)));
      continue;
    }
    VARVE_ASSIGN_OR_RETURN(look.job, Begin(transaction, worker, number, attempted.attempts + 1));
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status Queue::LookForNewJob(varve::Transaction& transaction, std::string_view worker,
                                  Look& look) const {
  varve::Events events(transaction);
  VARVE_ASSIGN_OR_RETURN(const std::optional<std::uint64_t> position,
                         events.Position(kJobs, kTakers));
  const std::uint64_t next = position.value_or(0);
  VARVE_ASSIGN_OR_RETURN(const std::optional<varve::Event> event, events.Get(kJobs, next));
  if (!event.has_value()) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(events.CommitPosition(kJobs, kTakers, next + 1));
  VARVE_ASSIGN_OR_RETURN(look.job, Begin(transaction, worker, next, 1));
  return absl::OkStatus();
}

absl::StatusOr<Queue::Look> Queue::TryTake(std::string_view worker) {
  const std::lock_guard lock(taking_);
  Look look;
  const auto receipt = store_->Update([&](varve::Transaction& transaction) -> absl::Status {
    look = Look();  // this may run again, after a conflict
    VARVE_RETURN_IF_ERROR(LookForOpenJob(transaction, worker, look));
    return look.job.has_value() ? absl::OkStatus() : LookForNewJob(transaction, worker, look);
  });
  if (!receipt.ok()) return receipt.status();
  return look;
}

absl::StatusOr<std::optional<Job>> Queue::Take(std::string_view worker,
                                               const TakeOptions& options) {
  const auto deadline = std::chrono::steady_clock::now() + options.patience;
  while (true) {
    const varve::Lsn seen = store_->visible_lsn();  // before looking: what comes later wakes
    VARVE_ASSIGN_OR_RETURN(Look look, TryTake(worker));
    if (look.job.has_value() || (look.idle && options.until_idle)) return std::move(look.job);
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= left.zero()) return std::optional<Job>();
    std::chrono::nanoseconds wait = left;
    if (look.next_expiry != kNever) {
      const std::uint64_t now = varve::SystemClock().Now().micros();
      const std::uint64_t expiry = std::max(look.next_expiry.micros(), now);
      wait = std::min<std::chrono::nanoseconds>(wait, std::chrono::microseconds(expiry - now + 1));
    }
    VARVE_RETURN_IF_ERROR(store_->WaitVisible(seen, wait).status());
  }
}

absl::Status Queue::Renew(std::uint64_t job, std::uint64_t token) {
  return store_
      ->Update([&](varve::Transaction& transaction) -> absl::Status {
        VARVE_ASSIGN_OR_RETURN(
            const std::optional<varve::Lease> lease,
            varve::Leases(transaction).Renew(LeaseOf(job), token, options_.lease));
        if (lease.has_value()) return absl::OkStatus();
        return varve::FailedPrecondition("job ", job, " is not held under token ", token,
                                         " any more");
      })
      .status();
}

absl::Status Queue::Complete(std::uint64_t job, std::uint64_t token, std::string_view result) {
  return store_
      ->Update([&](varve::Transaction& transaction) -> absl::Status {
        VARVE_RETURN_IF_ERROR(GiveLeaseBack(transaction, job, token));
        VARVE_ASSIGN_OR_RETURN(const OpenJob open, ReadOpenJob(transaction, job));
        return Conclude(transaction, job, kDone, DoneEvent(job, token, open, result));
      })
      .status();
}

absl::Status Queue::Fail(std::uint64_t job, std::uint64_t token, std::string_view error) {
  return store_
      ->Update([&](varve::Transaction& transaction) -> absl::Status {
        VARVE_RETURN_IF_ERROR(GiveLeaseBack(transaction, job, token));
        VARVE_ASSIGN_OR_RETURN(OpenJob open, ReadOpenJob(transaction, job));
        open.error = error;
        if (open.attempts >= options_.attempts_max) {
          return Conclude(transaction, job, kDead, DeadEvent(job, open));
        }
        return varve::Cells(transaction).Set(CellOf(job), EncodeOpenJob(open)).status();
      })
      .status();
}

absl::StatusOr<QueueStats> Queue::Stats() {
  VARVE_ASSIGN_OR_RETURN(varve::ReadView view, store_->View());
  const varve::Events events(view);
  QueueStats stats;
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t jobs, events.Length(kJobs));
  VARVE_ASSIGN_OR_RETURN(const auto position, events.Position(kJobs, kTakers));
  stats.waiting = jobs - position.value_or(0);
  VARVE_ASSIGN_OR_RETURN(const std::vector<varve::Cell> open,
                         varve::Cells(view).List({.prefix = kOpenPrefix, .limit = kEvery}));
  for (const varve::Cell& cell : open) {
    VARVE_ASSIGN_OR_RETURN(const auto lease,
                           varve::Leases(view).Get(LeaseOf(JobOfCell(cell.name))));
    ++(lease.has_value() ? stats.running : stats.retrying);
  }
  VARVE_ASSIGN_OR_RETURN(stats.done, events.Length(kDone));
  VARVE_ASSIGN_OR_RETURN(stats.dead, events.Length(kDead));
  return stats;
}

absl::StatusOr<std::vector<std::string>> Queue::Outcomes(std::string_view stream,
                                                         std::uint64_t from, std::uint64_t limit) {
  VARVE_ASSIGN_OR_RETURN(varve::ReadView view, store_->View());
  varve::EventScan scan = varve::Events(view).Scan(stream, {.from = from, .limit = limit});
  std::vector<std::string> outcomes;
  for (const varve::Event& event : scan) outcomes.emplace_back(event.payload);
  VARVE_RETURN_IF_ERROR(scan.status());
  return outcomes;
}

}  // namespace job_queue
