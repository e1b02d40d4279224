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

struct ManifestLayout {  // docs/format/manifest.md, MAN-2. Frozen at format version 1.
  static constexpr std::size_t kMagicOffset = 0;                 // 8 bytes
  static constexpr std::size_t kVersionOffset = 8;               // u32
  static constexpr std::size_t kUsedLengthOffset = 12;           // u32: where the zeros begin
  static constexpr std::size_t kCompatibleFlagsOffset = 16;      // u32
  static constexpr std::size_t kReadCompatibleFlagsOffset = 20;  // u32
  static constexpr std::size_t kIncompatibleFlagsOffset = 24;    // u32
  static constexpr std::size_t kStateOffset = 28;                // u8: 1 where cleanly closed
  static constexpr std::size_t kReservedOffset = 29;             // 3 bytes
  static constexpr std::size_t kGenerationOffset = 32;           // u64
  static constexpr std::size_t kStoreOffset = 40;                // 16 bytes
  static constexpr std::size_t kDurableLsnOffset = 56;           // u64
  static constexpr std::size_t kLogStartOffset = 64;             // u64
  static constexpr std::size_t kKeyBytesMaxOffset = 72;          // u32
  static constexpr std::size_t kValueBytesMaxOffset = 76;        // u32
  static constexpr std::size_t kTransactionBytesMaxOffset = 80;  // u32
  static constexpr std::size_t kPrimitiveCountOffset = 84;       // u16
  static constexpr std::size_t kSnapshotCountOffset = 86;        // u16
  static constexpr std::size_t kEndSegmentOffset = 88;           // u64, of the log's end
  static constexpr std::size_t kEndOffsetOffset = 96;            // u64
  static constexpr std::size_t kEndLsnOffset = 104;              // u64
  static constexpr std::size_t kEndRecordCrcOffset = 112;        // u32
  static constexpr std::size_t kReserved2Offset = 116;           // u32
  static constexpr std::size_t kFixedBytes = 120;                // then primitives, then snapshots
  static constexpr std::size_t kPrimitiveBytes = 6;              // then the name
  static constexpr std::size_t kSnapshotBytes = 32;
  static constexpr std::size_t kChecksumOffset = kManifestSlotBytes - 4;  // u32, in every version
};

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
  // With clean_close: where exactly, so that the next open need not read it. Without: where the
  // last clean close found it.
  wal::SegmentEnd log_end;
  Lsn log_start;  // segments that hold only records below it may be gone
  friend bool operator==(const Manifest&, const Manifest&) = default;
};

// Exactly kManifestSlotBytes. kResourceExhausted: what is to be remembered does not fit one slot
// (room for about 75 primitives with names of 40 bytes beside 10 snapshots); nothing else fails.
[[nodiscard]] absl::StatusOr<std::string> EncodeManifestSlot(const Manifest& manifest);
// kUnimplemented: of a newer version (looked at before the checksum). kDataLoss: anything else that
// EncodeManifestSlot would not have written.
[[nodiscard]] absl::StatusOr<Manifest> DecodeManifestSlot(std::string_view slot);

// Creates the file with one good slot, synced, under a temporary name, then renames it: after a
// crash there is a whole manifest or none. The caller syncs the folder. kAlreadyExists.
[[nodiscard]] absl::Status CreateManifest(FileSystem& files, const std::string& path,
                                          const Manifest& manifest);

// The newer good slot. kNotFound: no such file. kDataLoss (Damage): neither slot is good, or two
// slots of one generation differ. kUnimplemented: newer. Writes nothing; a bad slot stays as it is,
// and where the other one counts instead, a line about it is appended to `warnings` (unless null).
[[nodiscard]] absl::StatusOr<Manifest> ReadManifest(FileSystem& files, const std::string& path,
                                                    std::vector<std::string>* warnings = nullptr);

// Writes `next` into the slot that does not hold the manifest it was made from, durably, and gives
// it the generation after that one's. On entry `next.generation` is that of the manifest it was
// made from: the one read, or the one last written with success; so a call that is repeated after
// an error writes the same slot again, and never the last one known to be durable. After an error
// `next` is unchanged and the old manifest still counts.
//   kFailedPrecondition  no good slot has that generation: the caller's manifest is not this file's
//   kResourceExhausted   as EncodeManifestSlot
[[nodiscard]] absl::Status UpdateManifest(FileSystem& files, const std::string& path,
                                          Manifest& next);

}  // namespace varve::snapshot

#endif  // VARVE_SNAPSHOT_MANIFEST_H_
