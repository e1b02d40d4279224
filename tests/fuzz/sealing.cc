#include "tests/fuzz/sealing.h"

#include <algorithm>
#include <string_view>

#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "kernel/wal/record.h"
#include "kernel/wal/segment.h"
#include "snapshot/chunk.h"
#include "snapshot/digest.h"
#include "snapshot/layout.h"
#include "snapshot/manifest.h"

namespace varve::fuzz {
namespace {

using snapshot::ChunkLayout;
using snapshot::HeaderLayout;
using snapshot::SectionHeaderLayout;
using snapshot::TableEntryLayout;
using snapshot::TrailerLayout;
using wal::RecordLayout;

std::uint32_t SaltedCrc(std::uint64_t salt, std::string_view bytes) {
  return ExtendCrc32c(ExtendCrc32c(0, salt), bytes);
}

// A snapshot file while its parts are sealed one by one.
class SnapshotSealer final {
 public:
  explicit SnapshotSealer(std::string& file) : file_(file) {}

  void Run() {
    if (file_.size() < HeaderLayout::kBytesMin + TrailerLayout::kBytes) return;
    salt_ = Load64(HeaderLayout::kSaltOffset);
    const std::uint64_t header_bytes = SealHeader();
    const std::uint64_t trailer = file_.size() - TrailerLayout::kBytes;
    const std::uint64_t sections = Load32(trailer + TrailerLayout::kSectionCountOffset);
    const std::uint64_t table_bytes = sections * TableEntryLayout::kBytes;
    if (header_bytes == 0 || table_bytes > trailer - header_bytes) return;
    const std::uint64_t table = trailer - table_bytes;
    for (std::uint64_t entry = table; entry < trailer; entry += TableEntryLayout::kBytes) {
      SealSection(entry, table);
    }
    const snapshot::Digest digest = digest_.Finish();
    std::copy(digest.bytes.begin(), digest.bytes.end(),
              file_.begin() + static_cast<std::ptrdiff_t>(trailer + TrailerLayout::kDigestOffset));
    const std::uint64_t checksum = trailer + TrailerLayout::kChecksumOffset;
    Store32(checksum, SaltedCrc(salt_, View(table, checksum - table)));
  }

 private:
  [[nodiscard]] std::string_view View(std::uint64_t offset, std::uint64_t bytes) const {
    return std::string_view(file_).substr(offset, bytes);
  }
  [[nodiscard]] std::uint32_t Load32(std::uint64_t offset) const {
    return LoadLittleEndian<std::uint32_t>(file_.data() + offset);
  }
  [[nodiscard]] std::uint64_t Load64(std::uint64_t offset) const {
    return LoadLittleEndian<std::uint64_t>(file_.data() + offset);
  }
  void Store32(std::uint64_t offset, std::uint32_t value) {
    StoreLittleEndian(file_.data() + offset, value);
  }

  // Its length; 0 where that cannot be.
  std::uint64_t SealHeader() {
    const std::uint64_t length = Load32(HeaderLayout::kHeaderLengthOffset);
    if (length < HeaderLayout::kBytesMin || length > file_.size() - TrailerLayout::kBytes) return 0;
    Store32(length - HeaderLayout::kChecksumBytes,
            Crc32c(View(0, length - HeaderLayout::kChecksumBytes)));
    return length;
  }

  void SealSection(std::uint64_t entry, std::uint64_t end) {
    const std::uint64_t offset = Load64(entry + TableEntryLayout::kSectionOffset);
    if (offset > end || end - offset < SectionHeaderLayout::kBytes) return;
    const std::uint64_t checksum = offset + SectionHeaderLayout::kChecksumOffset;
    Store32(checksum, SaltedCrc(salt_, View(offset, SectionHeaderLayout::kChecksumOffset)));
    const PrimitiveId primitive(static_cast<std::uint8_t>(file_[entry]));
    const std::uint64_t data = offset + SectionHeaderLayout::kBytes;
    const std::uint64_t data_bytes =
        std::min(Load64(entry + TableEntryLayout::kDataLengthOffset), end - data);
    SealChunks(primitive, data, data + data_bytes);
    digest_.EndSection(
        primitive, static_cast<std::uint8_t>(file_[entry + TableEntryLayout::kVersionOffset]),
        LoadLittleEndian<std::uint16_t>(file_.data() + entry + TableEntryLayout::kFlagsOffset));
  }

  void SealChunks(PrimitiveId primitive, std::uint64_t offset, std::uint64_t end) {
    for (std::uint32_t index = 0; end - offset >= ChunkLayout::kBytes; ++index) {
      const std::uint64_t stored = Load32(offset + ChunkLayout::kStoredLengthOffset);
      if (stored > end - offset - ChunkLayout::kBytes) return;
      const std::uint64_t where = std::uint64_t{primitive.value()} << 32 | index;
      std::uint32_t crc = ExtendCrc32c(ExtendCrc32c(0, salt_), where);
      crc = ExtendCrc32c(crc, View(offset, ChunkLayout::kChecksumOffset));
      crc = ExtendCrc32c(crc, View(offset + ChunkLayout::kBytes, stored));
      Store32(offset + ChunkLayout::kChecksumOffset, crc);
      const snapshot::ChunkPlace place{.salt = salt_, .primitive = primitive, .index = index};
      const auto content = decoder_.Decode(View(offset, ChunkLayout::kBytes + stored), place);
      if (content.ok()) digest_.Add(*content);
      offset += ChunkLayout::kBytes + stored;
    }
  }

  std::string& file_;
  std::uint64_t salt_ = 0;
  snapshot::DigestBuilder digest_;
  snapshot::ChunkDecoder decoder_;
};

}  // namespace

void SealSegmentPage(std::string& page) {
  using Layout = wal::SegmentLayout;
  const std::string_view bytes = page;
  const std::uint32_t crc = ExtendCrc32c(Crc32c(bytes.substr(0, Layout::kHeaderCrcOffset)),
                                         bytes.substr(Layout::kReservedOffset));
  StoreLittleEndian(page.data() + Layout::kHeaderCrcOffset, crc);
}

void SealRecords(std::string& area, std::uint64_t salt, bool number) {
  std::uint32_t previous = 0;
  std::uint64_t lsn = 1;
  for (std::size_t at = 0; area.size() - at >= RecordLayout::kBytes; ++lsn) {
    char* const header = area.data() + at;
    const std::string_view fixed(header, RecordLayout::kBytes);
    if (fixed.find_first_not_of('\0') == std::string_view::npos) return;
    const std::size_t room = (area.size() - at - RecordLayout::kBytes) / 8 * 8;
    const std::size_t stated =
        LoadLittleEndian<std::uint32_t>(header + RecordLayout::kBodyLengthOffset);
    const std::size_t length = std::min(stated / 8 * 8, room);
    StoreLittleEndian(header + RecordLayout::kBodyLengthOffset, static_cast<std::uint32_t>(length));
    if (number) {
      StoreLittleEndian(header + RecordLayout::kLsnOffset, lsn);
      StoreLittleEndian(header + RecordLayout::kDurableLsnOffset, lsn - 1);
      StoreLittleEndian(header + RecordLayout::kCommitTimeOffset, lsn);
      header[RecordLayout::kKindOffset] = static_cast<char>(wal::RecordKind::kTransaction);
      header[RecordLayout::kVersionOffset] = static_cast<char>(wal::kRecordVersion);
      StoreLittleEndian(header + RecordLayout::kFlagsOffset, std::uint16_t{0});
    }
    const Lsn bound(LoadLittleEndian<std::uint64_t>(header + RecordLayout::kLsnOffset));
    const std::string_view body(header + RecordLayout::kBytes, length);
    StoreLittleEndian(header + RecordLayout::kPreviousCrcOffset, previous);
    StoreLittleEndian(header + RecordLayout::kBodyCrcOffset,
                      wal::BindBodyCrc(Crc32c(body), salt, bound));
    previous = SaltedCrc(salt, fixed.substr(RecordLayout::kBodyLengthOffset));
    StoreLittleEndian(header + RecordLayout::kHeaderCrcOffset, previous);
    at += RecordLayout::kBytes + length;
  }
}

void SealManifestSlot(std::string& slot) {
  const std::size_t covered = snapshot::ManifestLayout::kChecksumOffset;
  StoreLittleEndian(slot.data() + covered, Crc32c(std::string_view(slot).substr(0, covered)));
}

void SealSnapshot(std::string& file) { SnapshotSealer(file).Run(); }

}  // namespace varve::fuzz
