#include "crash/simulated/strict_file_system.h"

#include <utility>

#include "crash/simulated/strict_state.h"
#include "kernel/base/check.h"
#include "kernel/base/status.h"

namespace varve::crash {
namespace {

absl::Status NoSuchFile(std::string_view path) {
  return MakeStatus(absl::StatusCode::kNotFound, path, ": no such file or folder");
}

absl::Status Exists(std::string_view path) {
  return MakeStatus(absl::StatusCode::kAlreadyExists, path, ": exists");
}

class StrictLock final : public FileLock {
 public:
  StrictLock(std::shared_ptr<StrictState> state, StrictNodePtr node, LockMode mode)
      : state_(std::move(state)), node_(std::move(node)), mode_(mode) {}
  ~StrictLock() override {
    const std::lock_guard guard(state_->mutex);
    StrictState::Holders& holders = state_->locks[node_.get()];
    if (mode_ == LockMode::kExclusive) {
      holders.exclusive = false;
    } else {
      --holders.shared;
    }
  }
  StrictLock(const StrictLock&) = delete;
  StrictLock& operator=(const StrictLock&) = delete;

 private:
  const std::shared_ptr<StrictState> state_;
  const StrictNodePtr node_;
  const LockMode mode_;
};

void AddContents(const StrictNode& node, const std::string& path,
                 std::map<std::string, std::string>& to) {
  if (node.file.has_value()) {
    to[path] = node.file->content();
    return;
  }
  if (!path.empty()) to[path + "/"] = "";
  for (const auto& [name, child] : node.folder->current) {
    AddContents(*child, path.empty() ? name : JoinPath(path, name), to);
  }
}

// With the mutex held, the call begun.
absl::StatusOr<StrictNodePtr> MakeNode(StrictState& state, std::string_view path,
                                       StrictNodePtr node) {
  VARVE_ASSIGN_OR_RETURN(const StrictState::Place place, state.FindPlace(path));
  StrictFolder& folder = *place.folder->folder;
  if (folder.current.contains(place.name)) return Exists(path);
  folder.Change({.sequence = ++state.sequence,
                 .kind = FolderChange::Kind::kLink,
                 .name = place.name,
                 .new_name = {},
                 .node = node});
  return node;
}

}  // namespace

StrictFileSystem::StrictFileSystem() : StrictFileSystem(NewFolderNode()) {}

StrictFileSystem::StrictFileSystem(StrictNodePtr root) : state_(std::make_shared<StrictState>()) {
  state_->root = std::move(root);
}

StrictFileSystem::~StrictFileSystem() = default;

absl::StatusOr<std::unique_ptr<File>> StrictFileSystem::Open(std::string_view path, OpenMode mode) {
  const bool creates = mode == OpenMode::kCreate;
  CallLock lock;
  std::string name(path);
  VARVE_RETURN_IF_ERROR(
      state_->Begin({.kind = creates ? CallKind::kCreate : CallKind::kOpen, .path = name}, lock));
  StrictNodePtr node;
  if (creates) {
    VARVE_ASSIGN_OR_RETURN(node, MakeNode(*state_, path, NewFileNode()));
  } else {
    node = state_->Find(path);
  }
  if (node == nullptr) return NoSuchFile(path);
  if (node->folder.has_value()) {
    return MakeStatus(absl::StatusCode::kUnknown, path, ": is a folder");
  }
  return NewStrictFile(state_, std::move(node), std::move(name), mode != OpenMode::kRead);
}

absl::Status StrictFileSystem::CreateDirectory(std::string_view path) {
  CallLock lock;
  VARVE_RETURN_IF_ERROR(
      state_->Begin({.kind = CallKind::kCreateDirectory, .path = std::string(path)}, lock));
  return MakeNode(*state_, path, NewFolderNode()).status();
}

absl::StatusOr<std::vector<std::string>> StrictFileSystem::List(std::string_view path) {
  CallLock lock;
  VARVE_RETURN_IF_ERROR(state_->Begin({.kind = CallKind::kList, .path = std::string(path)}, lock));
  const StrictNodePtr node = state_->Find(path);
  if (node == nullptr || !node->folder.has_value()) return NoSuchFile(path);
  std::vector<std::string> names;
  for (const auto& [name, child] : node->folder->current) names.push_back(name);
  return names;
}

absl::StatusOr<FileInfo> StrictFileSystem::Stat(std::string_view path) {
  CallLock lock;
  VARVE_RETURN_IF_ERROR(state_->Begin({.kind = CallKind::kStat, .path = std::string(path)}, lock));
  const StrictNodePtr node = state_->Find(path);
  if (node == nullptr) return NoSuchFile(path);
  FileInfo info;
  info.is_directory = node->folder.has_value();
  if (node->file.has_value()) info.bytes = node->file->content().size();
  info.allocated_bytes = info.bytes;
  return info;
}

absl::Status StrictFileSystem::Rename(std::string_view from, std::string_view to) {
  CallLock lock;
  VARVE_RETURN_IF_ERROR(state_->Begin({.kind = CallKind::kRename, .path = std::string(to)}, lock));
  VARVE_ASSIGN_OR_RETURN(const StrictState::Place source, state_->FindPlace(from));
  VARVE_ASSIGN_OR_RETURN(const StrictState::Place target, state_->FindPlace(to));
  const StrictNodePtr node = state_->Find(from);
  if (node == nullptr) return NoSuchFile(from);
  const StrictNodePtr replaced = state_->Find(to);
  if (replaced == node) return absl::OkStatus();
  if (replaced != nullptr && replaced->folder.has_value()) return Exists(to);
  FolderChange change{.sequence = ++state_->sequence,
                      .kind = FolderChange::Kind::kRename,
                      .name = source.name,
                      .new_name = target.name,
                      .node = node};
  if (source.folder == target.folder) {
    source.folder->folder->Change(std::move(change));
    return absl::OkStatus();
  }
  change.kind = FolderChange::Kind::kUnlink;
  source.folder->folder->Change(change);
  change.kind = FolderChange::Kind::kLink;
  change.name = target.name;
  target.folder->folder->Change(std::move(change));
  return absl::OkStatus();
}

absl::Status StrictFileSystem::Remove(std::string_view path) {
  CallLock lock;
  VARVE_RETURN_IF_ERROR(
      state_->Begin({.kind = CallKind::kRemove, .path = std::string(path)}, lock));
  VARVE_ASSIGN_OR_RETURN(const StrictState::Place place, state_->FindPlace(path));
  const StrictNodePtr node = state_->Find(path);
  if (node == nullptr) return NoSuchFile(path);
  if (node->folder.has_value() && !node->folder->current.empty()) {
    return FailedPrecondition(path, ": the folder is not empty");
  }
  place.folder->folder->Change({.sequence = ++state_->sequence,
                                .kind = FolderChange::Kind::kUnlink,
                                .name = place.name,
                                .new_name = {},
                                .node = nullptr});
  return absl::OkStatus();
}

absl::Status StrictFileSystem::SyncDirectory(std::string_view path) {
  CallLock lock;
  std::optional<Fault> fault;
  VARVE_RETURN_IF_ERROR(
      state_->Begin({.kind = CallKind::kSyncDirectory, .path = std::string(path)}, lock, &fault));
  const StrictNodePtr node = state_->Find(path);
  if (node == nullptr || !node->folder.has_value()) return NoSuchFile(path);
  node->folder->PersistAll();
  return fault.has_value() ? fault->status : absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<FileLock>> StrictFileSystem::Lock(std::string_view path,
                                                                 LockMode mode) {
  CallLock lock;
  VARVE_RETURN_IF_ERROR(state_->Begin({.kind = CallKind::kLock, .path = std::string(path)}, lock));
  StrictNodePtr node = state_->Find(path);
  if (node == nullptr && mode == LockMode::kExclusive) {
    lock.unlock();
    VARVE_RETURN_IF_ERROR(Open(path, OpenMode::kCreate).status());
    lock.lock();
    node = state_->Find(path);
  }
  if (node == nullptr) return NoSuchFile(path);
  StrictState::Holders& holders = state_->locks[node.get()];
  if (holders.exclusive || (mode == LockMode::kExclusive && holders.shared > 0)) {
    return MakeStatus(absl::StatusCode::kUnavailable, "lock ", path, ": held by this process");
  }
  if (mode == LockMode::kExclusive) {
    holders.exclusive = true;
  } else {
    ++holders.shared;
  }
  return std::make_unique<StrictLock>(state_, std::move(node), mode);
}

absl::StatusOr<VolumeInfo> StrictFileSystem::Volume(std::string_view path) {
  CallLock lock;
  VARVE_RETURN_IF_ERROR(state_->Begin({.kind = CallKind::kStat, .path = std::string(path)}, lock));
  if (state_->Find(path) == nullptr) return NoSuchFile(path);
  const std::uint64_t used = state_->UsedBytes();
  VolumeInfo info;
  info.kind = VolumeInfo::Kind::kMemory;
  info.free_bytes = state_->capacity_bytes > used ? state_->capacity_bytes - used : 0;
  return info;
}

std::unique_ptr<StrictFileSystem> StrictFileSystem::CrashImage(const CrashChoice& choice) const {
  const std::lock_guard guard(state_->mutex);
  std::unique_ptr<StrictFileSystem> image(new StrictFileSystem(CrashedTree(state_->root, choice)));
  image->state_->sequence = state_->sequence;  // what is still pending stays the oldest
  return image;
}

std::uint64_t StrictFileSystem::pending_count() const {
  const std::lock_guard guard(state_->mutex);
  return PendingSequences(state_->root).size();
}

std::uint64_t StrictFileSystem::pending_sectors(std::size_t sector_bytes) const {
  const std::lock_guard guard(state_->mutex);
  return PendingSectorCount(state_->root, sector_bytes);
}

std::vector<PendingPart> StrictFileSystem::DescribePending() const {
  const std::lock_guard guard(state_->mutex);
  return crash::DescribePending(state_->root);
}

void StrictFileSystem::SetHook(Hook hook) {
  const std::lock_guard guard(state_->mutex);
  state_->hook = std::move(hook);
}

void StrictFileSystem::Crash() {
  const std::lock_guard guard(state_->mutex);
  state_->crashed = true;
}

void StrictFileSystem::CrashAt(std::uint64_t ordinal) {
  const std::lock_guard guard(state_->mutex);
  state_->crash_at = ordinal;
}

bool StrictFileSystem::crashed() const {
  const std::lock_guard guard(state_->mutex);
  return state_->crashed;
}

std::uint64_t StrictFileSystem::call_count() const {
  const std::lock_guard guard(state_->mutex);
  return state_->calls.size();
}

std::vector<Call> StrictFileSystem::calls() const {
  const std::lock_guard guard(state_->mutex);
  return state_->calls;
}

void StrictFileSystem::AddFault(Fault fault) {
  const std::lock_guard guard(state_->mutex);
  state_->faults.Add(std::move(fault));
}

void StrictFileSystem::ClearFaults() {
  const std::lock_guard guard(state_->mutex);
  state_->faults.Clear();
}

std::uint64_t StrictFileSystem::faults_fired() const {
  const std::lock_guard guard(state_->mutex);
  return state_->faults.fired();
}

void StrictFileSystem::SetCapacity(std::uint64_t bytes) {
  const std::lock_guard guard(state_->mutex);
  state_->capacity_bytes = bytes;
}

std::map<std::string, std::string> StrictFileSystem::Contents() const {
  const std::lock_guard guard(state_->mutex);
  std::map<std::string, std::string> contents;
  AddContents(*state_->root, "", contents);
  return contents;
}

void StrictFileSystem::Corrupt(std::string_view path, std::uint64_t offset, std::uint8_t mask) {
  const std::lock_guard guard(state_->mutex);
  const StrictNodePtr node = state_->Find(path);
  VARVE_CHECK(node != nullptr && node->file.has_value());
  node->file->Corrupt(offset, mask);
}

}  // namespace varve::crash
