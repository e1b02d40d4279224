#include "cli/follow.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "kernel/base/status.h"
#include "kernel/core_entry.h"
#include "kernel/wal/log_follower.h"

namespace varve::cli {
namespace {

using Clock = std::chrono::steady_clock;

// Ctrl-C ends a wait within this.
constexpr std::chrono::milliseconds kNap{50};

absl::Status Wait(double seconds) {
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(seconds));
  while (!Interrupted()) {
    const auto left = end - Clock::now();
    if (left <= Clock::duration::zero()) return absl::OkStatus();
    std::this_thread::sleep_for(std::min<Clock::duration>(left, kNap));
  }
  return absl::CancelledError("interrupted");
}

absl::StatusOr<bool> Concerns(std::string_view body, const FollowOptions& options) {
  constexpr EntryType kRangeMask = 0xF0;
  EntryReader entries(body);
  Entry entry;
  bool any = false;
  while (entries.Next(entry)) {
    const bool of_primitive = (entry.type & kRangeMask) == options.entry_range;
    any |= entry.run == options.run && (of_primitive || IsCoreEntry(entry.type));
  }
  VARVE_RETURN_IF_ERROR(entries.status());
  return any;
}

// Reads what the log has got since the last call, all of it; whether any of it concerns us.
absl::StatusOr<bool> ReadNew(wal::LogFollower& log, const FollowOptions& options) {
  bool any = false;
  while (true) {
    const absl::StatusOr<wal::Record> record = log.Read();
    // Not whole yet, as far as one can tell from outside of the writing process.
    if (absl::IsDataLoss(record.status())) return any;
    VARVE_RETURN_IF_ERROR(record.status());
    VARVE_ASSIGN_OR_RETURN(const bool concerns, Concerns(record->body, options));
    any |= concerns;
    log.Accept(record->header);
  }
}

// Returns when there is a reason to look at the store again.
absl::Status AwaitReason(Session& session, const FollowOptions& options, const Uuid& store,
                         Lsn seen) {
  absl::StatusOr<std::unique_ptr<wal::LogFollower>> log =
      wal::LogFollower::Open(PosixFileSystem(), session.files().log_folder(), store, seen);
  absl::StatusOr<bool> reason = false;
  while (log.ok() && reason.ok() && !*reason) {
    VARVE_RETURN_IF_ERROR(Wait(options.interval_seconds));
    reason = ReadNew(**log, options);
  }
  // Trimmed beyond where we stood: the state itself says where it has got to.
  if (absl::IsOutOfRange(log.status())) return Wait(options.interval_seconds);
  if (absl::IsOutOfRange(reason.status())) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(log.status());
  return reason.status();
}

}  // namespace

void DeclareFollow(Arguments& arguments, FollowArguments& to) {
  arguments.Number({.name = "--interval",
                    .help = "How often the log is looked at (default 1)",
                    .value_name = "SECONDS"},
                   to.interval_seconds, {0.01, 86400});
  arguments.Number(
      {.name = "--limit", .help = "Ends after so many instead of at Ctrl-C", .value_name = "N"},
      to.limit, {.min = 1});
}

absl::Status Follow(Session& session, const FollowOptions& options, const Look& look) {
  while (true) {
    Uuid store;
    Lsn seen;
    {
      VARVE_ASSIGN_OR_RETURN(const OpenedStore opened, session.OpenForReading());
      VARVE_ASSIGN_OR_RETURN(ReadView view, opened.store->View());
      VARVE_ASSIGN_OR_RETURN(const bool goes_on, look(view));
      if (!goes_on) return absl::OkStatus();
      store = opened.store->uuid();
      seen = view.lsn();
    }
    VARVE_RETURN_IF_ERROR(session.output().Finish());
    VARVE_RETURN_IF_ERROR(AwaitReason(session, options, store, seen));
  }
}

}  // namespace varve::cli
