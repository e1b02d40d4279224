// The fixed structures of a snapshot file as values, to bytes and back. Pure functions: no file is
// touched here. Layouts: layout.h; normative text: docs/format/snapshot.md.
#ifndef VARVE_SNAPSHOT_CODEC_H_
#define VARVE_SNAPSHOT_CODEC_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/base/ids.h"
#include "kernel/registry.h"
#include "snapshot/digest.h"
#include "snapshot/layout.h"

namespace varve::snapshot {

struct FileHeader {
  Uuid store;
  std::uint64_t salt = 0;  // every checksum of the file is bound to it
  Lsn lsn;
  Timestamp commit_time;
  Lsn history_from;
  Timestamp created;
  std::uint32_t section_count = 0;
  std::vector<RegisteredName> fingerprint;  // ascending by id
  friend bool operator==(const FileHeader&, const FileHeader&) = default;
};

// One section as the section table and its own header describe it.
struct SectionRecord {
  PrimitiveId primitive;
  std::uint8_t version = 1;
  std::uint16_t flags = 0;
  std::uint32_t chunk_count = 0;
  std::uint64_t offset = 0;         // of the section header in the file
  std::uint64_t data_bytes = 0;     // of the chunks with their headers
  std::uint64_t content_bytes = 0;  // before chunking and compression
  friend bool operator==(const SectionRecord&, const SectionRecord&) = default;
};

struct Footer {
  std::vector<SectionRecord> sections;  // ascending by primitive id
  Digest digest;
  std::uint64_t table_offset = 0;
  friend bool operator==(const Footer&, const Footer&) = default;
};

// Decoders answer kDataLoss with only what is wrong ("reserved bytes not zero"); the caller adds
// file and offset. kUnimplemented: a newer version or an unknown incompatible flag.

// Requires names no longer than kNameBytesMax.
[[nodiscard]] std::string EncodeFileHeader(const FileHeader& header);
// How long the header says it is, from its first kFixedBytes, after magic and version were looked
// at; bounded by kBytesMax.
[[nodiscard]] absl::StatusOr<std::size_t> FileHeaderLength(std::string_view fixed);
// `bytes` is exactly the header, as long as FileHeaderLength said.
[[nodiscard]] absl::StatusOr<FileHeader> DecodeFileHeader(std::string_view bytes);

[[nodiscard]] std::string EncodeSectionHeader(const SectionRecord& section, std::uint64_t salt);
// Where the section header at `section.offset` is not the one that the table announced: kDataLoss.
[[nodiscard]] absl::Status CheckSectionHeader(std::string_view bytes, const SectionRecord& section,
                                              std::uint64_t salt);

// Section table and trailer.
[[nodiscard]] std::string EncodeFooter(const Footer& footer, std::uint64_t salt);
// Where the footer begins, from the trailer of a file of `file_bytes`; always within the file.
[[nodiscard]] absl::StatusOr<std::uint64_t> FooterOffset(std::string_view trailer,
                                                         std::uint64_t file_bytes);
// `bytes` is exactly the footer; `header_bytes` is where the first section must begin. Every
// length in the result has been checked against the others: sections fill the file without a gap.
[[nodiscard]] absl::StatusOr<Footer> DecodeFooter(std::string_view bytes,
                                                  std::uint64_t header_bytes, std::uint64_t salt);

}  // namespace varve::snapshot

#endif  // VARVE_SNAPSHOT_CODEC_H_
