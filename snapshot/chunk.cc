#include "snapshot/chunk.h"

#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <new>

#include "kernel/base/check.h"
#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"

namespace varve::snapshot {
namespace {

// Decision 0011 has the measurements.
constexpr int kZstdLevel = -1;
constexpr unsigned kPauseMax = 64;
// Content this short is stored as it is: a zstd frame would eat what it saves.
constexpr std::size_t kCompressBytesMin = 128;

// Stored bytes that make compression worth the time of every later reader: 7/8 of the content.
constexpr std::size_t StoredBytesWorthwhile(std::size_t content_bytes) {
  return content_bytes - content_bytes / 8;
}

// SNAP-K3: salt, then primitive and index, then the header up to the checksum, then the rest.
std::uint32_t ChunkCrc(const ChunkPlace& place, std::string_view header, std::string_view stored) {
  const std::uint64_t where = std::uint64_t{place.primitive.value()} << 32 | place.index;
  std::uint32_t crc = ExtendCrc32c(ExtendCrc32c(0, place.salt), where);
  crc = ExtendCrc32c(crc, header.substr(0, ChunkLayout::kChecksumOffset));
  return ExtendCrc32c(crc, stored);
}

absl::Status Malformed(std::string_view what) {
  return MakeStatus(absl::StatusCode::kDataLoss, what);
}

}  // namespace

struct ChunkEncoder::Compressor {
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context{MadeOrThrow(ZSTD_createCCtx()),
                                                               ZSTD_freeCCtx};
};

ChunkEncoder::ChunkEncoder() : compressor_(std::make_unique<Compressor>()) {
  ZSTD_CCtx* const context = compressor_->context.get();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, kZstdLevel);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 1);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 0);
}

ChunkEncoder::~ChunkEncoder() = default;

bool ChunkEncoder::TryCompress(std::string_view content, std::string& out) {
  if (content.size() < kCompressBytesMin) return false;
  if (pause_left_ > 0) {
    --pause_left_;
    return false;
  }
  const std::size_t begin = out.size();
  const std::size_t room = StoredBytesWorthwhile(content.size());
  out.resize(begin + room);
  const std::size_t stored = ZSTD_compress2(compressor_->context.get(), out.data() + begin, room,
                                            content.data(), content.size());
  if (ZSTD_isError(stored) != 0) {  // no room for it, or no memory: not worthwhile
    out.resize(begin);
    pause_ = std::clamp(pause_ * 2, 1u, kPauseMax);
    pause_left_ = pause_;
    return false;
  }
  out.resize(begin + stored);
  pause_ = 0;
  return true;
}

void ChunkEncoder::Append(std::string_view content, const ChunkPlace& place, std::string& out) {
  VARVE_CHECK(!content.empty());
  VARVE_CHECK(content.size() <= kChunkRawBytesMax);
  const std::size_t begin = out.size();
  out.append(ChunkLayout::kBytes, '\0');
  const bool compressed = TryCompress(content, out);
  if (!compressed) out.append(content);
  char* const header = out.data() + begin;
  const std::string_view stored(header + ChunkLayout::kBytes,
                                out.size() - begin - ChunkLayout::kBytes);
  header[ChunkLayout::kCodecOffset] =
      static_cast<char>(compressed ? ChunkCodec::kZstd : ChunkCodec::kRaw);
  StoreLittleEndian(header + ChunkLayout::kStoredLengthOffset,
                    static_cast<std::uint32_t>(stored.size()));
  StoreLittleEndian(header + ChunkLayout::kRawLengthOffset,
                    static_cast<std::uint32_t>(content.size()));
  StoreLittleEndian(header + ChunkLayout::kChecksumOffset,
                    ChunkCrc(place, {header, ChunkLayout::kBytes}, stored));
}

struct ChunkDecoder::Decompressor {
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context{MadeOrThrow(ZSTD_createDCtx()),
                                                               ZSTD_freeDCtx};
  char content[kChunkRawBytesMax];
};

// new: content stays unwritten
ChunkDecoder::ChunkDecoder() : decompressor_(new Decompressor) {}

ChunkDecoder::~ChunkDecoder() = default;

absl::StatusOr<ChunkHeader> ChunkDecoder::ReadHeader(std::string_view bytes) {
  if (bytes.size() < ChunkLayout::kBytes) return Malformed("the chunk header is cut off");
  ChunkHeader header;
  header.codec = static_cast<ChunkCodec>(bytes[ChunkLayout::kCodecOffset]);
  header.stored_bytes =
      LoadLittleEndian<std::uint32_t>(bytes.data() + ChunkLayout::kStoredLengthOffset);
  header.raw_bytes = LoadLittleEndian<std::uint32_t>(bytes.data() + ChunkLayout::kRawLengthOffset);
  if (header.raw_bytes == 0 || header.raw_bytes > kChunkRawBytesMax) {
    return Malformed("a chunk of illegal content length");
  }
  switch (header.codec) {
    case ChunkCodec::kRaw:
      if (header.stored_bytes != header.raw_bytes) return Malformed("a raw chunk of two lengths");
      return header;
    case ChunkCodec::kZstd:
      if (header.stored_bytes == 0 || header.stored_bytes >= header.raw_bytes) {
        return Malformed("a compressed chunk that is not shorter than its content");
      }
      return header;
  }
  // Of a later version, perhaps: what it is Decode says, which knows whether the byte is right.
  if (header.stored_bytes == 0 || header.stored_bytes > header.raw_bytes) {
    return Malformed("a chunk longer than its content");
  }
  return header;
}

absl::StatusOr<std::string_view> ChunkDecoder::Decode(std::string_view chunk,
                                                      const ChunkPlace& place) {
  VARVE_ASSIGN_OR_RETURN(const ChunkHeader header, ReadHeader(chunk));
  const std::string_view stored = chunk.substr(ChunkLayout::kBytes);
  if (stored.size() != header.stored_bytes) return Malformed("the chunk is cut off");
  const auto checksum =
      LoadLittleEndian<std::uint32_t>(chunk.data() + ChunkLayout::kChecksumOffset);
  if (ChunkCrc(place, chunk.substr(0, ChunkLayout::kBytes), stored) != checksum) {
    return Malformed("the chunk fails its checksum");
  }
  const std::string_view reserved =
      chunk.substr(ChunkLayout::kReservedOffset,
                   ChunkLayout::kStoredLengthOffset - ChunkLayout::kReservedOffset);
  if (reserved != std::string_view("\0\0\0", 3)) return Malformed("reserved bytes are not zero");
  if (header.codec == ChunkCodec::kRaw) return stored;
  if (header.codec != ChunkCodec::kZstd) {
    return Unimplemented("chunk codec ", static_cast<std::uint8_t>(header.codec),
                         " is not known to this program: use a newer one");
  }
  const std::size_t bytes =
      ZSTD_decompressDCtx(decompressor_->context.get(), decompressor_->content, header.raw_bytes,
                          stored.data(), stored.size());
  if (ZSTD_getErrorCode(bytes) == ZSTD_error_memory_allocation) throw std::bad_alloc();
  if (ZSTD_isError(bytes) != 0 || bytes != header.raw_bytes) {
    return Malformed("the chunk does not decompress to the length it says");
  }
  return std::string_view(decompressor_->content, bytes);
}

}  // namespace varve::snapshot
