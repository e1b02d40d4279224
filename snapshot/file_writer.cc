#include "snapshot/file_writer.h"

#include <limits>

#include "kernel/base/check.h"
#include "kernel/base/status.h"

namespace varve::snapshot {
namespace {
constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
}  // namespace

SnapshotFileWriter::SnapshotFileWriter(File& file, const FileHeader& header)
    : file_(file), salt_(header.salt), section_count_(header.section_count) {
  buffer_.reserve(kBufferBytes + kChunkRawBytesMax + HeaderLayout::kBytesMax);
  buffer_.append(EncodeFileHeader(header));
}

void SnapshotFileWriter::Begin(const SectionStart& start) {
  section_ = SectionRecord();
  section_.primitive = start.primitive;
  section_.version = start.version;
  section_.flags = start.flags;
  section_.offset = position();
  buffer_.append(SectionHeaderLayout::kBytes, '\0');  // filled in by End, when it is known
}

absl::Status SnapshotFileWriter::AddChunk(std::string& chunk) {
  if (section_.chunk_count == std::numeric_limits<std::uint32_t>::max()) {
    return ResourceExhausted("a snapshot section of more than 2^32 chunks");
  }
  digest_.Add(chunk);
  const std::uint64_t before = position();
  encoder_.Append(chunk, {salt_, section_.primitive, section_.chunk_count}, buffer_);
  ++section_.chunk_count;
  section_.data_bytes += position() - before;
  section_.content_bytes += chunk.size();
  return buffer_.size() >= kBufferBytes ? Flush() : absl::OkStatus();
}

absl::Status SnapshotFileWriter::End() {
  const std::string header = EncodeSectionHeader(section_, salt_);
  if (section_.offset >= buffer_offset_) {
    buffer_.replace(section_.offset - buffer_offset_, header.size(), header);
  } else {
    VARVE_RETURN_IF_ERROR(file_.WriteAt(section_.offset, header));
  }
  digest_.EndSection(section_.primitive, section_.version, section_.flags);
  footer_.sections.push_back(section_);
  return absl::OkStatus();
}

absl::StatusOr<Footer> SnapshotFileWriter::Finish() {
  VARVE_CHECK(footer_.sections.size() == section_count_);
  footer_.digest = digest_.Finish();
  footer_.table_offset = position();
  buffer_.append(EncodeFooter(footer_, salt_));
  VARVE_RETURN_IF_ERROR(Flush());
  return footer_;
}

absl::Status SnapshotFileWriter::Flush() {
  VARVE_RETURN_IF_ERROR(file_.WriteAt(buffer_offset_, buffer_));
  buffer_offset_ += buffer_.size();
  buffer_.clear();
  return absl::OkStatus();
}

}  // namespace varve::snapshot
