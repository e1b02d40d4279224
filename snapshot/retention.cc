#include "snapshot/retention.h"

#include <algorithm>
#include <optional>

#include "kernel/base/check.h"
#include "kernel/base/status.h"
#include "snapshot/snapshot.h"

namespace varve::snapshot {

RetentionPlan PlanRetention(std::vector<RetainedSnapshot> known, const RetainedSnapshot& added,
                            int count) {
  VARVE_CHECK(count >= 1);
  std::erase_if(known, [&added](const RetainedSnapshot& one) { return one.lsn == added.lsn; });
  known.push_back(added);
  std::sort(known.begin(), known.end(),
            [](const RetainedSnapshot& a, const RetainedSnapshot& b) { return a.lsn < b.lsn; });
  const auto wanted = static_cast<std::size_t>(count);
  if (known.size() > wanted) known.erase(known.begin(), known.end() - count);
  RetentionPlan plan;
  if (known.size() == wanted) plan.trim_to = known.front().lsn;
  plan.retained = std::move(known);
  return plan;
}

absl::Status RemoveDroppedSnapshots(FileSystem& files, const std::string& folder,
                                    const std::vector<RetainedSnapshot>& retained) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files.List(folder));
  absl::Status result;
  for (const std::string& name : names) {
    std::string_view whole = name;
    const bool temporary = whole.ends_with(kTemporarySuffix);
    if (temporary) whole.remove_suffix(kTemporarySuffix.size());
    const std::optional<Lsn> lsn = ParseSnapshotFileName(whole);
    if (!lsn) continue;
    const bool keep = std::any_of(retained.begin(), retained.end(),
                                  [&lsn](const RetainedSnapshot& one) { return one.lsn == *lsn; });
    if (keep && !temporary) continue;
    const absl::Status removed = files.Remove(JoinPath(folder, name));
    if (result.ok() && !removed.ok()) result = removed;
  }
  return result;
}

}  // namespace varve::snapshot
