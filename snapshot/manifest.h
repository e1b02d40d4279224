// The MANIFEST: what a store is, which snapshots count, how far it is known to be durable.
// Normative text: docs/format/manifest.md.
#ifndef VARVE_SNAPSHOT_MANIFEST_H_
#define VARVE_SNAPSHOT_MANIFEST_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/base/ids.h"
#include "kernel/io/file_system.h"
#include "kernel/registry.h"
#include "kernel/wal/segment.h"
#include "snapshot/digest.h"

namespace varve::snapshot {

inline constexpr std::size_t kManifestSlotBytes = 4096;

struct ManifestLimits {  // may only grow
  std::uint32_t key_bytes_max = 0;
  std::uint32_t value_bytes_max = 0;
  std::uint32_t transaction_bytes_max = 0;
  friend bool operator==(const ManifestLimits&, const ManifestLimits&) = default;
};

struct RetainedSnapshot {
  Lsn lsn;
  std::uint64_t file_bytes = 0;
  Digest digest;
  friend bool operator==(const RetainedSnapshot&, const RetainedSnapshot&) = default;
};

struct ManifestPrimitive {
  RegisteredName name;
  bool carried = false;  // its entries and sections are kept as they are, for want of the primitive
  friend bool operator==(const ManifestPrimitive&, const ManifestPrimitive&) = default;
};

struct Manifest {
  std::uint64_t generation = 0;  // of the slot; the greater one with a good checksum counts
  Uuid store;
  ManifestLimits limits;
  std::vector<ManifestPrimitive> primitives;  // ascending by id
  std::vector<RetainedSnapshot> snapshots;    // ascending by LSN
  Lsn durable_lsn;           // everything up to it was durable when this was written
  bool clean_close = false;  // written by a close that finished: the log ends at durable_lsn
  wal::SegmentEnd
      log_end;    // with clean_close: where exactly, so that the next open need not read it
  Lsn log_start;  // segments that hold only records below it may be gone
  friend bool operator==(const Manifest&, const Manifest&) = default;
};

[[nodiscard]] absl::StatusOr<std::string> EncodeManifestSlot(const Manifest& manifest);
[[nodiscard]] absl::StatusOr<Manifest> DecodeManifestSlot(std::string_view slot);

// Creates the file with one good slot, synced; the caller syncs the folder.
[[nodiscard]] absl::Status CreateManifest(FileSystem& files, const std::string& path,
                                          const Manifest& manifest);
// The newer good slot. kNotFound: no such file. kDataLoss (Damage): neither slot is good.
// kUnimplemented: newer. Writes nothing; a bad slot stays as it is.
[[nodiscard]] absl::StatusOr<Manifest> ReadManifest(FileSystem& files, const std::string& path);
// Writes `next` with the generation after the current one into the other slot, and syncs it. After
// an error the old manifest still counts.
[[nodiscard]] absl::Status UpdateManifest(FileSystem& files, const std::string& path,
                                          Manifest& next);

}  // namespace varve::snapshot

#endif  // VARVE_SNAPSHOT_MANIFEST_H_
