// LogWriter: the clean end of a log.
#include <utility>

#include "kernel/base/status.h"
#include "kernel/wal/log_writer.h"

namespace varve::wal {

absl::Status LogWriter::Close() {
  const std::lock_guard<std::mutex> close(close_mutex_);
  if (close_result_.has_value()) return *close_result_;
  {
    const Lock lock(mutex_);
    closed_ = true;
  }
  absl::Status result = Finish();
  StopThread();
  const absl::Status stopped = supply_.Stop();
  if (result.ok()) result = stopped;
  if (result.ok()) result = FinishSegment();
  close_result_ = result;
  return result;
}

// Makes all records durable, then says so in a last one (durable too): with it even the newest
// commit of the session is proven to have been there.
absl::Status LogWriter::Finish() {
  VARVE_RETURN_IF_ERROR(WaitDurable(last_lsn()));
  Lsn watermark;
  {
    const Lock lock(mutex_);
    if (!poison_.ok()) return CheckAppendable();
    if (counts_.records.value() == 0) return absl::OkStatus();
    RecordDraft draft;
    draft.kind = RecordKind::kWatermark;
    draft.commit_time = last_commit_time_;
    watermark = Frame(draft);  // fits: MakeRoom always leaves its place free
  }
  return WaitDurable(watermark);
}

// Cuts the segment to its records. One that never got any is removed, unless its header is needed:
// to state the end of a predecessor that has more behind it.
absl::Status LogWriter::FinishSegment() {
  const Lock lock(mutex_);
  if (offset_ == kSegmentHeaderBytes && predecessor_cut_) {
    current_->file.reset();
    VARVE_RETURN_IF_ERROR(environment_.files->Remove(current_->path));
    extents_.pop_back();
    removed_ = true;
  } else {
    VARVE_RETURN_IF_ERROR(current_->file->Truncate(offset_));
    VARVE_RETURN_IF_ERROR(current_->file->Sync());
  }
  return environment_.files->SyncDirectory(folder_);
}

}  // namespace varve::wal
