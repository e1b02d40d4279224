#include "recovery/create.h"

#include <algorithm>

#include "kernel/base/limits.h"
#include "kernel/base/status.h"

namespace varve::recovery {
namespace {

constexpr std::string_view kMarkName = "UNFINISHED";

std::string ParentOf(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();  // "a/b/" is "a/b"
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status CreateFolder(FileSystem& files, const std::string& path) {
  const absl::Status status = files.CreateDirectory(path);
  return absl::IsAlreadyExists(status) ? absl::OkStatus() : status;
}

absl::StatusOr<bool> IsEmptyOrAbsent(FileSystem& files, const std::string& folder) {
  const auto names = files.List(folder);
  if (absl::IsNotFound(names.status())) return true;
  if (!names.ok()) return names.status();
  return names->empty();
}

}  // namespace

absl::StatusOr<DirectoryState> InspectDirectory(FileSystem& files, const StoreFiles& names) {
  const auto listed = files.List(names.directory());
  if (absl::IsNotFound(listed.status())) {
    // Not there, or not a folder.
    return files.Stat(names.directory()).ok() ? DirectoryState::kForeign : DirectoryState::kAbsent;
  }
  if (!listed.ok()) return listed.status();
  bool has_manifest = false;
  bool has_own = false;
  bool has_foreign = false;
  bool has_mark = false;
  for (const std::string& name : *listed) {
    has_manifest = has_manifest || name == "MANIFEST";
    has_mark = has_mark || name == kMarkName;
    // MANIFEST.new: the creation was cut short before the rename.
    const bool own = name == kMarkName || name == "MANIFEST" || name == "MANIFEST.new" ||
                     name == "LOCK" || name == "wal" || name == "snapshots" ||
                     name.rfind("state.mdb", 0) == 0;
    has_own = has_own || own;
    has_foreign = has_foreign || !own;
  }
  VARVE_ASSIGN_OR_RETURN(const bool no_log, IsEmptyOrAbsent(files, names.log_folder()));
  VARVE_ASSIGN_OR_RETURN(const bool no_snapshot, IsEmptyOrAbsent(files, names.snapshot_folder()));
  if (has_manifest) {
    const auto manifest = snapshot::ReadManifest(files, names.manifest());
    const bool unfinished = absl::IsDataLoss(manifest.status()) && no_log && no_snapshot;
    return unfinished ? DirectoryState::kAbsent : DirectoryState::kStore;
  }
  if (has_mark && no_log) return DirectoryState::kUnfinished;
  if (!no_log || !no_snapshot) return has_own ? DirectoryState::kStore : DirectoryState::kForeign;
  return has_foreign ? DirectoryState::kForeign : DirectoryState::kAbsent;
}

absl::Status CreateStoreDirectory(FileSystem& files, const StoreFiles& names) {
  VARVE_RETURN_IF_ERROR(CreateFolder(files, names.directory()));
  return files.SyncDirectory(ParentOf(names.directory()));
}

absl::Status SyncStoreNames(FileSystem& files, const StoreFiles& names) {
  const absl::Status parent = files.SyncDirectory(ParentOf(names.directory()));
  // A parent that may not be read now could be read, and was synced, when the store was made.
  if (!parent.ok() && !absl::IsPermissionDenied(parent)) return parent;
  return files.SyncDirectory(names.directory());
}

std::string UnfinishedMark(const StoreFiles& names) {
  return JoinPath(names.directory(), kMarkName);
}

absl::Status MarkUnfinished(FileSystem& files, const StoreFiles& names) {
  const absl::Status made = files.Open(UnfinishedMark(names), OpenMode::kCreate).status();
  if (!made.ok() && !absl::IsAlreadyExists(made)) return made;
  VARVE_RETURN_IF_ERROR(files.SyncDirectory(names.directory()));
  const auto left = files.List(names.snapshot_folder());
  if (absl::IsNotFound(left.status())) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(left.status());
  for (const std::string& name : *left) {
    VARVE_RETURN_IF_ERROR(files.Remove(JoinPath(names.snapshot_folder(), name)));
  }
  return absl::OkStatus();
}

absl::Status CreateStoreFolders(FileSystem& files, const StoreFiles& names) {
  VARVE_RETURN_IF_ERROR(CreateFolder(files, names.log_folder()));
  VARVE_RETURN_IF_ERROR(CreateFolder(files, names.snapshot_folder()));
  if (const absl::Status status = files.Remove(names.manifest());
      !status.ok() && !absl::IsNotFound(status)) {
    return status;
  }
  return files.SyncDirectory(names.directory());
}

snapshot::Manifest FreshManifest(Entropy& entropy, const PrimitiveRegistry& registry) {
  snapshot::Manifest manifest;
  manifest.generation = 1;  // MAN-8
  manifest.store = RandomUuid(entropy);
  manifest.limits = {kKeyBytesMax, kValueBytesMax, kTransactionBytesMax};
  for (const std::unique_ptr<Primitive>& primitive : registry.primitives()) {
    const PrimitiveSpec& spec = primitive->spec();
    manifest.primitives.push_back({{spec.id, spec.entry_range, spec.name}, spec.carried});
  }
  manifest.log_start = Lsn(1);
  return manifest;
}

absl::Status CreateStoreManifest(FileSystem& files, const StoreFiles& names,
                                 const snapshot::Manifest& manifest) {
  VARVE_RETURN_IF_ERROR(snapshot::CreateManifest(files, names.manifest(), manifest));
  return files.SyncDirectory(names.directory());
}

}  // namespace varve::recovery
