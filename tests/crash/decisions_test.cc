#include "crash/decisions.h"

#include <gtest/gtest.h>

namespace varve::crash {
namespace {

std::string DrawSome(Decisions& random) {
  std::string drawn;
  for (std::uint64_t bound : {2ull, 100ull, 300ull, 1ull << 40}) {
    drawn += std::to_string(random.Below(bound)) + " ";
  }
  return drawn + (random.Chance(50) ? "yes " : "no ") + std::to_string(random());
}

TEST(Decisions, AreTheSameForTheSameSeed) {
  Decisions one = Decisions::FromSeed(3);
  Decisions other = Decisions::FromSeed(3);
  Decisions different = Decisions::FromSeed(4);
  const std::string drawn = DrawSome(one);
  EXPECT_EQ(drawn, DrawSome(other));
  EXPECT_NE(drawn, DrawSome(different));
}

TEST(Decisions, RepeatFromTheirStream) {
  Decisions random = Decisions::FromSeed(5);
  const std::string drawn = DrawSome(random);
  Decisions again = Decisions::FromBytes(random.stream());
  EXPECT_EQ(DrawSome(again), drawn);
  EXPECT_EQ(again.stream(), random.stream());
}

TEST(Decisions, TakeNoMoreBytesThanTheBoundNeeds) {
  Decisions random = Decisions::FromSeed(6);
  EXPECT_EQ(random.Below(1), 0u);
  EXPECT_EQ(random.stream().size(), 0u);
  EXPECT_LT(random.Below(256), 256u);
  EXPECT_EQ(random.stream().size(), 1u);
  EXPECT_LT(random.Below(257), 257u);
  EXPECT_EQ(random.stream().size(), 3u);
  EXPECT_LT(random.Below(65'537), 65'537u);
  EXPECT_EQ(random.stream().size(), 11u);
}

TEST(Decisions, AreAllZeroBehindTheEndOfTheirBytes) {
  Decisions random = Decisions::FromBytes("\x07");
  EXPECT_EQ(random.Below(256), 7u);
  EXPECT_EQ(random.Below(256), 0u);
  EXPECT_FALSE(random.Chance(99));
  EXPECT_EQ(random(), 0u);
}

}  // namespace
}  // namespace varve::crash
