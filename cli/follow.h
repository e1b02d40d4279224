// Looking at a store again and again while other processes write to it, for verbs that follow.
#ifndef VARVE_CLI_FOLLOW_H_
#define VARVE_CLI_FOLLOW_H_

#include <cstdint>
#include <functional>
#include <limits>

#include "absl/status/statusor.h"
#include "cli/arguments.h"
#include "cli/session.h"
#include "kernel/base/ids.h"
#include "kernel/entry.h"

namespace varve::cli {

// How often the log is looked at where `--interval` does not say.
inline constexpr double kFollowSeconds = 1;

// `--interval` and `--limit`: 0 and the largest number where they are not given.
struct FollowArguments {
  double interval_seconds = 0;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
};
void DeclareFollow(Arguments& arguments, FollowArguments& to);
[[nodiscard]] inline double IntervalOf(const FollowArguments& arguments) {
  return arguments.interval_seconds == 0 ? kFollowSeconds : arguments.interval_seconds;
}

struct FollowOptions {
  double interval_seconds = kFollowSeconds;
  EntryType entry_range = 0;  // of the primitive whose entries are worth a look
  RunId run{};                // in which run
};

// Whether it wants to go on.
using Look = std::function<absl::StatusOr<bool>(ReadView& view)>;

// Calls `look` with a view of the newest state, then, each time that the log has got entries of the
// primitive in the run, or the kernel's own ones there, with a view behind them. Between the calls
// the store is closed: writers wait for no more than one look. OK: `look` wanted no more.
// kCancelled: Ctrl-C.
//
// The new records are read from the log as they are written. Then the store is opened as every
// reader opens it, which beside a writing process costs time in proportion to the state.
[[nodiscard]] absl::Status Follow(Session& session, const FollowOptions& options, const Look& look);

}  // namespace varve::cli

#endif  // VARVE_CLI_FOLLOW_H_
