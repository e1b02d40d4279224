#include "kernel/io/clock.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <set>
#include <string>

#include "kernel/io/environment.h"

namespace varve {
namespace {

// Fills with one byte, so that the bits which a version 4 UUID fixes stand out.
class ConstantEntropy final : public Entropy {
 public:
  explicit ConstantEntropy(char byte) : byte_(byte) {}
  void Fill(std::span<char> bytes) override {
    for (char& byte : bytes) byte = byte_;
  }

 private:
  char byte_;
};

TEST(SystemClock, IsTheMachinesWallClockInMicroseconds) {
  const auto micros = [] {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                          std::chrono::system_clock::now().time_since_epoch())
                                          .count());
  };
  const std::uint64_t before = micros();
  const std::uint64_t now = SystemClock().Now().micros();
  const std::uint64_t after = micros();
  constexpr std::uint64_t kHour = std::uint64_t{3600} * 1'000'000;  // should it be set meanwhile
  EXPECT_GE(now + kHour, before);
  EXPECT_LE(now, after + kHour);
}

TEST(SystemEntropy, FillsEveryByteDifferentlyEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 16; ++i) {
    std::string bytes(1000, '\0');
    SystemEntropy().Fill(bytes);
    EXPECT_NE(bytes.substr(984), std::string(16, '\0'));
    seen.insert(bytes);
  }
  EXPECT_EQ(seen.size(), 16u);
  SystemEntropy().Fill({});
}

TEST(RandomUuid, HasVersion4AndTheRfc4122Variant) {
  ConstantEntropy zeros('\0');
  EXPECT_EQ(RandomUuid(zeros).ToString(), "00000000-0000-4000-8000-000000000000");
  ConstantEntropy ones('\xff');
  EXPECT_EQ(RandomUuid(ones).ToString(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_NE(RandomUuid(SystemEntropy()), RandomUuid(SystemEntropy()));
}

TEST(Environment, IsTheOperatingSystemUnlessToldOtherwise) {
  const Environment environment;
  EXPECT_EQ(environment.files, &PosixFileSystem());
  EXPECT_EQ(environment.clock, &SystemClock());
  EXPECT_EQ(environment.entropy, &SystemEntropy());
}

}  // namespace
}  // namespace varve
