// What a story is held against, one thing at a time. Only for story_run.cc.
#ifndef VARVE_CRASH_STORY_CHECK_H_
#define VARVE_CRASH_STORY_CHECK_H_

#include <string>

#include "absl/status/status.h"
#include "crash/story.h"
#include "kernel/base/status.h"
#include "kernel/store.h"
#include "recovery/open.h"

namespace varve::crash {

// The promise that was broken.
template <typename... Parts>
absl::Status Broken(const Parts&... parts) {
  return MakeStatus(absl::StatusCode::kInternal, parts...);
}

[[nodiscard]] std::string TextOf(const absl::Status& status);
// How an opening refuses what is damaged.
[[nodiscard]] bool IsDamage(const absl::Status& status);
// What stays in a store's folder when nobody works in it.
[[nodiscard]] bool BelongsThere(const std::string& path);
// kUnimplemented: allocations of the story fail, which this program cannot make them do.
[[nodiscard]] absl::Status CheckRepeatable(const Story& story);
// Every primitive finds its own rows right (O2).
[[nodiscard]] absl::Status CheckRowsOf(Store& store);
// A step that is no commit.
[[nodiscard]] absl::Status Act(Step::Kind kind, OpenedStore& opened);

}  // namespace varve::crash

#endif  // VARVE_CRASH_STORY_CHECK_H_
