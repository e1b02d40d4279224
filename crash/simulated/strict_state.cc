#include "crash/simulated/strict_state.h"

#include <utility>

#include "kernel/base/status.h"

namespace varve::crash {
namespace {

std::vector<std::string> SplitPath(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") parts.emplace_back(part);
    path.remove_prefix(std::min(path.size(), slash + 1));
  }
  return parts;
}

std::uint64_t BytesBelow(const StrictNode& node) {
  if (node.file.has_value()) return node.file->content().size();
  std::uint64_t bytes = 0;
  for (const auto& [name, child] : node.folder->current) bytes += BytesBelow(*child);
  return bytes;
}

StrictNodePtr Descend(StrictNodePtr node, const std::vector<std::string>& parts,
                      std::size_t count) {
  for (std::size_t i = 0; i < count && node != nullptr; ++i) {
    if (!node->folder.has_value()) return nullptr;
    const auto found = node->folder->current.find(parts[i]);
    node = found == node->folder->current.end() ? nullptr : found->second;
  }
  return node;
}

absl::Status Dead() { return absl::UnknownError("simulated: the process has crashed"); }

}  // namespace

absl::Status StrictState::Begin(Call call, std::unique_lock<std::mutex>& lock,
                                std::optional<Fault>* fault) {
  lock = std::unique_lock(mutex);
  if (crashed) return Dead();
  if (IsMutating(call.kind)) {
    call.ordinal = calls.size() + 1;
    calls.push_back(call);
    if (call.ordinal == crash_at) crashed = true;
    if (hook != nullptr && !crashed) {
      const StrictFileSystem::Hook current = hook;
      lock.unlock();
      current(call);
      lock.lock();
    }
    if (crashed) return Dead();
  }
  std::optional<Fault> strike = faults.Strike(call);
  if (!strike.has_value()) return absl::OkStatus();
  if (strike->effect == Fault::Effect::kFail || fault == nullptr) {
    return AddContext(strike->status, call.ToString());
  }
  *fault = std::move(strike);
  return absl::OkStatus();
}

StrictNodePtr StrictState::Find(std::string_view path) const {
  const std::vector<std::string> parts = SplitPath(path);
  return Descend(root, parts, parts.size());
}

absl::StatusOr<StrictState::Place> StrictState::FindPlace(std::string_view path) const {
  const std::vector<std::string> parts = SplitPath(path);
  if (parts.empty()) return MakeStatus(absl::StatusCode::kAlreadyExists, path, ": is the root");
  Place place{Descend(root, parts, parts.size() - 1), parts.back()};
  if (place.folder == nullptr || !place.folder->folder.has_value()) {
    return MakeStatus(absl::StatusCode::kNotFound, path, ": no such folder");
  }
  return place;
}

std::uint64_t StrictState::UsedBytes() const { return BytesBelow(*root); }

absl::Status StrictState::CheckRoom(std::uint64_t old_size, std::uint64_t new_size) const {
  if (new_size <= old_size || capacity_bytes == ~std::uint64_t{0}) return absl::OkStatus();
  if (UsedBytes() + (new_size - old_size) > capacity_bytes) return DiskFull();
  return absl::OkStatus();
}

}  // namespace varve::crash
