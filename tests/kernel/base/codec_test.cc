#include "kernel/base/codec.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace varve {
namespace {

TEST(Codec, StoresLittleEndianAtAnyAlignment) {
  std::string bytes(9, '?');
  StoreLittleEndian<std::uint64_t>(bytes.data() + 1, 0x0807060504030201);
  EXPECT_EQ(bytes, "?\x01\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_EQ(LoadLittleEndian<std::uint64_t>(bytes.data() + 1), 0x0807060504030201u);
  EXPECT_EQ(LoadLittleEndian<std::uint16_t>(bytes.data() + 1), 0x0201u);
}

TEST(Codec, AppendsLittleEndian) {
  std::string bytes = "x";
  AppendLittleEndian<std::uint32_t>(bytes, 0x04030201);
  AppendLittleEndian<std::uint8_t>(bytes, 5);
  EXPECT_EQ(bytes, "x\x01\x02\x03\x04\x05");
}

TEST(Codec, BigEndianBytesOrderAsTheNumbersDo) {
  std::string last;
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{255}, std::uint64_t{256},
        std::uint64_t{1} << 63, std::numeric_limits<std::uint64_t>::max()}) {
    std::string bytes;
    AppendBigEndian64(bytes, value);
    ASSERT_EQ(bytes.size(), 8u);
    EXPECT_EQ(LoadBigEndian64(bytes.data()), value);
    EXPECT_LT(last, bytes);
    last = bytes;
  }
}

TEST(Codec, RoundsUpToMultiplesOfEight) {
  EXPECT_EQ(RoundUpTo8(0), 0u);
  EXPECT_EQ(RoundUpTo8(1), 8u);
  EXPECT_EQ(RoundUpTo8(8), 8u);
  EXPECT_EQ(RoundUpTo8(9), 16u);
}

TEST(ByteReader, ReadsFieldsInOrder) {
  ByteReader reader("\x01\x02\x03zyx!");
  EXPECT_EQ(reader.Read<std::uint8_t>(), 1u);
  EXPECT_EQ(reader.Read<std::uint16_t>(), 0x0302u);
  EXPECT_EQ(reader.ReadBytes(3), "zyx");
  EXPECT_EQ(reader.rest(), "!");
  EXPECT_TRUE(reader.ok());
}

TEST(ByteReader, AfterReadingPastTheEndStaysFailedAndGivesNothing) {
  ByteReader reader("abc");
  EXPECT_EQ(reader.Read<std::uint32_t>(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.Read<std::uint8_t>(), 0u);
  EXPECT_EQ(reader.ReadBytes(1), "");
  EXPECT_TRUE(reader.rest().empty());
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, TrustsNoLength) {
  ByteReader reader("abc");
  EXPECT_EQ(reader.ReadBytes(std::numeric_limits<std::uint64_t>::max()), "");
  EXPECT_FALSE(reader.ok());
  ByteReader exact("abc");
  EXPECT_EQ(exact.ReadBytes(3), "abc");
  EXPECT_EQ(exact.ReadBytes(0), "");
  EXPECT_TRUE(exact.ok());
}

}  // namespace
}  // namespace varve
