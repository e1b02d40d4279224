#include "kernel/wal/segment.h"

#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "kernel/base/status.h"

namespace varve::wal {
namespace {

using Layout = SegmentLayout;

constexpr std::string_view kSuffix = ".wal";
constexpr std::size_t kNumberDigits = 16;

// Over the whole page but its own four bytes.
std::uint32_t PageCrc(std::string_view page) {
  const std::uint32_t crc = Crc32c(page.substr(0, Layout::kHeaderCrcOffset));
  return ExtendCrc32c(crc, page.substr(Layout::kReservedOffset));
}

absl::Status BadHeader(std::string_view why) {
  return MakeStatus(absl::StatusCode::kDataLoss, "segment header: ", why);
}

bool AllZero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

SegmentHeader LoadFields(const char* from) {
  const auto load32 = [from](std::size_t at) { return LoadLittleEndian<std::uint32_t>(from + at); };
  const auto load64 = [from](std::size_t at) { return LoadLittleEndian<std::uint64_t>(from + at); };
  SegmentHeader header;
  header.version = load32(Layout::kVersionOffset);
  header.compatible_flags = load32(Layout::kCompatibleOffset);
  header.read_only_compatible_flags = load32(Layout::kReadOnlyCompatibleOffset);
  header.incompatible_flags = load32(Layout::kIncompatibleOffset);
  header.checksum_kind = static_cast<std::uint8_t>(from[Layout::kChecksumKindOffset]);
  header.store = *Uuid::FromBytes(std::string_view(from + Layout::kStoreOffset, 16));
  header.number = load64(Layout::kNumberOffset);
  header.salt = load64(Layout::kSaltOffset);
  header.first_lsn = Lsn(load64(Layout::kFirstLsnOffset));
  header.predecessor.number = load64(Layout::kPredecessorNumberOffset);
  header.predecessor.end_offset = load64(Layout::kPredecessorEndOffset);
  header.predecessor.last_lsn = Lsn(load64(Layout::kPredecessorLastLsnOffset));
  header.predecessor.last_record_crc = load32(Layout::kPredecessorLastCrcOffset);
  header.segment_bytes = load64(Layout::kSegmentBytesOffset);
  header.created = Timestamp(load64(Layout::kCreatedOffset));
  return header;
}

// What a build must know before it may even look at the checksum (WAL-S3).
absl::Status CheckReadable(const SegmentHeader& header) {
  if (header.version == 0) return BadHeader("version 0");
  if (header.version > kSegmentFormatVersion) {
    return Unimplemented("segment format version ", header.version, "; this build reads up to ",
                         kSegmentFormatVersion, ": open it with a newer one");
  }
  if (header.incompatible_flags != 0) {
    return Unimplemented("segment has incompatible flags ", header.incompatible_flags,
                         " that this build lacks: open it with a newer one");
  }
  if (header.checksum_kind == 0) return BadHeader("checksum kind 0");
  if (header.checksum_kind != kChecksumCrc32c) {
    return Unimplemented("segment has checksum kind ", header.checksum_kind,
                         " that this build lacks: open it with a newer one");
  }
  return absl::OkStatus();
}

// Fields of an intact page that contradict each other.
absl::Status CheckConsistent(const SegmentHeader& header) {
  const SegmentEnd& predecessor = header.predecessor;
  if (header.number == 0) return BadHeader("segment number 0");
  if (predecessor.number != header.number - 1) {
    return BadHeader("its predecessor is not the number before its own");
  }
  if (header.first_lsn != predecessor.last_lsn.Next()) {
    return BadHeader("its first LSN does not follow its predecessor's last");
  }
  const bool has_predecessor = predecessor.number != 0;
  if (has_predecessor && predecessor.end_offset < kSegmentHeaderBytes) {
    return BadHeader("its predecessor ends inside its own header");
  }
  if (!has_predecessor && (predecessor.end_offset != 0 || predecessor.last_record_crc != 0)) {
    return BadHeader("it states the end of a predecessor that it does not have");
  }
  return absl::OkStatus();
}

}  // namespace

std::string EncodeSegmentHeader(const SegmentHeader& header) {
  std::string page(kSegmentHeaderBytes, '\0');
  char* to = page.data();
  page.replace(Layout::kMagicOffset, kSegmentMagic.size(), kSegmentMagic);
  StoreLittleEndian(to + Layout::kVersionOffset, header.version);
  StoreLittleEndian(to + Layout::kCompatibleOffset, header.compatible_flags);
  StoreLittleEndian(to + Layout::kReadOnlyCompatibleOffset, header.read_only_compatible_flags);
  StoreLittleEndian(to + Layout::kIncompatibleOffset, header.incompatible_flags);
  StoreLittleEndian(to + Layout::kHeaderLengthOffset,
                    static_cast<std::uint32_t>(kSegmentHeaderBytes));
  StoreLittleEndian(to + Layout::kChecksumKindOffset, header.checksum_kind);
  page.replace(Layout::kStoreOffset, 16, header.store.view());
  StoreLittleEndian(to + Layout::kNumberOffset, header.number);
  StoreLittleEndian(to + Layout::kSaltOffset, header.salt);
  StoreLittleEndian(to + Layout::kFirstLsnOffset, header.first_lsn.value());
  StoreLittleEndian(to + Layout::kPredecessorNumberOffset, header.predecessor.number);
  StoreLittleEndian(to + Layout::kPredecessorEndOffset, header.predecessor.end_offset);
  StoreLittleEndian(to + Layout::kPredecessorLastLsnOffset, header.predecessor.last_lsn.value());
  StoreLittleEndian(to + Layout::kPredecessorLastCrcOffset, header.predecessor.last_record_crc);
  StoreLittleEndian(to + Layout::kSegmentBytesOffset, header.segment_bytes);
  StoreLittleEndian(to + Layout::kCreatedOffset, header.created.micros());
  StoreLittleEndian(to + Layout::kHeaderCrcOffset, PageCrc(page));
  return page;
}

absl::StatusOr<SegmentHeader> DecodeSegmentHeader(std::string_view page) {
  if (page.size() < kSegmentHeaderBytes) return BadHeader("the file ends inside it");
  page = page.substr(0, kSegmentHeaderBytes);
  if (page.substr(0, kSegmentMagic.size()) != kSegmentMagic) return BadHeader("magic");
  const SegmentHeader header = LoadFields(page.data());
  VARVE_RETURN_IF_ERROR(CheckReadable(header));
  if (LoadLittleEndian<std::uint32_t>(page.data() + Layout::kHeaderCrcOffset) != PageCrc(page)) {
    return BadHeader("checksum");
  }
  if (LoadLittleEndian<std::uint32_t>(page.data() + Layout::kHeaderLengthOffset) !=
      kSegmentHeaderBytes) {
    return BadHeader("header length");
  }
  // A flag that this build lacks, and may, can give a meaning to bytes that are reserved here.
  const bool extended = header.compatible_flags != 0 || header.read_only_compatible_flags != 0;
  const bool reserved_zero = AllZero(page.substr(Layout::kChecksumKindOffset + 1, 3)) &&
                             AllZero(page.substr(Layout::kPredecessorLastCrcOffset + 4, 4)) &&
                             AllZero(page.substr(Layout::kReservedOffset));
  if (!extended && !reserved_zero) return BadHeader("reserved bytes are not zero");
  VARVE_RETURN_IF_ERROR(CheckConsistent(header));
  return header;
}

std::string SegmentFileName(std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name(kNumberDigits, '0');
  for (std::size_t i = kNumberDigits; i-- > 0; number >>= 4) name[i] = kDigits[number & 15];
  name += kSuffix;
  return name;
}

std::optional<std::uint64_t> ParseSegmentFileName(std::string_view name) {
  if (name.size() != kNumberDigits + kSuffix.size() || !name.ends_with(kSuffix)) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  for (const char digit : name.substr(0, kNumberDigits)) {
    const bool decimal = digit >= '0' && digit <= '9';
    const bool letter = digit >= 'a' && digit <= 'f';
    if (!decimal && !letter) return std::nullopt;
    number = number << 4 | static_cast<std::uint64_t>(decimal ? digit - '0' : digit - 'a' + 10);
  }
  if (number == 0) return std::nullopt;
  return number;
}

}  // namespace varve::wal
