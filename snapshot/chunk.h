// One chunk of a section: at most 64 KiB of content, compressed where that helps, under a checksum
// that is bound to the file, the section and the place in it (docs/format/snapshot.md, SNAP-K*).
#ifndef VARVE_SNAPSHOT_CHUNK_H_
#define VARVE_SNAPSHOT_CHUNK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/base/ids.h"
#include "snapshot/layout.h"

namespace varve::snapshot {

// Where a chunk belongs: what its checksum is bound to, so that no chunk passes for another.
struct ChunkPlace {
  std::uint64_t salt = 0;
  PrimitiveId primitive;
  std::uint32_t index = 0;  // in the section
};

// Not thread-safe.
class ChunkEncoder final {
 public:
  ChunkEncoder();
  ~ChunkEncoder();
  // Appends the chunk's header and stored bytes to `out`. Requires 1 to kChunkRawBytesMax bytes.
  void Append(std::string_view content, const ChunkPlace& place, std::string& out);

 private:
  struct Compressor;
  // Appends the compressed form, or nothing where that would not pay.
  bool TryCompress(std::string_view content, std::string& out);

  std::unique_ptr<Compressor> compressor_;
  // After content that did not compress, this many chunks are stored without trying; the next
  // disappointment doubles it. So incompressible data costs next to nothing.
  unsigned pause_ = 0;
  unsigned pause_left_ = 0;
};

struct ChunkHeader {
  ChunkCodec codec = ChunkCodec::kRaw;
  std::uint32_t stored_bytes = 0;
  std::uint32_t raw_bytes = 0;
};

// Not thread-safe.
class ChunkDecoder final {
 public:
  ChunkDecoder();
  ~ChunkDecoder();
  // `bytes` has kBytes. kDataLoss (without file and place): lengths or codec that cannot be, and
  // so bounded: neither length in the result is above kChunkRawBytesMax.
  [[nodiscard]] static absl::StatusOr<ChunkHeader> ReadHeader(std::string_view bytes);
  // `chunk` is header and stored bytes. The content, which borrows from `chunk` or from this
  // decoder until the next call. kDataLoss: the checksum fails, or what it covers cannot be
  // decompressed to exactly the length it says. kUnimplemented: an unknown codec (SNAP-K4).
  [[nodiscard]] absl::StatusOr<std::string_view> Decode(std::string_view chunk,
                                                        const ChunkPlace& place);

 private:
  struct Decompressor;
  std::unique_ptr<Decompressor> decompressor_;
};

}  // namespace varve::snapshot

#endif  // VARVE_SNAPSHOT_CHUNK_H_
