#include "crash/process/trace_disk.h"

#include <utility>

#include "kernel/base/status.h"

namespace varve::crash {

using Kind = TraceEvent::Kind;

absl::Status TraceDisk::Play(const TraceEvent& event) {
  absl::Status status;
  switch (event.kind) {
    case Kind::kMarker:
      break;
    case Kind::kCreate:
    case Kind::kOpen:
      status = PlayOpen(event);
      break;
    case Kind::kCreateFolder:
      status = files_->CreateDirectory(event.path);
      break;
    case Kind::kRename:
      status = files_->Rename(event.path, event.new_path);
      break;
    case Kind::kRemove:
      status = files_->Remove(event.path);
      break;
    case Kind::kSyncFolder:
      status = files_->SyncDirectory(event.path);
      break;
    default:
      status = PlayOnFile(event);
  }
  if (status.ok()) return status;
  return MakeStatus(absl::StatusCode::kInternal, "the trace does not add up at \"",
                    event.ToString(), "\": ", FromAbsl(status.message()));
}

absl::Status TraceDisk::PlayOpen(const TraceEvent& event) {
  const OpenMode mode = event.kind == Kind::kCreate ? OpenMode::kCreate : OpenMode::kWrite;
  VARVE_ASSIGN_OR_RETURN(std::unique_ptr<File> file, files_->Open(event.path, mode));
  open_[event.file] = std::move(file);
  return absl::OkStatus();
}

absl::Status TraceDisk::PlayOnFile(const TraceEvent& event) {
  const auto found = open_.find(event.file);
  if (found == open_.end()) return FailedPrecondition("the file is not open");
  File& file = *found->second;
  switch (event.kind) {
    case Kind::kClose:
      open_.erase(found);
      return absl::OkStatus();
    case Kind::kWrite:
      return file.WriteAt(event.offset, event.bytes);
    case Kind::kWriteDurably:
      return file.WriteDurablyAt(event.offset, event.bytes);
    case Kind::kTruncate:
      return file.Truncate(event.offset);
    case Kind::kSync:
      return file.Sync();
    case Kind::kMap:
      mapped_.insert(event.path);
      return absl::OkStatus();
    default:
      return FailedPrecondition("no event of a file");
  }
}

}  // namespace varve::crash
