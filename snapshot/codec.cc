#include "snapshot/codec.h"

#include <algorithm>
#include <optional>

#include "kernel/base/check.h"
#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"

namespace varve::snapshot {
namespace {

absl::Status Malformed(std::string_view what) {
  return MakeStatus(absl::StatusCode::kDataLoss, what);
}

std::uint32_t SaltedCrc(std::uint64_t salt, std::string_view bytes) {
  return ExtendCrc32c(ExtendCrc32c(0, salt), bytes);
}

void AppendName(std::string& to, const RegisteredName& name) {
  VARVE_CHECK(name.name.size() <= kNameBytesMax);
  to.push_back(static_cast<char>(name.id.value()));
  to.push_back(static_cast<char>(name.entry_range));
  AppendLittleEndian(to, static_cast<std::uint16_t>(name.name.size()));
  to.append(name.name);
}

absl::StatusOr<std::vector<RegisteredName>> ReadNames(ByteReader& reader, std::uint32_t count) {
  if (count > kFingerprintMax) return Malformed("more primitives than ids");
  std::vector<RegisteredName> names;
  for (std::uint32_t i = 0; i < count; ++i) {
    RegisteredName name;
    name.id = PrimitiveId(reader.Read<std::uint8_t>());
    name.entry_range = reader.Read<std::uint8_t>();
    const auto length = reader.Read<std::uint16_t>();
    if (length == 0 || length > kNameBytesMax) return Malformed("a primitive name of bad length");
    name.name = reader.ReadBytes(length);
    if (!reader.ok()) return Malformed("the list of primitives is cut off");
    if (name.entry_range % kEntryTypesPerPrimitive != 0) return Malformed("a bad entry range");
    if (!names.empty() && name.id <= names.back().id) return Malformed("primitives out of order");
    names.push_back(std::move(name));
  }
  return names;
}

bool AllZero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char byte) { return byte == 0; });
}

// The chunks that `content_bytes` make, every one but the last of full size (SNAP-K2).
std::uint64_t ChunksOf(std::uint64_t content_bytes) {
  return content_bytes / kChunkRawBytesMax + (content_bytes % kChunkRawBytesMax != 0 ? 1 : 0);
}

void AppendTableEntry(std::string& to, const SectionRecord& section) {
  to.push_back(static_cast<char>(section.primitive.value()));
  to.push_back(static_cast<char>(section.version));
  AppendLittleEndian(to, section.flags);
  AppendLittleEndian(to, section.chunk_count);
  AppendLittleEndian(to, section.offset);
  AppendLittleEndian(to, section.data_bytes);
  AppendLittleEndian(to, section.content_bytes);
}

absl::Status CheckSection(const SectionRecord& section, std::uint64_t end) {
  if (section.primitive == PrimitiveId()) return Malformed("a section of primitive 0");
  if (section.version == 0) return Malformed("a section of version 0");
  if ((section.flags & ~kSectionFlagsKnown) != 0) {
    return Unimplemented("section flags ", section.flags, " of primitive ",
                         section.primitive.value(), " are of a newer version");
  }
  const std::uint64_t available = end - section.offset;
  if (available < SectionHeaderLayout::kBytes ||
      section.data_bytes > available - SectionHeaderLayout::kBytes) {
    return Malformed("a section that is longer than the file");
  }
  // First bounded by what is there, so that the products below cannot wrap.
  if (section.chunk_count > section.data_bytes / ChunkLayout::kBytes ||
      ChunksOf(section.content_bytes) != section.chunk_count) {
    return Malformed("a section whose chunk count contradicts its lengths");
  }
  const std::uint64_t framing = std::uint64_t{section.chunk_count} * ChunkLayout::kBytes;
  if (section.data_bytes - framing > section.content_bytes) {
    return Malformed("a section that is stored longer than it is");
  }
  return absl::OkStatus();
}

// SNAP-F3: sections in ascending order of primitives, without gap, from `begin` to `end`.
absl::StatusOr<std::vector<SectionRecord>> ReadTable(std::string_view table, std::uint64_t begin,
                                                     std::uint64_t end) {
  ByteReader reader(table);
  std::vector<SectionRecord> sections;
  std::uint64_t expected_offset = begin;
  while (!reader.rest().empty()) {
    SectionRecord section;
    section.primitive = PrimitiveId(reader.Read<std::uint8_t>());
    section.version = reader.Read<std::uint8_t>();
    section.flags = reader.Read<std::uint16_t>();
    section.chunk_count = reader.Read<std::uint32_t>();
    section.offset = reader.Read<std::uint64_t>();
    section.data_bytes = reader.Read<std::uint64_t>();
    section.content_bytes = reader.Read<std::uint64_t>();
    if (section.offset != expected_offset || section.offset > end) {
      return Malformed("a gap between sections");
    }
    if (!sections.empty() && section.primitive <= sections.back().primitive) {
      return Malformed("sections out of order");
    }
    VARVE_RETURN_IF_ERROR(CheckSection(section, end));
    expected_offset = section.offset + SectionHeaderLayout::kBytes + section.data_bytes;
    sections.push_back(section);
  }
  if (expected_offset != end) return Malformed("bytes between the last section and the table");
  return sections;
}

}  // namespace

std::string EncodeFileHeader(const FileHeader& header) {
  std::string bytes(kSnapshotMagic);
  AppendLittleEndian(bytes, kSnapshotVersion);
  AppendLittleEndian(bytes, std::uint32_t{0});  // the length, when it is known
  bytes.append(HeaderLayout::kChecksumKindOffset - HeaderLayout::kCompatibleFlagsOffset, '\0');
  bytes.push_back(static_cast<char>(kChecksumCrc32c));
  bytes.push_back(static_cast<char>(kDigestXxh3));
  AppendLittleEndian(bytes, std::uint16_t{0});
  bytes.append(header.store.view());
  AppendLittleEndian(bytes, header.salt);
  AppendLittleEndian(bytes, header.lsn.value());
  AppendLittleEndian(bytes, header.commit_time.micros());
  AppendLittleEndian(bytes, header.history_from.value());
  AppendLittleEndian(bytes, header.created.micros());
  AppendLittleEndian(bytes, header.section_count);
  AppendLittleEndian(bytes, static_cast<std::uint32_t>(header.fingerprint.size()));
  VARVE_CHECK(bytes.size() == HeaderLayout::kFixedBytes);
  for (const RegisteredName& name : header.fingerprint) AppendName(bytes, name);
  const std::uint64_t length = RoundUpTo8(bytes.size() + HeaderLayout::kChecksumBytes);
  bytes.resize(length - HeaderLayout::kChecksumBytes, '\0');
  StoreLittleEndian(bytes.data() + HeaderLayout::kHeaderLengthOffset,
                    static_cast<std::uint32_t>(length));
  AppendLittleEndian(bytes, Crc32c(bytes));
  return bytes;
}

absl::StatusOr<std::size_t> FileHeaderLength(std::string_view fixed) {
  if (fixed.size() < HeaderLayout::kFixedBytes || !fixed.starts_with(kSnapshotMagic)) {
    return Malformed("this is not a snapshot: the magic number is missing");
  }
  const auto version = LoadLittleEndian<std::uint32_t>(fixed.data() + HeaderLayout::kVersionOffset);
  if (version > kSnapshotVersion) {
    return Unimplemented("snapshot format version ", version, "; this program reads up to ",
                         kSnapshotVersion, ": use a newer one");
  }
  if (version == 0) return Malformed("format version 0");
  const auto length =
      LoadLittleEndian<std::uint32_t>(fixed.data() + HeaderLayout::kHeaderLengthOffset);
  if (length < HeaderLayout::kBytesMin || length > HeaderLayout::kBytesMax || length % 8 != 0) {
    return Malformed("a header of illegal length");
  }
  return std::size_t{length};
}

absl::StatusOr<FileHeader> DecodeFileHeader(std::string_view bytes) {
  const std::string_view covered = bytes.substr(0, bytes.size() - HeaderLayout::kChecksumBytes);
  if (Crc32c(covered) != LoadLittleEndian<std::uint32_t>(bytes.data() + covered.size())) {
    return Malformed("the header fails its checksum");
  }
  ByteReader reader(covered.substr(HeaderLayout::kIncompatibleFlagsOffset));
  if (const auto flags = reader.Read<std::uint32_t>(); flags != 0) {
    return Unimplemented("the snapshot needs features ", flags,
                         " that this program does not know: use a newer one");
  }
  if (reader.Read<std::uint8_t>() != kChecksumCrc32c ||
      reader.Read<std::uint8_t>() != kDigestXxh3) {
    return Unimplemented("checksums of a kind that this program does not know: use a newer one");
  }
  if (reader.Read<std::uint16_t>() != 0) return Malformed("reserved bytes are not zero");
  FileHeader header;
  header.store = *Uuid::FromBytes(reader.ReadBytes(sizeof(Uuid)));
  header.salt = reader.Read<std::uint64_t>();
  header.lsn = Lsn(reader.Read<std::uint64_t>());
  header.commit_time = Timestamp(reader.Read<std::uint64_t>());
  header.history_from = Lsn(reader.Read<std::uint64_t>());
  header.created = Timestamp(reader.Read<std::uint64_t>());
  header.section_count = reader.Read<std::uint32_t>();
  const auto fingerprint_count = reader.Read<std::uint32_t>();
  VARVE_ASSIGN_OR_RETURN(header.fingerprint, ReadNames(reader, fingerprint_count));
  if (reader.rest().size() >= 8 || !AllZero(reader.rest())) {
    return Malformed("padding of the header is not zero");
  }
  if (header.history_from > header.lsn) return Malformed("its history begins after its LSN");
  return header;
}

std::string EncodeSectionHeader(const SectionRecord& section, std::uint64_t salt) {
  std::string bytes;
  bytes.push_back(static_cast<char>(section.primitive.value()));
  bytes.push_back(static_cast<char>(section.version));
  AppendLittleEndian(bytes, section.flags);
  AppendLittleEndian(bytes, section.chunk_count);
  AppendLittleEndian(bytes, section.data_bytes);
  AppendLittleEndian(bytes, section.content_bytes);
  AppendLittleEndian(bytes, std::uint32_t{0});
  AppendLittleEndian(bytes, SaltedCrc(salt, bytes));
  return bytes;
}

absl::Status CheckSectionHeader(std::string_view bytes, const SectionRecord& section,
                                std::uint64_t salt) {
  if (bytes.size() != SectionHeaderLayout::kBytes) return Malformed("the file ends here");
  // There is one way to write what the table says: comparing checks every field and the checksum.
  if (bytes == EncodeSectionHeader(section, salt)) return absl::OkStatus();
  const std::string_view covered = bytes.substr(0, SectionHeaderLayout::kChecksumOffset);
  const auto checksum = LoadLittleEndian<std::uint32_t>(bytes.data() + covered.size());
  return SaltedCrc(salt, covered) != checksum
             ? Malformed("the section header fails its checksum")
             : Malformed("the section header contradicts the section table");
}

std::string EncodeFooter(const Footer& footer, std::uint64_t salt) {
  std::string bytes;
  std::uint64_t content_bytes = 0;
  for (const SectionRecord& section : footer.sections) {
    AppendTableEntry(bytes, section);
    content_bytes += section.content_bytes;
  }
  const std::uint64_t file_bytes = footer.table_offset + bytes.size() + TrailerLayout::kBytes;
  for (const std::uint8_t byte : footer.digest.bytes) bytes.push_back(static_cast<char>(byte));
  AppendLittleEndian(bytes, file_bytes);
  AppendLittleEndian(bytes, footer.table_offset);
  AppendLittleEndian(bytes, static_cast<std::uint32_t>(footer.sections.size()));
  AppendLittleEndian(bytes, std::uint32_t{0});
  AppendLittleEndian(bytes, content_bytes);
  AppendLittleEndian(bytes, std::uint32_t{0});
  AppendLittleEndian(bytes, SaltedCrc(salt, bytes));
  bytes.append(kSnapshotEndMagic);
  return bytes;
}

absl::StatusOr<std::uint64_t> FooterOffset(std::string_view trailer, std::uint64_t file_bytes) {
  if (trailer.size() != TrailerLayout::kBytes || !trailer.ends_with(kSnapshotEndMagic)) {
    return Malformed("the end of the snapshot is missing: it was cut off or never finished");
  }
  ByteReader reader(trailer.substr(TrailerLayout::kFileLengthOffset));
  const auto length = reader.Read<std::uint64_t>();
  const auto table_offset = reader.Read<std::uint64_t>();
  const auto section_count = reader.Read<std::uint32_t>();
  if (length != file_bytes) return Malformed("the file is not as long as its trailer says");
  if (section_count > kSectionsMax) return Malformed("more sections than primitive ids");
  const std::uint64_t footer_bytes =
      section_count * TableEntryLayout::kBytes + TrailerLayout::kBytes;
  if (footer_bytes > file_bytes || table_offset != file_bytes - footer_bytes) {
    return Malformed("the section table is not where the trailer says");
  }
  return table_offset;
}

absl::StatusOr<Footer> DecodeFooter(std::string_view bytes, std::uint64_t header_bytes,
                                    std::uint64_t salt) {
  if (bytes.size() < TrailerLayout::kBytes) return Malformed("the footer is cut off");
  const std::string_view table = bytes.substr(0, bytes.size() - TrailerLayout::kBytes);
  const std::string_view trailer = bytes.substr(table.size());
  const std::string_view covered = bytes.substr(0, table.size() + TrailerLayout::kChecksumOffset);
  if (SaltedCrc(salt, covered) !=
      LoadLittleEndian<std::uint32_t>(trailer.data() + TrailerLayout::kChecksumOffset)) {
    return Malformed("the footer fails its checksum");
  }
  Footer footer;
  ByteReader reader(trailer);
  const std::string_view digest = reader.ReadBytes(footer.digest.bytes.size());
  std::copy(digest.begin(), digest.end(), footer.digest.bytes.begin());
  const auto file_bytes = reader.Read<std::uint64_t>();
  footer.table_offset = reader.Read<std::uint64_t>();
  const auto section_count = reader.Read<std::uint32_t>();
  if (file_bytes != footer.table_offset + bytes.size() ||
      table.size() != section_count * TableEntryLayout::kBytes ||
      footer.table_offset < header_bytes) {
    return Malformed("the lengths of the footer contradict each other");
  }
  if (reader.Read<std::uint32_t>() != 0) return Malformed("reserved bytes are not zero");
  const auto content_bytes = reader.Read<std::uint64_t>();
  if (reader.Read<std::uint32_t>() != 0) return Malformed("reserved bytes are not zero");
  VARVE_ASSIGN_OR_RETURN(footer.sections, ReadTable(table, header_bytes, footer.table_offset));
  std::uint64_t sum = 0;
  for (const SectionRecord& section : footer.sections) sum += section.content_bytes;
  if (sum != content_bytes) return Malformed("the content lengths do not add up");
  return footer;
}

}  // namespace varve::snapshot
