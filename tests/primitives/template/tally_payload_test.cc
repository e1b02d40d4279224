#include "primitives/template/tally_payload.h"

#include <limits>

#include "gtest/gtest.h"
#include "kernel/base/limits.h"

namespace varve::tally {
namespace {

TEST(TallyPayload, DecodesToWhatWasEncoded) {
  for (const std::int64_t amount :
       {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(),
        std::numeric_limits<std::int64_t>::max()}) {
    const std::string payload = EncodeAdd("requests", amount);
    const absl::StatusOr<AddPayload> add = DecodeAdd(payload);
    ASSERT_TRUE(add.ok()) << add.status();
    EXPECT_EQ(add->amount, amount);
    EXPECT_EQ(add->name, "requests");
    const absl::StatusOr<Total> total = DecodeTotal(EncodeTotal({.total = amount, .count = 7}));
    ASSERT_TRUE(total.ok()) << total.status();
    EXPECT_EQ(total->total, amount);
    EXPECT_EQ(total->count, 7u);
  }
}

// The bytes that stores out there hold. A failure here means that you are about to break them.
TEST(TallyPayload, GoldenBytes) {
  EXPECT_EQ(EncodeAdd("ab", 258), std::string("\x02\x01\0\0\0\0\0\0ab", 10));
  EXPECT_EQ(EncodeAdd("a", -2),
            "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
            "a");
  EXPECT_EQ(EncodeTotal({.total = 1, .count = 2}),
            std::string("\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0", 16));
}

TEST(TallyPayload, RefusesWhatTheEncodersCannotHaveWritten) {
  const auto refused = [](const auto& decoded) {
    return decoded.status().code() == absl::StatusCode::kDataLoss;
  };
  for (std::size_t bytes = 0; bytes <= AddLayout::kNameOffset; ++bytes) {
    EXPECT_TRUE(refused(DecodeAdd(std::string(bytes, 'x')))) << bytes;
  }
  EXPECT_TRUE(DecodeAdd(std::string(AddLayout::kNameOffset + kNameBytesMax, 'x')).ok());
  EXPECT_TRUE(refused(DecodeAdd(std::string(AddLayout::kNameOffset + kNameBytesMax + 1, 'x'))));
  EXPECT_TRUE(refused(DecodeReset("")));
  EXPECT_TRUE(refused(DecodeReset(std::string(kNameBytesMax + 1, 'x'))));
  EXPECT_TRUE(refused(DecodeTotal(std::string(TotalLayout::kBytes - 1, 'x'))));
  EXPECT_TRUE(refused(DecodeTotal(std::string(TotalLayout::kBytes + 1, 'x'))));
}

}  // namespace
}  // namespace varve::tally
