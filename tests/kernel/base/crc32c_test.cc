#include "kernel/base/crc32c.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>

namespace varve {
namespace {

// One bit at a time, straight from the definition.
std::uint32_t SlowCrc32c(std::string_view bytes) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char byte : bytes) {
    crc ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
  }
  return ~crc;
}

TEST(Crc32c, GivesTheAnswersOfRfc3720) {
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  std::string ascending(32, '\0');
  std::iota(ascending.begin(), ascending.end(), '\0');
  EXPECT_EQ(Crc32c(ascending), 0x46dd794eu);
  const std::string descending(ascending.rbegin(), ascending.rend());
  EXPECT_EQ(Crc32c(descending), 0x113fdb5cu);
  const std::string read_command(
      "\x01\xc0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x14\x00\x00\x00\x00\x00\x04"
      "\x00\x00\x00\x00\x14\x00\x00\x00\x18\x28\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00"
      "\x00\x00",
      48);
  EXPECT_EQ(Crc32c(read_command), 0xd9963a56u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(""), 0u);
}

TEST(Crc32c, AgreesWithTheDefinitionAtEveryLengthAndAlignment) {
  std::string bytes(300, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 167 + 13);
  for (std::size_t start = 0; start < 16; ++start) {
    for (std::size_t count = 0; count < 270; ++count) {
      const std::string_view part = std::string_view(bytes).substr(start, count);
      ASSERT_EQ(Crc32c(part), SlowCrc32c(part)) << start << " " << count;
    }
  }
}

TEST(Crc32c, ExtendingEqualsComputingAtOnce) {
  const std::string text = "the quick brown fox jumps over the lazy dog";
  for (std::size_t split = 0; split <= text.size(); ++split) {
    EXPECT_EQ(ExtendCrc32c(Crc32c(text.substr(0, split)), text.substr(split)), Crc32c(text));
  }
}

TEST(Crc32c, ExtendsByTheEightLittleEndianBytesOfANumber) {
  EXPECT_EQ(ExtendCrc32c(Crc32c("x"), std::uint64_t{0x0807060504030201}),
            Crc32c("x\x01\x02\x03\x04\x05\x06\x07\x08"));
}

}  // namespace
}  // namespace varve
