// The open files of the strict file system.
#include <algorithm>
#include <utility>

#include "crash/simulated/strict_state.h"
#include "kernel/base/status.h"

namespace varve::crash {
namespace {

class StrictFile final : public File {
 public:
  StrictFile(std::shared_ptr<StrictState> state, StrictNodePtr node, std::string path,
             bool is_writable)
      : state_(std::move(state)),
        node_(std::move(node)),
        path_(std::move(path)),
        is_writable_(is_writable) {}

  absl::StatusOr<std::size_t> ReadAt(std::uint64_t offset, std::span<char> into) const override {
    CallLock lock;
    std::optional<Fault> fault;
    VARVE_RETURN_IF_ERROR(state_->Begin(
        {.kind = CallKind::kRead, .path = path_, .offset = offset, .bytes = into.size()}, lock,
        &fault));
    const std::string_view content = node_->file->content();
    if (offset >= content.size()) return std::size_t{0};
    const std::size_t count = content.substr(offset).copy(into.data(), into.size());
    if (fault.has_value() && count > 0) into[count / 2] = static_cast<char>(into[count / 2] ^ 1);
    return count;
  }

  absl::Status WriteAt(std::uint64_t offset, std::string_view bytes) override {
    CallLock lock;
    return Write(CallKind::kWrite, offset, bytes, lock);
  }

  absl::Status WriteDurablyAt(std::uint64_t offset, std::string_view bytes) override {
    if (bytes.empty()) return absl::OkStatus();
    CallLock lock;
    VARVE_RETURN_IF_ERROR(Write(CallKind::kWriteDurably, offset, bytes, lock));
    lock.unlock();
    std::optional<Fault> fault;
    VARVE_RETURN_IF_ERROR(state_->Begin(
        {.kind = CallKind::kFlushDurably, .path = path_, .offset = offset, .bytes = bytes.size()},
        lock, &fault));
    if (fault.has_value()) return FailSync(*fault);
    node_->file->PersistRange(offset, bytes);
    return absl::OkStatus();
  }

  absl::Status Truncate(std::uint64_t size) override {
    CallLock lock;
    VARVE_RETURN_IF_ERROR(CheckWritable());
    VARVE_RETURN_IF_ERROR(
        state_->Begin({.kind = CallKind::kTruncate, .path = path_, .offset = size}, lock));
    VARVE_RETURN_IF_ERROR(state_->CheckRoom(node_->file->content().size(), size));
    node_->file->Truncate(++state_->sequence, size);
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    CallLock lock;
    std::optional<Fault> fault;
    VARVE_RETURN_IF_ERROR(state_->Begin({.kind = CallKind::kSync, .path = path_}, lock, &fault));
    if (fault.has_value()) return FailSync(*fault);
    node_->file->PersistAll();
    return absl::OkStatus();
  }

  absl::StatusOr<std::uint64_t> Size() const override {
    CallLock lock;
    VARVE_RETURN_IF_ERROR(state_->Begin({.kind = CallKind::kSize, .path = path_}, lock));
    return node_->file->content().size();
  }

 private:
  absl::Status CheckWritable() const {
    if (is_writable_) return absl::OkStatus();
    return MakeStatus(absl::StatusCode::kUnknown, path_, ": opened for reading only");
  }

  absl::Status Write(CallKind kind, std::uint64_t offset, std::string_view bytes,
                     std::unique_lock<std::mutex>& lock) {
    VARVE_RETURN_IF_ERROR(CheckWritable());
    std::optional<Fault> fault;
    VARVE_RETURN_IF_ERROR(state_->Begin(
        {.kind = kind, .path = path_, .offset = offset, .bytes = bytes.size()}, lock, &fault));
    StrictInode& file = *node_->file;
    if (fault.has_value()) {
      file.Write(++state_->sequence, offset, bytes.substr(0, fault->partial_bytes));
      return fault->status;
    }
    VARVE_RETURN_IF_ERROR(state_->CheckRoom(file.content().size(), offset + bytes.size()));
    file.Write(++state_->sequence, offset, bytes);
    return absl::OkStatus();
  }

  absl::Status FailSync(const Fault& fault) {
    switch (fault.effect) {
      case Fault::Effect::kSyncDropped:
        node_->file->DropPending();
        break;
      case Fault::Effect::kSyncReverted:
        node_->file->RevertPending();
        break;
      default:
        node_->file->PersistAll();
        break;
    }
    return fault.status;
  }

  const std::shared_ptr<StrictState> state_;
  const StrictNodePtr node_;
  const std::string path_;
  const bool is_writable_;
};

}  // namespace

std::unique_ptr<File> NewStrictFile(std::shared_ptr<StrictState> state, StrictNodePtr node,
                                    std::string path, bool is_writable) {
  return std::make_unique<StrictFile>(std::move(state), std::move(node), std::move(path),
                                      is_writable);
}

}  // namespace varve::crash
