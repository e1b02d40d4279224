#include "kernel/wal/record.h"

#include "kernel/base/check.h"
#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "kernel/base/status.h"

namespace varve::wal {
namespace {

using Layout = RecordLayout;

absl::Status NotARecord(std::string_view why) {
  return MakeStatus(absl::StatusCode::kDataLoss, why);
}

std::uint32_t HeaderCrc(const char* header, std::uint64_t salt) {
  const std::string_view covered(header + Layout::kBodyLengthOffset,
                                 Layout::kBytes - Layout::kBodyLengthOffset);
  return ExtendCrc32c(ExtendCrc32c(0, salt), covered);
}

RecordHeader LoadFields(const char* from) {
  RecordHeader header;
  header.header_crc = LoadLittleEndian<std::uint32_t>(from + Layout::kHeaderCrcOffset);
  header.body_length = LoadLittleEndian<std::uint32_t>(from + Layout::kBodyLengthOffset);
  header.lsn = Lsn(LoadLittleEndian<std::uint64_t>(from + Layout::kLsnOffset));
  header.durable_lsn = Lsn(LoadLittleEndian<std::uint64_t>(from + Layout::kDurableLsnOffset));
  header.commit_time = Timestamp(LoadLittleEndian<std::uint64_t>(from + Layout::kCommitTimeOffset));
  header.kind = static_cast<RecordKind>(LoadLittleEndian<std::uint8_t>(from + Layout::kKindOffset));
  header.version = LoadLittleEndian<std::uint8_t>(from + Layout::kVersionOffset);
  header.flags = LoadLittleEndian<std::uint16_t>(from + Layout::kFlagsOffset);
  header.entry_count = LoadLittleEndian<std::uint32_t>(from + Layout::kEntryCountOffset);
  header.previous_crc = LoadLittleEndian<std::uint32_t>(from + Layout::kPreviousCrcOffset);
  header.body_crc = LoadLittleEndian<std::uint32_t>(from + Layout::kBodyCrcOffset);
  return header;
}

// Of a header whose checksum holds: what this build cannot read, then what no writer writes.
absl::Status CheckFields(const RecordHeader& header) {
  if (header.version > kRecordVersion) {
    return Unimplemented("record version ", header.version, "; this build reads up to ",
                         kRecordVersion, ": open it with a newer one");
  }
  if (header.version == 0) return NotARecord("record version 0");
  if (header.flags != 0) {
    return Unimplemented("record flags ", header.flags,
                         " (fragments?) that this build lacks: open it with a newer one");
  }
  if (header.kind != RecordKind::kTransaction && header.kind != RecordKind::kWatermark) {
    return Unimplemented("record kind ", static_cast<std::uint8_t>(header.kind),
                         " that this build lacks: open it with a newer one");
  }
  if (header.body_length > kRecordBodyBytesMax || header.body_length % 8 != 0) {
    return NotARecord("body length out of bounds");
  }
  if (header.lsn == Lsn()) return NotARecord("LSN 0");
  if (header.durable_lsn >= header.lsn) return NotARecord("durable LSN not below its own LSN");
  const bool has_entries = header.kind == RecordKind::kTransaction;
  const std::uint64_t entries_max = has_entries ? header.body_length / 8 : 0;
  if (header.entry_count > entries_max) return NotARecord("more entries than its body can hold");
  if (!has_entries && header.body_length != 0) return NotARecord("watermark with a body");
  return absl::OkStatus();
}

}  // namespace

std::uint32_t BindBodyCrc(std::uint32_t body_crc, std::uint64_t salt, Lsn lsn) {
  return ExtendCrc32c(ExtendCrc32c(body_crc, salt), lsn.value());
}

std::uint32_t EncodeRecordHeader(const RecordHeader& header, std::uint64_t salt, char* to) {
  VARVE_CHECK(CheckFields(header).ok());
  StoreLittleEndian(to + Layout::kBodyLengthOffset, header.body_length);
  StoreLittleEndian(to + Layout::kLsnOffset, header.lsn.value());
  StoreLittleEndian(to + Layout::kDurableLsnOffset, header.durable_lsn.value());
  StoreLittleEndian(to + Layout::kCommitTimeOffset, header.commit_time.micros());
  StoreLittleEndian(to + Layout::kKindOffset, static_cast<std::uint8_t>(header.kind));
  StoreLittleEndian(to + Layout::kVersionOffset, header.version);
  StoreLittleEndian(to + Layout::kFlagsOffset, header.flags);
  StoreLittleEndian(to + Layout::kEntryCountOffset, header.entry_count);
  StoreLittleEndian(to + Layout::kPreviousCrcOffset, header.previous_crc);
  StoreLittleEndian(to + Layout::kBodyCrcOffset, header.body_crc);
  const std::uint32_t crc = HeaderCrc(to, salt);
  StoreLittleEndian(to + Layout::kHeaderCrcOffset, crc);
  return crc;
}

bool MayBeRecordHeader(std::string_view bytes) {
  const auto kind_version_flags =
      LoadLittleEndian<std::uint32_t>(bytes.data() + RecordLayout::kKindOffset);
  constexpr std::uint32_t kVersion = std::uint32_t{kRecordVersion} << 8;
  return kind_version_flags == (kVersion | static_cast<std::uint32_t>(RecordKind::kTransaction)) ||
         kind_version_flags == (kVersion | static_cast<std::uint32_t>(RecordKind::kWatermark));
}

absl::StatusOr<RecordHeader> DecodeRecordHeader(std::string_view bytes, std::uint64_t salt) {
  if (bytes.size() < Layout::kBytes) return NotARecord("record header cut off");
  const RecordHeader header = LoadFields(bytes.data());
  if (HeaderCrc(bytes.data(), salt) != header.header_crc) return NotARecord("header checksum");
  VARVE_RETURN_IF_ERROR(CheckFields(header));
  return header;
}

absl::Status CheckRecordBody(const RecordHeader& header, std::string_view body,
                             std::uint64_t salt) {
  if (body.size() != header.body_length) return NotARecord("body cut off");
  if (BindBodyCrc(Crc32c(body), salt, header.lsn) != header.body_crc) {
    return NotARecord("body checksum");
  }
  return absl::OkStatus();
}

}  // namespace varve::wal
