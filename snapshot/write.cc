// WriteSnapshot. The order is the promise: whatever bears the final name was synced and read back.
#include <memory>
#include <optional>
#include <utility>

#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "snapshot/background_target.h"
#include "snapshot/content.h"
#include "snapshot/file_writer.h"
#include "snapshot/snapshot.h"

namespace varve::snapshot {
namespace {

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status RemoveIfThere(FileSystem& files, const std::string& path) {
  absl::Status status = files.Remove(path);
  return status.code() == absl::StatusCode::kNotFound ? absl::OkStatus() : status;
}

FileHeader MakeHeader(const Environment& environment, const table::AppliedMark& mark,
                      const PrimitiveRegistry& registry, std::size_t section_count) {
  FileHeader header;
  header.store = mark.store;
  char salt[sizeof header.salt];
  environment.entropy->Fill(salt);
  header.salt = LoadLittleEndian<std::uint64_t>(salt);
  header.lsn = mark.applied;
  header.commit_time = mark.commit_time;
  header.history_from = mark.history_from;
  header.created = environment.clock->Now();
  header.section_count = static_cast<std::uint32_t>(section_count);
  header.fingerprint = registry.Fingerprint();
  return header;
}

// Fills the new file `path` with the state and syncs it.
absl::StatusOr<Digest> WriteFile(const Environment& environment, const std::string& path,
                                 table::MaterializedReader& state,
                                 const PrimitiveRegistry& registry,
                                 const SnapshotWriteOptions& options) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<const Primitive*> primitives,
                         PrimitivesWithRows(state, registry));
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                         environment.files->Open(path, OpenMode::kCreate));
  SnapshotFileWriter writer(*file,
                            MakeHeader(environment, state.mark(), registry, primitives.size()));
  const auto checkpoint = [&options](std::uint64_t content_bytes) {
    if (options.progress) options.progress({content_bytes, 0});
    return options.cancelled && options.cancelled()
               ? absl::CancelledError("writing the snapshot was cancelled")
               : absl::OkStatus();
  };
  if (options.background_thread) {
    BackgroundTarget background(writer);
    VARVE_RETURN_IF_ERROR(SaveContent(state, primitives, background, checkpoint));
    VARVE_RETURN_IF_ERROR(background.Finish());
  } else {
    VARVE_RETURN_IF_ERROR(SaveContent(state, primitives, writer, checkpoint));
  }
  VARVE_ASSIGN_OR_RETURN(const Footer footer, writer.Finish());
  VARVE_RETURN_IF_ERROR(file->Sync());
  return footer.digest;
}

// Reads back what WriteFile wrote and compares.
absl::StatusOr<SnapshotInfo> ReadBack(const Environment& environment, const std::string& path,
                                      const Digest& written, const SnapshotWriteOptions& options) {
  SnapshotWriteOptions quiet;  // progress has already reached its end
  quiet.cancelled = options.cancelled;
  VARVE_ASSIGN_OR_RETURN(SnapshotInfo info, VerifySnapshot(*environment.files, path, quiet));
  if (info.digest == written) return info;
  Damage damage{Damage::Kind::kCorrupt, path, 0, info.lsn, "another snapshot than was written", ""};
  return damage.ToStatus();
}

absl::StatusOr<SnapshotInfo> WriteAndRename(const Environment& environment,
                                            const std::string& temporary, const std::string& path,
                                            table::MaterializedReader& state,
                                            const PrimitiveRegistry& registry,
                                            const SnapshotWriteOptions& options) {
  VARVE_ASSIGN_OR_RETURN(const Digest digest,
                         WriteFile(environment, temporary, state, registry, options));
  VARVE_ASSIGN_OR_RETURN(SnapshotInfo info, ReadBack(environment, temporary, digest, options));
  VARVE_RETURN_IF_ERROR(environment.files->Rename(temporary, path));
  VARVE_RETURN_IF_ERROR(environment.files->SyncDirectory(FolderOf(path)));
  info.path = path;
  return info;
}

}  // namespace

absl::StatusOr<SnapshotInfo> WriteSnapshot(const Environment& environment, const std::string& path,
                                           table::MaterializedReader& state,
                                           const PrimitiveRegistry& registry,
                                           const SnapshotWriteOptions& options) {
  const std::string temporary = path + std::string(kTemporarySuffix);
  VARVE_RETURN_IF_ERROR(RemoveIfThere(*environment.files, temporary));
  absl::StatusOr<SnapshotInfo> info =
      WriteAndRename(environment, temporary, path, state, registry, options);
  if (!info.ok()) {
    // The first error is the one to report; what stays behind is removed by the next success.
    RemoveIfThere(*environment.files, temporary).IgnoreError();
  }
  return info;
}

}  // namespace varve::snapshot
