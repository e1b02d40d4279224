#include "primitives/payload/message.h"

#include <new>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "kernel/base/status.h"
#include "tests/primitives/payload/sample.capnp.h"
#include "tests/support/test_seed.h"

namespace varve::payload {
namespace {

using sample::Sample;

std::string Build(std::uint64_t number, std::string_view bytes) {
  MessageBuilder builder;
  return std::string(builder.Build<Sample>([&](Sample::Builder root) {
    root.setNumber(number);
    root.setBytes(ToData(bytes));
  }));
}

absl::Status Read(std::string_view message, std::uint64_t& number, std::string& bytes) {
  return ReadMessage<Sample>(message, "Sample", [&](Sample::Reader root) {
    number = root.getNumber();
    bytes = FromData(root.getBytes());
    return absl::OkStatus();
  });
}

// Visits the whole tree, as a careless reader would.
std::uint64_t Walk(Sample::Reader root) {
  std::uint64_t sum = root.getNumber() + root.getBytes().size();
  for (const Sample::Reader child : root.getChildren()) sum += Walk(child);
  return sum;
}

absl::Status WalkAll(std::string_view message, const ReadLimits& limits = {}) {
  return ReadMessage<Sample>(
      message, "Sample",
      [](Sample::Reader root) {
        static_cast<void>(Walk(root));
        return absl::OkStatus();
      },
      limits);
}

void Nest(Sample::Builder root, int depth) {
  root.setNumber(static_cast<std::uint64_t>(depth));
  if (depth > 0) Nest(root.initChildren(1)[0], depth - 1);
}

TEST(MessageTest, MemoryThatEndsWhileReadingIsNotDamage) {
  const std::string message = Build(7, "bytes");
  const auto read = [&] {
    return ReadMessage<Sample>(message, "Sample",
                               [](Sample::Reader) -> absl::Status { throw std::bad_alloc(); });
  };
  EXPECT_THROW(static_cast<void>(read()), std::bad_alloc);
}

TEST(MessageTest, WhatWasBuiltReadsBack) {
  std::uint64_t number = 0;
  std::string bytes;
  const std::string any("any \0 bytes", 11);
  ASSERT_TRUE(Read(Build(7, any), number, bytes).ok());
  EXPECT_EQ(number, 7u);
  EXPECT_EQ(bytes, any);
}

TEST(MessageTest, BytesAreOneSegmentWithoutItsTable) {
  const std::string message = Build(7, "Ada");
  // Root pointer: a struct of 1 data word and 2 pointers, right behind. Then the number, a pointer
  // to 3 bytes, no children, and the bytes.
  const std::string expected(
      "\x00\x00\x00\x00\x01\x00\x02\x00"
      "\x07\x00\x00\x00\x00\x00\x00\x00"
      "\x05\x00\x00\x00\x1a\x00\x00\x00"
      "\x00\x00\x00\x00\x00\x00\x00\x00"
      "Ada\x00\x00\x00\x00\x00",
      40);
  EXPECT_EQ(message, expected);
}

TEST(MessageTest, AMessageLargerThanTheScratchIsStillOneSegment) {
  MessageBuilder builder;
  for (const std::size_t size : {std::size_t{900}, std::size_t{100'000}, std::size_t{16} << 20}) {
    const std::string wanted(size, 'x');
    const std::string message(
        builder.Build<Sample>([&](Sample::Builder root) { root.setBytes(ToData(wanted)); }));
    std::uint64_t number = 0;
    std::string bytes;
    ASSERT_TRUE(Read(message, number, bytes).ok()) << size;
    EXPECT_EQ(bytes, wanted) << size;
  }
}

TEST(MessageTest, ABuilderThatIsUsedAgainKeepsNothingOfTheMessageBefore) {
  MessageBuilder builder;
  const std::string wanted = Build(1, "ab");
  const auto fill = [](Sample::Builder root) {
    root.setNumber(1);
    root.setBytes(ToData("ab"));
  };
  EXPECT_EQ(builder.Build<Sample>(fill), wanted);
  static_cast<void>(builder.Build<Sample>(
      [](Sample::Builder root) { root.setBytes(ToData(std::string(5000, '\xff'))); }));
  EXPECT_EQ(builder.Build<Sample>(fill), wanted);
}

TEST(MessageTest, BytesMayBeginBetweenTwoWords) {
  const std::string shifted = "?" + Build(9, "shifted");
  std::uint64_t number = 0;
  std::string bytes;
  ASSERT_TRUE(Read(std::string_view(shifted).substr(1), number, bytes).ok());
  EXPECT_EQ(bytes, "shifted");
}

TEST(MessageTest, EveryLengthThatIsNoMultipleOfEightIsDataLoss) {
  const std::string message = Build(7, "some bytes of a name");
  for (std::size_t size = 0; size < message.size(); ++size) {
    if (size != 0 && size % 8 == 0) continue;
    const absl::Status status = WalkAll(std::string_view(message).substr(0, size));
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << size;
    EXPECT_EQ(FromAbsl(status.message()).substr(0, 8), "Sample: ") << status;
  }
}

TEST(MessageTest, AMessageCutAtAWordIsDataLoss) {
  const std::string message = Build(7, "some bytes of a name");
  for (std::size_t size = 8; size < message.size(); size += 8) {
    EXPECT_EQ(WalkAll(std::string_view(message).substr(0, size)).code(),
              absl::StatusCode::kDataLoss)
        << size;
  }
}

TEST(MessageTest, NestingIsReadToItsLimitAndNoDeeper) {
  // A child costs two levels of pointers, its list and itself; the root one.
  for (const int depth : {7, 8}) {
    MessageBuilder builder;
    const std::string message(
        builder.Build<Sample>([&](Sample::Builder root) { Nest(root, depth); }));
    const absl::Status status = WalkAll(message, {.traversals_per_word = 4, .nesting_max = 16});
    EXPECT_EQ(status.ok(), depth == 7) << depth << ": " << status;
    if (depth == 8) {
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    }
  }
}

TEST(MessageTest, AMessageThatIsReadTooOftenIsDataLoss) {
  const std::string message = Build(7, std::string(1000, 'x'));
  const absl::Status status = ReadMessage<Sample>(message, "Sample", [](Sample::Reader root) {
    for (int i = 0; i < 10; ++i) static_cast<void>(root.getBytes());
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
}

TEST(MessageTest, TheAnswerOfTheVisitIsTheAnswer) {
  const absl::Status status = ReadMessage<Sample>(
      Build(7, ""), "Sample", [](Sample::Reader) { return FailedPrecondition("not today"); });
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
}

TEST(MessageTest, FlippedAndRandomBytesAreReadOrDataLoss) {
  std::mt19937_64 random(testing_support::TestSeed(20));
  MessageBuilder builder;
  const std::string whole(builder.Build<Sample>([&](Sample::Builder root) {
    Nest(root, 3);
    root.setBytes(ToData("name"));
  }));
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    if (round % 2 == 0) {
      for (char& byte : bytes) byte = static_cast<char>(random());
    }
    for (int flips = 0; flips < 3; ++flips) {
      bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
    }
    const absl::Status status = WalkAll(bytes);
    EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kDataLoss) << status;
  }
}

}  // namespace
}  // namespace varve::payload
