#include "snapshot/chunk.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "tests/snapshot/snapshot_fixture.h"

namespace varve::snapshot {
namespace {

constexpr ChunkPlace kPlace{0x0123456789abcdef, PrimitiveId(7), 3};

std::string Repetitive(std::size_t bytes) {
  std::string content;
  while (content.size() < bytes) content += "row " + std::to_string(content.size() % 977) + ";";
  content.resize(bytes);
  return content;
}

std::string Encode(std::string_view content) {
  ChunkEncoder encoder;
  std::string out;
  encoder.Append(content, kPlace, out);
  return out;
}

ChunkCodec CodecOf(std::string_view chunk) {
  return ChunkDecoder::ReadHeader(chunk.substr(0, ChunkLayout::kBytes))->codec;
}

// SNAP-K1
TEST(Chunk, ComesBackWhateverItsSizeAndCodec) {
  ChunkDecoder decoder;
  for (const std::size_t bytes : {1u, 127u, 128u, 4096u, 65535u, 65536u}) {
    for (const std::string& content : {Repetitive(bytes), Noise(bytes, bytes)}) {
      const std::string chunk = Encode(content);
      const auto decoded = decoder.Decode(chunk, kPlace);
      ASSERT_TRUE(decoded.ok()) << decoded.status();
      EXPECT_EQ(*decoded, content);
    }
  }
  EXPECT_EQ(CodecOf(Encode(Repetitive(4096))), ChunkCodec::kZstd);
  EXPECT_EQ(CodecOf(Encode(Noise(4096, 1))), ChunkCodec::kRaw);
  EXPECT_LT(Encode(Repetitive(65536)).size(), 20'000u);
}

// SNAP-K3
TEST(Chunk, EverySingleBitFlipIsRefused) {
  ChunkDecoder decoder;
  for (const std::string& content : {Repetitive(600), Noise(200, 9)}) {
    const std::string chunk = Encode(content);
    for (std::size_t bit = 0; bit < chunk.size() * 8; ++bit) {
      std::string bad = chunk;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
      EXPECT_FALSE(decoder.Decode(bad, kPlace).ok()) << bit;
    }
  }
}

// SNAP-K3: a chunk in the wrong place is no chunk.
TEST(Chunk, IsBoundToItsFileSectionAndIndex) {
  ChunkDecoder decoder;
  const std::string chunk = Encode(Repetitive(1000));
  EXPECT_TRUE(decoder.Decode(chunk, kPlace).ok());
  EXPECT_FALSE(decoder.Decode(chunk, {kPlace.salt + 1, kPlace.primitive, kPlace.index}).ok());
  EXPECT_FALSE(decoder.Decode(chunk, {kPlace.salt, PrimitiveId(8), kPlace.index}).ok());
  EXPECT_FALSE(decoder.Decode(chunk, {kPlace.salt, kPlace.primitive, kPlace.index + 1}).ok());
}

// SNAP-K2: lengths are bounded before anything is read by them.
TEST(Chunk, RefusesHostileLengthsFromTheHeaderAlone) {
  const auto header = [](std::uint8_t codec, std::uint32_t stored, std::uint32_t raw) {
    std::string bytes(ChunkLayout::kBytes, '\0');
    bytes[ChunkLayout::kCodecOffset] = static_cast<char>(codec);
    StoreLittleEndian(bytes.data() + ChunkLayout::kStoredLengthOffset, stored);
    StoreLittleEndian(bytes.data() + ChunkLayout::kRawLengthOffset, raw);
    return ChunkDecoder::ReadHeader(bytes).status().code();
  };
  constexpr auto kOk = absl::StatusCode::kOk;
  constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
  EXPECT_EQ(header(0, 65536, 65536), kOk);
  EXPECT_EQ(header(0, 65537, 65537), kDataLoss);
  EXPECT_EQ(header(0, 0, 0), kDataLoss);
  EXPECT_EQ(header(0, 5, 6), kDataLoss);
  EXPECT_EQ(header(1, 65535, 65536), kOk);
  EXPECT_EQ(header(1, 65536, 65536), kDataLoss);
  EXPECT_EQ(header(1, 0, 10), kDataLoss);
  EXPECT_EQ(header(1, 10, 0xFFFFFFFF), kDataLoss);
  EXPECT_EQ(header(2, 10, 20), kOk);  // Decode will say what it is
  EXPECT_EQ(header(2, 21, 20), kDataLoss);
}

// SNAP-K4: a wrong bit in the codec is damage, so that an older snapshot can take the place.
TEST(Chunk, BelievesAnUnknownCodecOnlyUnderARightChecksum) {
  ChunkDecoder decoder;
  std::string chunk = Encode(Noise(1000, 1));
  chunk[ChunkLayout::kCodecOffset] = 4;
  EXPECT_TRUE(absl::IsDataLoss(decoder.Decode(chunk, kPlace).status()));
  const std::uint64_t where = std::uint64_t{kPlace.primitive.value()} << 32 | kPlace.index;
  std::uint32_t crc = ExtendCrc32c(ExtendCrc32c(0, kPlace.salt), where);
  crc = ExtendCrc32c(crc, std::string_view(chunk).substr(0, ChunkLayout::kChecksumOffset));
  crc = ExtendCrc32c(crc, std::string_view(chunk).substr(ChunkLayout::kBytes));
  StoreLittleEndian(chunk.data() + ChunkLayout::kChecksumOffset, crc);
  EXPECT_TRUE(absl::IsUnimplemented(decoder.Decode(chunk, kPlace).status()));
}

// What is checksummed right but says another length than it decompresses to is refused, too.
TEST(Chunk, RefusesAZstdFrameOfAnotherLength) {
  ChunkDecoder decoder;
  const std::string chunk = Encode(Repetitive(1000));
  ASSERT_EQ(CodecOf(chunk), ChunkCodec::kZstd);
  for (const std::uint32_t raw : {999u, 1001u}) {
    std::string bad = chunk;
    StoreLittleEndian(bad.data() + ChunkLayout::kRawLengthOffset, raw);
    // The checksum again as the format computes it.
    std::string covered;
    AppendLittleEndian(covered, kPlace.salt);
    AppendLittleEndian(covered, std::uint64_t{7} << 32 | 3);
    covered += bad.substr(0, ChunkLayout::kChecksumOffset) + bad.substr(ChunkLayout::kBytes);
    StoreLittleEndian(bad.data() + ChunkLayout::kChecksumOffset, Crc32c(covered));
    const auto decoded = decoder.Decode(bad, kPlace);
    ASSERT_FALSE(decoded.ok());
    EXPECT_NE(decoded.status().ToString().find("decompress"), std::string::npos);
  }
}

TEST(Chunk, StopsTryingWhereNothingCompressesAndStartsAgainWhereItDoes) {
  ChunkEncoder encoder;
  ChunkDecoder decoder;
  std::string last;
  unsigned compressed = 0;
  for (unsigned i = 0; i < 300; ++i) {
    const bool noise = i < 100;
    const std::string content = noise ? Noise(2000, i) : Repetitive(2000);
    std::string chunk;
    encoder.Append(content, kPlace, chunk);
    EXPECT_EQ(*decoder.Decode(chunk, kPlace), content);
    if (CodecOf(chunk) == ChunkCodec::kZstd) ++compressed;
  }
  EXPECT_GE(compressed, 200u - 64u);
  EXPECT_LE(compressed, 200u);
}

}  // namespace
}  // namespace varve::snapshot
