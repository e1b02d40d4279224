// Writes the bytes of one snapshot file, front to back, in large pieces.
#ifndef VARVE_SNAPSHOT_FILE_WRITER_H_
#define VARVE_SNAPSHOT_FILE_WRITER_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "kernel/io/file_system.h"
#include "snapshot/chunk.h"
#include "snapshot/codec.h"
#include "snapshot/content.h"
#include "snapshot/digest.h"

namespace varve::snapshot {

// Not thread-safe. `file` is empty and must outlive the writer. Nothing is synced here.
class SnapshotFileWriter final : public ContentTarget {
 public:
  SnapshotFileWriter(File& file, const FileHeader& header);

  void Begin(const SectionStart& start) override;
  [[nodiscard]] absl::Status AddChunk(std::string& chunk) override;
  [[nodiscard]] absl::Status End() override;

  // Writes what is buffered, the section table and the trailer. The section count must be the
  // header's.
  [[nodiscard]] absl::StatusOr<Footer> Finish();

 private:
  [[nodiscard]] std::uint64_t position() const { return buffer_offset_ + buffer_.size(); }
  absl::Status Flush();

  File& file_;
  std::uint64_t salt_;
  std::uint32_t section_count_;
  std::string buffer_;               // what stands at buffer_offset_, not yet written
  std::uint64_t buffer_offset_ = 0;  // in the file
  SectionRecord section_;            // the one being written
  Footer footer_;
  ChunkEncoder encoder_;
  DigestBuilder digest_;
};

}  // namespace varve::snapshot

#endif  // VARVE_SNAPSHOT_FILE_WRITER_H_
