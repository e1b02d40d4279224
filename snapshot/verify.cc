#include <memory>

#include "kernel/base/status.h"
#include "snapshot/digest.h"
#include "snapshot/file_reader.h"
#include "snapshot/snapshot.h"

namespace varve::snapshot {
namespace {

// Asks and tells the caller of a long read.
absl::Status Step(const SnapshotWriteOptions& options, const SnapshotProgress& progress) {
  if (options.progress) options.progress(progress);
  if (options.cancelled && options.cancelled()) {
    return absl::CancelledError("checking the snapshot was cancelled");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SnapshotInfo> ReadSnapshotInfo(FileSystem& files, const std::string& path) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotFile> file, SnapshotFile::Open(files, path));
  return file->Info();
}

absl::StatusOr<SnapshotInfo> VerifySnapshot(FileSystem& files, const std::string& path,
                                            const SnapshotWriteOptions& options) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotFile> file, SnapshotFile::Open(files, path));
  SnapshotProgress progress;
  for (const SectionRecord& section : file->footer().sections) {
    progress.bytes_total += section.content_bytes;
  }
  DigestBuilder digest;
  for (const SectionRecord& section : file->footer().sections) {
    VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<SectionReader> reader,
                           SectionReader::Open(*file, section));
    while (true) {
      VARVE_ASSIGN_OR_RETURN(const std::string_view content, reader->NextChunk());
      if (content.empty()) break;
      digest.Add(content);
      progress.bytes_done += content.size();
      VARVE_RETURN_IF_ERROR(Step(options, progress));
    }
    digest.EndSection(section.primitive, section.version, section.flags);
  }
  if (digest.Finish() != file->footer().digest) {
    return file->Locate(absl::DataLossError("the content has another digest than the footer says"),
                        file->footer().table_offset);
  }
  return file->Info();
}

}  // namespace varve::snapshot
