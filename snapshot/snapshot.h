// Writing, verifying and loading one snapshot file. Normative text: docs/format/snapshot.md.
#ifndef VARVE_SNAPSHOT_SNAPSHOT_H_
#define VARVE_SNAPSHOT_SNAPSHOT_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/io/environment.h"
#include "kernel/registry.h"
#include "kernel/section.h"
#include "kernel/table/materialized_store.h"
#include "snapshot/digest.h"

namespace varve::snapshot {

struct SectionInfo {
  PrimitiveId primitive;
  std::uint8_t version = 1;
  std::uint16_t flags = 0;
  std::uint64_t content_bytes = 0;  // before compression
  std::uint64_t stored_bytes = 0;
};

struct SnapshotInfo {
  std::string path;
  std::uint64_t file_bytes = 0;
  Uuid store;
  Lsn lsn;                // the state is that after this transaction
  Timestamp commit_time;  // of that transaction
  Lsn history_from;       // as in the state's mark
  Timestamp created;
  std::vector<RegisteredName> fingerprint;
  std::vector<SectionInfo>
      sections;  // ascending by primitive id; primitives without rows have none
  Digest digest;
};

struct SnapshotProgress {
  std::uint64_t bytes_done = 0;   // of content
  std::uint64_t bytes_total = 0;  // 0 while unknown
};

struct SnapshotWriteOptions {
  std::function<void(const SnapshotProgress&)> progress;  // may be empty
  std::function<bool()> cancelled;  // asked now and then; true stops with kCancelled
  // Compress and write on a second thread while rows are read. False: everything in the caller.
  bool background_thread = true;
};

// "0000000000000042.snapshot": the LSN in 16 hexadecimal digits.
[[nodiscard]] std::string SnapshotFileName(Lsn lsn);
[[nodiscard]] std::optional<Lsn> ParseSnapshotFileName(std::string_view name);
// What a snapshot being written has behind its name; where one is left over, it means nothing.
inline constexpr std::string_view kTemporarySuffix = ".new";

// Writes `state` to `path`: a temporary file beside it, synced, read back and verified against what
// was written, renamed, the folder synced. On any error the temporary file is removed and `path` is
// as it was (where only the last sync failed: perhaps replaced, by a whole and verified file).
//   kCancelled           options.cancelled said so
//   kResourceExhausted   disk full
//   kFailedPrecondition  the state holds rows of a primitive that is not registered
//   kDataLoss            a row of the state fails its checksum, or the disk gave back other bytes
//                        than it was given
[[nodiscard]] absl::StatusOr<SnapshotInfo> WriteSnapshot(const Environment& environment,
                                                         const std::string& path,
                                                         table::MaterializedReader& state,
                                                         const PrimitiveRegistry& registry,
                                                         const SnapshotWriteOptions& options = {});

// Header and footer only. kDataLoss (Damage), kUnimplemented: a newer version.
[[nodiscard]] absl::StatusOr<SnapshotInfo> ReadSnapshotInfo(FileSystem& files,
                                                            const std::string& path);
// Every checksum and the digest; reads the file once, front to back. kDataLoss (Damage),
// kUnimplemented, kCancelled.
[[nodiscard]] absl::StatusOr<SnapshotInfo> VerifySnapshot(FileSystem& files,
                                                          const std::string& path,
                                                          const SnapshotWriteOptions& options = {});

// An entry that a store without its primitive carried: to be applied once the primitive is there
// again.
struct CarriedEntry {
  PrimitiveId primitive;  // in whose section it was
  Lsn lsn;
  Timestamp commit_time;
  std::string bytes;  // one framed entry
};

// Whether LoadSnapshot would find a primitive for every section: kUnimplemented and
// kFailedPrecondition as there, without touching anything.
[[nodiscard]] absl::Status CheckSectionsKnown(FileSystem& files, const std::string& path,
                                              const PrimitiveRegistry& registry);

// Loads a file that VerifySnapshot accepted: every section through its registered primitive, rows
// in ascending order into `sink`. A section of an unregistered primitive is kUnimplemented, naming
// it (register a carried placeholder to keep it). Entries that were carried for a primitive now
// registered are returned, in LSN order; within one LSN those of a run keep their order.
//   kFailedPrecondition  a section's primitive is registered under another name or entry range
//   kDataLoss            damage, also where VerifySnapshot was left out
// Any error of `sink`. After an error `sink` may have been given rows.
[[nodiscard]] absl::StatusOr<std::vector<CarriedEntry>> LoadSnapshot(
    FileSystem& files, const std::string& path, const PrimitiveRegistry& registry, RowSink& sink);

}  // namespace varve::snapshot

#endif  // VARVE_SNAPSHOT_SNAPSHOT_H_
