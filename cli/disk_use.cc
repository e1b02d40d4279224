#include "cli/disk_use.h"

#include <vector>

#include "kernel/base/status.h"
#include "kernel/wal/segment.h"
#include "snapshot/snapshot.h"

namespace varve::cli {
namespace {

void AddFile(const FileInfo& info, FileTotals& to) {
  ++to.files;
  to.bytes += info.bytes;
  to.allocated_bytes += info.allocated_bytes;
}

void AddTotals(const FileTotals& from, FileTotals& to) {
  to.files += from.files;
  to.bytes += from.bytes;
  to.allocated_bytes += from.allocated_bytes;
}

// Adds every file of `folder` to the totals that `choose` answers for its name.
template <typename Choose>
absl::Status AddFolder(FileSystem& files, const std::string& folder, const Choose& choose) {
  const absl::StatusOr<std::vector<std::string>> names = files.List(folder);
  if (absl::IsNotFound(names.status())) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(names.status());
  for (const std::string& name : *names) {
    const absl::StatusOr<FileInfo> info = files.Stat(JoinPath(folder, name));
    // A writing process removes files beside us.
    if (absl::IsNotFound(info.status())) continue;
    VARVE_RETURN_IF_ERROR(info.status());
    if (!info->is_directory) AddFile(*info, choose(name));
  }
  return absl::OkStatus();
}

}  // namespace

FileTotals DiskUse::Total() const {
  FileTotals total;
  for (const FileTotals* part : {&log, &snapshots, &state, &manifest, &other}) {
    AddTotals(*part, total);
  }
  return total;
}

absl::StatusOr<DiskUse> MeasureDiskUse(FileSystem& files, const StoreFiles& names) {
  DiskUse found;
  VARVE_RETURN_IF_ERROR(
      AddFolder(files, names.directory(), [&](const std::string& name) -> FileTotals& {
        if (name == "MANIFEST" || name == "LOCK" || name == "BACKUP") return found.manifest;
        return name.starts_with("state.mdb") ? found.state : found.other;
      }));
  VARVE_RETURN_IF_ERROR(
      AddFolder(files, names.log_folder(), [&](const std::string& name) -> FileTotals& {
        return wal::ParseSegmentFileName(name) ? found.log : found.other;
      }));
  VARVE_RETURN_IF_ERROR(
      AddFolder(files, names.snapshot_folder(), [&](const std::string& name) -> FileTotals& {
        return snapshot::ParseSnapshotFileName(name) ? found.snapshots : found.other;
      }));
  return found;
}

std::string DescribeTotals(const FileTotals& totals) {
  return FormatBytes(totals.bytes) + " in " + FormatCount(totals.files) + " files, " +
         FormatBytes(totals.allocated_bytes) + " on disk";
}

Json TotalsToJson(const FileTotals& totals) {
  return Json{{"files", totals.files},
              {"bytes", totals.bytes},
              {"allocated_bytes", totals.allocated_bytes}};
}

Json DiskUseToJson(const DiskUse& use) {
  return Json{{"log", TotalsToJson(use.log)},     {"snapshots", TotalsToJson(use.snapshots)},
              {"state", TotalsToJson(use.state)}, {"manifest", TotalsToJson(use.manifest)},
              {"other", TotalsToJson(use.other)}, {"total", TotalsToJson(use.Total())}};
}

}  // namespace varve::cli
