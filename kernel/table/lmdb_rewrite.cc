#include "kernel/table/lmdb_rewrite.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "kernel/base/status.h"
#include "kernel/io/file_system.h"
#include "kernel/table/lmdb_environment.h"
#include "kernel/table/lmdb_loader.h"
#include "kernel/table/stored_row.h"

namespace varve::table {
namespace {

// A small file is not worth writing anew.
constexpr std::uint64_t kFileBytesMin = std::uint64_t{16} << 20;
// Of the size that the rows need in order: from here on a file is bloated, up to there it is not.
constexpr double kBloated = 1.7;
constexpr double kCompact = 1.25;
// Leaves filled by changes all over the keys are about this full.
constexpr double kFillOfRandomLeaves = 0.7;
// So often, what the policy has learnt is put to the test again.
constexpr int kMergesInARowMax = 16;

// Two streams in one order; where both have a key, the changes' versions come first.
class MergedVersions final {
 public:
  MergedVersions(VersionStream& changes, VersionStream& state)
      : changes_{&changes, changes.Next()}, state_{&state, state.Next()} {}

  [[nodiscard]] bool done() const { return !changes_.there && !state_.there; }

  // Gives every version of the next key to `loader`.
  absl::Status MoveTo(LmdbLoader& loader) {
    const int order = Order();
    // The streams lend their keys until they move on.
    const std::string row_key(order <= 0 ? changes_.stream->row_key() : state_.stream->row_key());
    bool superseded = false;
    if (order <= 0) VARVE_RETURN_IF_ERROR(Move(changes_, row_key, loader, superseded));
    if (order >= 0) VARVE_RETURN_IF_ERROR(Move(state_, row_key, loader, superseded));
    return absl::OkStatus();
  }

  [[nodiscard]] absl::Status status() const {
    VARVE_RETURN_IF_ERROR(changes_.stream->status());
    return state_.stream->status();
  }

 private:
  struct Side {
    VersionStream* stream;
    bool there;
  };

  [[nodiscard]] int Order() const {
    if (!state_.there) return -1;
    if (!changes_.there) return 1;
    return changes_.stream->row_key().compare(state_.stream->row_key());
  }

  static absl::Status Move(Side& side, const std::string& row_key, LmdbLoader& loader,
                           bool& superseded) {
    while (const std::optional<RowVersion> version = side.stream->NextVersion()) {
      VARVE_RETURN_IF_ERROR(loader.Add(row_key, *version, superseded));
      superseded = true;
    }
    side.there = side.stream->Next();
    return absl::OkStatus();
  }

  Side changes_;
  Side state_;
};

absl::Status SyncFile(const std::string& path) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                         PosixFileSystem().Open(path, OpenMode::kWrite));
  return file->Sync();
}

absl::Status WriteFile(const std::string& path, MaterializedReader& state, VersionStream& changes,
                       const AppliedMark& mark, const HistoryPolicy& policy) {
  LmdbOpenOptions options;
  options.exclusive = true;
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LmdbEnvironment> environment,
                         LmdbEnvironment::Open(path, options));
  StoredMark stored;
  stored.mark = mark;
  LmdbLoader loader(*environment, policy, stored, [&environment] {
    return environment->wants_growth() ? environment->Grow() : absl::OkStatus();
  });
  const auto rows = state.NewVersionStream({}, {});
  MergedVersions merged(changes, *rows);
  while (!merged.done()) VARVE_RETURN_IF_ERROR(merged.MoveTo(loader));
  VARVE_RETURN_IF_ERROR(merged.status());
  return loader.Finish(mark);
}

}  // namespace

absl::Status WriteMergedFile(const std::string& temporary, MaterializedReader& state,
                             VersionStream& changes, const AppliedMark& mark,
                             const HistoryPolicy& policy) {
  FileSystem& files = PosixFileSystem();
  // What an earlier attempt may have left behind.
  if (files.Stat(temporary).ok()) VARVE_RETURN_IF_ERROR(files.Remove(temporary));
  absl::Status status = WriteFile(temporary, state, changes, mark, policy);
  // LMDB does not sync the pages that it writes when it makes a file.
  if (status.ok()) status = SyncFile(temporary);
  if (!status.ok()) files.Remove(temporary).IgnoreError();
  return status;
}

double RewritePolicy::CompactBytes(const FileState& state) const {
  if (bytes_per_entry_ > 0) return bytes_per_entry_ * static_cast<double>(state.entries);
  return kFillOfRandomLeaves * static_cast<double>(state.live_bytes);
}

bool RewritePolicy::MayRewrite(const FileState& state) const {
  return state.file_bytes >= kFileBytesMin && state.file_bytes > refused_bytes_ * 2;
}

bool RewritePolicy::MergeIsCheaper(std::uint64_t changed, const FileState& before) {
  was_compact_ = static_cast<double>(before.file_bytes) <= kCompact * CompactBytes(before);
  share_ =
      before.entries == 0 ? 0 : static_cast<double>(changed) / static_cast<double>(before.entries);
  const bool cheaper =
      MayRewrite(before) && share_ >= merge_share_ && merges_in_a_row_ < kMergesInARowMax;
  merges_in_a_row_ = cheaper ? merges_in_a_row_ + 1 : 0;
  return cheaper;
}

bool RewritePolicy::IsBloated(const FileState& after) {
  const bool bloated =
      MayRewrite(after) && static_cast<double>(after.file_bytes) > kBloated * CompactBytes(after);
  if (was_compact_ && bloated) merge_share_ = std::min(merge_share_, share_);
  if (was_compact_ && !bloated && share_ >= merge_share_) merge_share_ = 2 * share_;
  return bloated;
}

void RewritePolicy::NoteRewritten(const FileState& after) {
  refused_bytes_ = 0;
  if (after.entries == 0) return;
  bytes_per_entry_ = static_cast<double>(after.file_bytes) / static_cast<double>(after.entries);
}

}  // namespace varve::table
