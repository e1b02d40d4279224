// Reads a snapshot file: header and footer at once, sections as streams of verified chunks.
#ifndef VARVE_SNAPSHOT_FILE_READER_H_
#define VARVE_SNAPSHOT_FILE_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/io/file_system.h"
#include "kernel/section.h"
#include "snapshot/chunk.h"
#include "snapshot/codec.h"
#include "snapshot/snapshot.h"

namespace varve::snapshot {

// Not thread-safe.
class SnapshotFile final {
 public:
  // Header and footer, checked. kNotFound; kDataLoss (Damage); kUnimplemented: newer.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<SnapshotFile>> Open(FileSystem& files,
                                                                          const std::string& path);

  [[nodiscard]] const FileHeader& header() const { return header_; }
  [[nodiscard]] const Footer& footer() const { return footer_; }
  [[nodiscard]] SnapshotInfo Info() const;

  // Exactly `count` bytes at `offset`, valid until the next call; `count` at most
  // kReadBytesMax. kDataLoss: the file ends before, or the device failed the read.
  [[nodiscard]] absl::StatusOr<std::string_view> ReadAt(std::uint64_t offset, std::size_t count);

  // `status`, where it is kDataLoss or kUnimplemented, with the file and `offset` in it.
  [[nodiscard]] absl::Status Locate(const absl::Status& status, std::uint64_t offset) const;

  static constexpr std::size_t kReadBytesMax = std::size_t{256} << 10;

 private:
  SnapshotFile(std::unique_ptr<File> file, std::string path, std::uint64_t file_bytes);
  absl::Status ReadHeader();
  absl::Status ReadFooter();

  std::unique_ptr<File> file_;
  std::string path_;
  std::uint64_t file_bytes_;
  FileHeader header_;
  std::uint64_t header_bytes_ = 0;
  Footer footer_;
  std::unique_ptr<char[]> buffer_;  // a window of the file
  std::uint64_t buffer_offset_ = 0;
  std::size_t buffer_bytes_ = 0;
};

// The content of one section, chunk after chunk. One section is read at a time. Not thread-safe;
// `file` must outlive it.
class SectionReader final : public SectionSource {
 public:
  // `section` is one of the footer's. Checks the section's own header against it.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<SectionReader>> Open(
      SnapshotFile& file, const SectionRecord& section);

  // The next chunk's content, verified; empty at the end. Not to be mixed with Read.
  [[nodiscard]] absl::StatusOr<std::string_view> NextChunk();

  [[nodiscard]] absl::StatusOr<std::string_view> Read(std::uint64_t count) override;
  [[nodiscard]] std::uint64_t remaining() const override {
    return chunk_rest_.size() + content_left_;
  }

 private:
  SectionReader(SnapshotFile& file, const SectionRecord& section);
  absl::StatusOr<std::string_view> ReadAcross(std::uint64_t count);

  SnapshotFile& file_;
  SectionRecord section_;
  std::uint64_t position_;  // in the file, of the next chunk
  std::uint64_t end_;       // in the file, of the section
  std::uint32_t next_chunk_ = 0;
  std::uint64_t content_left_;   // in chunks not yet decoded
  std::string_view chunk_rest_;  // of the chunk decoded last
  std::string joined_;           // a read that crosses chunks
  ChunkDecoder decoder_;
};

}  // namespace varve::snapshot

#endif  // VARVE_SNAPSHOT_FILE_READER_H_
