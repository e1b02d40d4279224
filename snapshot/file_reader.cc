#include "snapshot/file_reader.h"

#include <algorithm>
#include <span>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/base/status.h"

namespace varve::snapshot {
namespace {
constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
static_assert(SnapshotFile::kReadBytesMax >= kChunkRawBytesMax + ChunkLayout::kBytes);
static_assert(SnapshotFile::kReadBytesMax >= HeaderLayout::kBytesMax);
static_assert(SnapshotFile::kReadBytesMax >=
              kSectionsMax * TableEntryLayout::kBytes + TrailerLayout::kBytes);
}  // namespace

SnapshotFile::SnapshotFile(std::unique_ptr<File> file, std::string path, std::uint64_t file_bytes)
    : file_(std::move(file)),
      path_(std::move(path)),
      file_bytes_(file_bytes),
      buffer_(new char[kBufferBytes]) {}

absl::StatusOr<std::unique_ptr<SnapshotFile>> SnapshotFile::Open(FileSystem& files,
                                                                 const std::string& path) {
  VARVE_ASSIGN_OR_RETURN(std::unique_ptr<File> file, files.Open(path, OpenMode::kRead));
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t file_bytes, file->Size());
  std::unique_ptr<SnapshotFile> result(new SnapshotFile(std::move(file), path, file_bytes));
  VARVE_RETURN_IF_ERROR(result->ReadHeader());
  VARVE_RETURN_IF_ERROR(result->ReadFooter());
  return result;
}

absl::Status SnapshotFile::ReadHeader() {
  if (file_bytes_ < HeaderLayout::kBytesMin + TrailerLayout::kBytes) {
    return Locate(absl::DataLossError("the file is too short to be a snapshot"), file_bytes_);
  }
  VARVE_ASSIGN_OR_RETURN(std::string_view bytes, ReadAt(0, HeaderLayout::kFixedBytes));
  const absl::StatusOr<std::size_t> length = FileHeaderLength(bytes);
  if (!length.ok()) return Locate(length.status(), 0);
  VARVE_ASSIGN_OR_RETURN(bytes, ReadAt(0, *length));
  absl::StatusOr<FileHeader> header = DecodeFileHeader(bytes);
  if (!header.ok()) return Locate(header.status(), 0);
  header_ = *std::move(header);
  header_bytes_ = *length;
  return absl::OkStatus();
}

absl::Status SnapshotFile::ReadFooter() {
  const std::uint64_t trailer_offset = file_bytes_ - TrailerLayout::kBytes;
  VARVE_ASSIGN_OR_RETURN(std::string_view bytes, ReadAt(trailer_offset, TrailerLayout::kBytes));
  const absl::StatusOr<std::uint64_t> offset = FooterOffset(bytes, file_bytes_);
  if (!offset.ok()) return Locate(offset.status(), trailer_offset);
  VARVE_ASSIGN_OR_RETURN(bytes, ReadAt(*offset, file_bytes_ - *offset));
  absl::StatusOr<Footer> footer = DecodeFooter(bytes, header_bytes_, header_.salt);
  if (!footer.ok()) return Locate(footer.status(), *offset);
  footer_ = *std::move(footer);
  if (footer_.sections.size() != header_.section_count) {
    return Locate(absl::DataLossError("header and footer count sections differently"), *offset);
  }
  return absl::OkStatus();
}

SnapshotInfo SnapshotFile::Info() const {
  SnapshotInfo info;
  info.path = path_;
  info.file_bytes = file_bytes_;
  info.store = header_.store;
  info.lsn = header_.lsn;
  info.commit_time = header_.commit_time;
  info.history_from = header_.history_from;
  info.created = header_.created;
  info.fingerprint = header_.fingerprint;
  for (const SectionRecord& section : footer_.sections) {
    info.sections.push_back({section.primitive, section.version, section.flags,
                             section.content_bytes, section.data_bytes});
  }
  info.digest = footer_.digest;
  return info;
}

absl::StatusOr<std::string_view> SnapshotFile::ReadAt(std::uint64_t offset, std::size_t count) {
  VARVE_CHECK(count <= kReadBytesMax);
  const bool buffered =
      offset >= buffer_offset_ && offset + count <= buffer_offset_ + buffer_bytes_;
  if (!buffered) {
    buffer_bytes_ = 0;
    const absl::StatusOr<std::size_t> got =
        file_->ReadAt(offset, std::span<char>(buffer_.get(), kBufferBytes));
    if (!got.ok()) {
      Damage damage{Damage::Kind::kUnreadable,
                    path_,
                    offset,
                    header_.lsn,
                    std::string(FromAbsl(got.status().message())),
                    ""};
      return damage.ToStatus();
    }
    buffer_offset_ = offset;
    buffer_bytes_ = *got;
  }
  const std::size_t begin = offset - buffer_offset_;
  if (begin + count > buffer_bytes_) {
    return Locate(absl::DataLossError("the file became shorter while it was read"), offset);
  }
  return std::string_view(buffer_.get() + begin, count);
}

absl::Status SnapshotFile::Locate(const absl::Status& status, std::uint64_t offset) const {
  if (status.code() == absl::StatusCode::kDataLoss && !DamageOf(status)) {
    Damage damage{Damage::Kind::kCorrupt,
                  path_,
                  offset,
                  header_.lsn,
                  std::string(FromAbsl(status.message())),
                  ""};
    return damage.ToStatus();
  }
  if (status.code() == absl::StatusCode::kUnimplemented) return AddContext(status, path_);
  return status;
}

SectionReader::SectionReader(SnapshotFile& file, const SectionRecord& section)
    : file_(file),
      section_(section),
      position_(section.offset + SectionHeaderLayout::kBytes),
      end_(position_ + section.data_bytes),
      content_left_(section.content_bytes) {}

absl::StatusOr<std::unique_ptr<SectionReader>> SectionReader::Open(SnapshotFile& file,
                                                                   const SectionRecord& section) {
  VARVE_ASSIGN_OR_RETURN(const std::string_view header,
                         file.ReadAt(section.offset, SectionHeaderLayout::kBytes));
  VARVE_RETURN_IF_ERROR(
      file.Locate(CheckSectionHeader(header, section, file.header().salt), section.offset));
  return std::unique_ptr<SectionReader>(new SectionReader(file, section));
}

absl::StatusOr<std::string_view> SectionReader::NextChunk() {
  const auto fault = [this](std::string_view found) {
    return file_.Locate(MakeStatus(absl::StatusCode::kDataLoss, found), position_);
  };
  if (next_chunk_ == section_.chunk_count) {
    if (position_ != end_ || content_left_ != 0) return fault("bytes behind the last chunk");
    return std::string_view{};
  }
  if (end_ - position_ < ChunkLayout::kBytes) return fault("no room for the next chunk");
  VARVE_ASSIGN_OR_RETURN(std::string_view bytes, file_.ReadAt(position_, ChunkLayout::kBytes));
  const absl::StatusOr<ChunkHeader> header = ChunkDecoder::ReadHeader(bytes);
  if (!header.ok()) return file_.Locate(header.status(), position_);
  const std::size_t chunk_bytes = ChunkLayout::kBytes + header->stored_bytes;
  if (end_ - position_ < chunk_bytes) return fault("a chunk that is longer than its section");
  // SNAP-K2: every chunk but the last is full, and together they are the content.
  if (header->raw_bytes != std::min<std::uint64_t>(content_left_, kChunkRawBytesMax)) {
    return fault("a chunk whose content length is not the one due");
  }
  VARVE_ASSIGN_OR_RETURN(bytes, file_.ReadAt(position_, chunk_bytes));
  const absl::StatusOr<std::string_view> content =
      decoder_.Decode(bytes, {file_.header().salt, section_.primitive, next_chunk_});
  if (!content.ok()) return file_.Locate(content.status(), position_);
  position_ += chunk_bytes;
  content_left_ -= content->size();
  if (++next_chunk_ == section_.chunk_count && (position_ != end_ || content_left_ != 0)) {
    return fault("bytes behind the last chunk");
  }
  return *content;
}

absl::StatusOr<std::string_view> SectionReader::Read(std::uint64_t count) {
  if (count > remaining()) {
    return file_.Locate(absl::DataLossError("the section ends too early"), position_);
  }
  if (count > 0 && chunk_rest_.empty()) {
    VARVE_ASSIGN_OR_RETURN(chunk_rest_, NextChunk());
  }
  if (count > chunk_rest_.size()) return ReadAcross(count);
  const std::string_view result = chunk_rest_.substr(0, count);
  chunk_rest_.remove_prefix(count);
  return result;
}

absl::StatusOr<std::string_view> SectionReader::ReadAcross(std::uint64_t count) {
  // Grows with what was really read, never by what a length says.
  joined_.clear();
  while (joined_.size() < count) {
    if (chunk_rest_.empty()) {
      VARVE_ASSIGN_OR_RETURN(chunk_rest_, NextChunk());
    }
    const std::string_view part = chunk_rest_.substr(0, count - joined_.size());
    joined_.append(part);
    chunk_rest_.remove_prefix(part.size());
  }
  return std::string_view(joined_);
}

}  // namespace varve::snapshot
