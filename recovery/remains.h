// What can still be made out of a store's files, whatever has become of them.
#ifndef VARVE_RECOVERY_REMAINS_H_
#define VARVE_RECOVERY_REMAINS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/io/file_system.h"
#include "kernel/store_files.h"
#include "kernel/wal/record.h"
#include "kernel/wal/segment.h"
#include "snapshot/manifest.h"
#include "snapshot/snapshot.h"

namespace varve::recovery {

struct RemainingSegment {
  std::uint64_t number = 0;
  std::string path;
  std::uint64_t file_bytes = 0;
  // Absent where it is damaged: the salt in it is part of every checksum, so without it nothing in
  // the file can be told from chance.
  std::optional<wal::SegmentHeader> header;
  std::string fault;  // of the header
};

struct Remains {
  snapshot::Manifest manifest;  // as it reads; without primitives and proofs where it does not
  Uuid store;                   // nil where nothing tells
  std::vector<RemainingSegment> segments;        // ascending; prepared but unused ones left out
  std::optional<snapshot::SnapshotInfo> newest;  // whole
  std::vector<std::string> warnings;
};

// Writes nothing. kNotFound: nothing of a store is there. kUnimplemented: a newer format.
[[nodiscard]] absl::StatusOr<Remains> FindRemains(FileSystem& files, const StoreFiles& names);

// Where and why the records before one are not there.
struct RecordFault {
  std::uint64_t offset = 0;
  std::string found;
};

// Visits every whole record between the header and `end`, in order, also behind damage. `fault` is
// what was met since the record before, null where nothing was. Returns where no record follows any
// more, and why: damage, or just the end. The status of `visit` ends the scan.
[[nodiscard]] absl::StatusOr<RecordFault> ScanRemains(
    FileSystem& files, const RemainingSegment& segment, std::uint64_t end,
    const std::function<absl::Status(const wal::Record&, const RecordFault* fault)>& visit);

}  // namespace varve::recovery

#endif  // VARVE_RECOVERY_REMAINS_H_
