// One slot of the manifest: docs/format/manifest.md, MAN-2 to MAN-6.
#include <algorithm>

#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"
#include "snapshot/manifest.h"

namespace varve::snapshot {
namespace {

constexpr std::uint32_t kVersion = 1;
constexpr std::string_view kMagic{"\x89VMF\r\n\x1a\n", 8};
constexpr std::uint8_t kPrimitiveCarried = 1;
constexpr std::uint8_t kCleanClose = 1;

absl::Status Malformed(std::string_view what) {
  return MakeStatus(absl::StatusCode::kDataLoss, what);
}

void AppendPrimitive(std::string& to, const ManifestPrimitive& primitive) {
  to.push_back(static_cast<char>(primitive.name.id.value()));
  to.push_back(static_cast<char>(primitive.name.entry_range));
  to.push_back(static_cast<char>(primitive.carried ? kPrimitiveCarried : 0));
  to.push_back('\0');
  AppendLittleEndian(to, static_cast<std::uint16_t>(primitive.name.name.size()));
  to.append(primitive.name.name);
}

void AppendSnapshot(std::string& to, const RetainedSnapshot& snapshot) {
  AppendLittleEndian(to, snapshot.lsn.value());
  AppendLittleEndian(to, snapshot.file_bytes);
  for (const std::uint8_t byte : snapshot.digest.bytes) to.push_back(static_cast<char>(byte));
}

void AppendLogEnd(std::string& to, const wal::SegmentEnd& end) {
  AppendLittleEndian(to, end.number);
  AppendLittleEndian(to, end.end_offset);
  AppendLittleEndian(to, end.last_lsn.value());
  AppendLittleEndian(to, end.last_record_crc);
  AppendLittleEndian(to, std::uint32_t{0});
}

absl::Status ReadLogEnd(ByteReader& reader, wal::SegmentEnd& end) {
  end.number = reader.Read<std::uint64_t>();
  end.end_offset = reader.Read<std::uint64_t>();
  end.last_lsn = Lsn(reader.Read<std::uint64_t>());
  end.last_record_crc = reader.Read<std::uint32_t>();
  return reader.Read<std::uint32_t>() == 0 ? absl::OkStatus()
                                           : Malformed("reserved bytes are not zero");
}

absl::Status ReadPrimitives(ByteReader& reader, std::uint16_t count, Manifest& manifest) {
  for (unsigned i = 0; i < count; ++i) {
    ManifestPrimitive primitive;
    primitive.name.id = PrimitiveId(reader.Read<std::uint8_t>());
    primitive.name.entry_range = reader.Read<std::uint8_t>();
    const auto flags = reader.Read<std::uint8_t>();
    const auto reserved = reader.Read<std::uint8_t>();
    const auto length = reader.Read<std::uint16_t>();
    if (length > kNameBytesMax) return Malformed("a primitive name of bad length");
    primitive.name.name = reader.ReadBytes(length);
    if (!reader.ok()) return Malformed("the list of primitives is cut off");
    if (flags > kPrimitiveCarried || reserved != 0) return Malformed("unknown primitive flags");
    primitive.carried = flags == kPrimitiveCarried;
    if (!manifest.primitives.empty() && primitive.name.id <= manifest.primitives.back().name.id) {
      return Malformed("primitives out of order");
    }
    manifest.primitives.push_back(std::move(primitive));
  }
  return absl::OkStatus();
}

absl::Status ReadSnapshots(ByteReader& reader, std::uint16_t count, Manifest& manifest) {
  for (unsigned i = 0; i < count; ++i) {
    RetainedSnapshot snapshot;
    snapshot.lsn = Lsn(reader.Read<std::uint64_t>());
    snapshot.file_bytes = reader.Read<std::uint64_t>();
    const std::string_view digest = reader.ReadBytes(snapshot.digest.bytes.size());
    if (!reader.ok()) return Malformed("the list of snapshots is cut off");
    std::copy(digest.begin(), digest.end(), snapshot.digest.bytes.begin());
    if (!manifest.snapshots.empty() && snapshot.lsn <= manifest.snapshots.back().lsn) {
      return Malformed("snapshots out of order");
    }
    manifest.snapshots.push_back(snapshot);
  }
  return absl::OkStatus();
}

absl::Status CheckEnvelope(std::string_view slot) {
  if (slot.size() != kManifestSlotBytes) return Malformed("the slot is cut off");
  if (!slot.starts_with(kMagic)) return Malformed("the magic number is missing");
  const auto version =
      LoadLittleEndian<std::uint32_t>(slot.data() + ManifestLayout::kVersionOffset);
  if (version > kVersion) {
    return Unimplemented("manifest format version ", version, "; this program reads up to ",
                         kVersion, ": use a newer one");
  }
  const auto checksum =
      LoadLittleEndian<std::uint32_t>(slot.data() + ManifestLayout::kChecksumOffset);
  if (Crc32c(slot.substr(0, ManifestLayout::kChecksumOffset)) != checksum) {
    return Malformed("the slot fails its checksum");
  }
  if (version == 0) return Malformed("format version 0");
  const auto flags =
      LoadLittleEndian<std::uint32_t>(slot.data() + ManifestLayout::kIncompatibleFlagsOffset);
  if (flags == 0) return absl::OkStatus();
  return Unimplemented("the store needs features ", flags,
                       " that this program does not know: use a newer one");
}

}  // namespace

absl::StatusOr<std::string> EncodeManifestSlot(const Manifest& manifest) {
  std::string slot(kMagic);
  AppendLittleEndian(slot, kVersion);
  slot.append(ManifestLayout::kStateOffset - ManifestLayout::kUsedLengthOffset, '\0');
  slot.push_back(static_cast<char>(manifest.clean_close ? kCleanClose : 0));
  slot.append(ManifestLayout::kGenerationOffset - ManifestLayout::kReservedOffset, '\0');
  AppendLittleEndian(slot, manifest.generation);
  slot.append(manifest.store.view());
  AppendLittleEndian(slot, manifest.durable_lsn.value());
  AppendLittleEndian(slot, manifest.log_start.value());
  AppendLittleEndian(slot, manifest.limits.key_bytes_max);
  AppendLittleEndian(slot, manifest.limits.value_bytes_max);
  AppendLittleEndian(slot, manifest.limits.transaction_bytes_max);
  AppendLittleEndian(slot, static_cast<std::uint16_t>(manifest.primitives.size()));
  AppendLittleEndian(slot, static_cast<std::uint16_t>(manifest.snapshots.size()));
  AppendLogEnd(slot, manifest.log_end);
  for (const ManifestPrimitive& primitive : manifest.primitives) AppendPrimitive(slot, primitive);
  for (const RetainedSnapshot& snapshot : manifest.snapshots) AppendSnapshot(slot, snapshot);
  if (slot.size() > ManifestLayout::kChecksumOffset) {
    return ResourceExhausted(
        "the manifest would take ", slot.size(), " bytes of the ", ManifestLayout::kChecksumOffset,
        " that a slot has: retain fewer snapshots (now ", manifest.snapshots.size(), ") or give ",
        manifest.primitives.size(), " primitives shorter names");
  }
  StoreLittleEndian(slot.data() + ManifestLayout::kUsedLengthOffset,
                    static_cast<std::uint32_t>(slot.size()));
  slot.resize(ManifestLayout::kChecksumOffset, '\0');
  AppendLittleEndian(slot, Crc32c(slot));
  return slot;
}

absl::StatusOr<Manifest> DecodeManifestSlot(std::string_view slot) {
  VARVE_RETURN_IF_ERROR(CheckEnvelope(slot));
  const auto used =
      LoadLittleEndian<std::uint32_t>(slot.data() + ManifestLayout::kUsedLengthOffset);
  if (used < ManifestLayout::kFixedBytes || used > ManifestLayout::kChecksumOffset) {
    return Malformed("a slot of illegal length");
  }
  ByteReader reader(slot.substr(0, used));
  reader.ReadBytes(ManifestLayout::kStateOffset);
  Manifest manifest;
  const auto state = reader.Read<std::uint8_t>();
  const std::string_view reserved = reader.ReadBytes(3);
  if (state > kCleanClose || reserved != std::string_view("\0\0\0", 3)) {
    return Malformed("unknown state flags");
  }
  manifest.clean_close = state == kCleanClose;
  manifest.generation = reader.Read<std::uint64_t>();
  // The next one would count as older than this.
  if (manifest.generation == ~std::uint64_t{0}) return Malformed("the last generation there is");
  manifest.store = *Uuid::FromBytes(reader.ReadBytes(sizeof(Uuid)));
  manifest.durable_lsn = Lsn(reader.Read<std::uint64_t>());
  manifest.log_start = Lsn(reader.Read<std::uint64_t>());
  manifest.limits.key_bytes_max = reader.Read<std::uint32_t>();
  manifest.limits.value_bytes_max = reader.Read<std::uint32_t>();
  manifest.limits.transaction_bytes_max = reader.Read<std::uint32_t>();
  const auto primitives = reader.Read<std::uint16_t>();
  const auto snapshots = reader.Read<std::uint16_t>();
  VARVE_RETURN_IF_ERROR(ReadLogEnd(reader, manifest.log_end));
  VARVE_RETURN_IF_ERROR(ReadPrimitives(reader, primitives, manifest));
  VARVE_RETURN_IF_ERROR(ReadSnapshots(reader, snapshots, manifest));
  if (!reader.rest().empty()) return Malformed("bytes behind the last snapshot");
  const std::string_view zeros = slot.substr(used, ManifestLayout::kChecksumOffset - used);
  if (zeros.find_first_not_of('\0') != std::string_view::npos) {
    return Malformed("bytes behind the end are not zero");
  }
  return manifest;
}

}  // namespace varve::snapshot
