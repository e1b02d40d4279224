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
};

// "0000000000000042.snapshot": the LSN in 16 hexadecimal digits.
[[nodiscard]] std::string SnapshotFileName(Lsn lsn);
[[nodiscard]] std::optional<Lsn> ParseSnapshotFileName(std::string_view name);

// Writes `state` to `path`: temporary file, sync, rename, folder sync, then reads everything back
// and verifies it against what was written. On any error the temporary file is removed and `path`
// is as it was.
[[nodiscard]] absl::StatusOr<SnapshotInfo> WriteSnapshot(const Environment& environment,
                                                         const std::string& path,
                                                         table::MaterializedReader& state,
                                                         const PrimitiveRegistry& registry,
                                                         const SnapshotWriteOptions& options = {});

// Header and footer only. kDataLoss (Damage), kUnimplemented: a newer version.
[[nodiscard]] absl::StatusOr<SnapshotInfo> ReadSnapshotInfo(FileSystem& files,
                                                            const std::string& path);
// Every checksum and the digest.
[[nodiscard]] absl::StatusOr<SnapshotInfo> VerifySnapshot(FileSystem& files,
                                                          const std::string& path,
                                                          const SnapshotWriteOptions& options = {});

// An entry that a store without its primitive carried: to be applied once the primitive is there
// again.
struct CarriedEntry {
  Lsn lsn;
  Timestamp commit_time;
  std::string bytes;  // one framed entry
};

// Loads a file that VerifySnapshot accepted: every section through its registered primitive, rows
// in ascending order into `sink`. A section of an unregistered primitive is kUnimplemented, naming
// it (register a carried placeholder to keep it). Entries that were carried for a primitive now
// registered are returned, in LSN order.
[[nodiscard]] absl::StatusOr<std::vector<CarriedEntry>> LoadSnapshot(
    FileSystem& files, const std::string& path, const PrimitiveRegistry& registry, RowSink& sink);

}  // namespace varve::snapshot

#endif  // VARVE_SNAPSHOT_SNAPSHOT_H_
