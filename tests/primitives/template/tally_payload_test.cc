#include "primitives/template/tally_payload.h"

#include <limits>
#include <utility>

#include "gtest/gtest.h"
#include "kernel/base/limits.h"

namespace varve::tally {
namespace {

TEST(TallyPayload, DecodesToWhatWasEncoded) {
  for (const std::int64_t amount :
       {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(),
        std::numeric_limits<std::int64_t>::max()}) {
    const std::string payload = EncodeAdd({.amount = amount, .count = 3, .name = "requests"});
    const absl::StatusOr<AddPayload> add = DecodeAdd(2, payload);
    ASSERT_TRUE(add.ok()) << add.status();
    EXPECT_EQ(add->amount, amount);
    EXPECT_EQ(add->count, 3u);
    EXPECT_EQ(add->name, "requests");
    const absl::StatusOr<Total> total = DecodeTotal(EncodeTotal({.total = amount, .count = 7}));
    ASSERT_TRUE(total.ok()) << total.status();
    EXPECT_EQ(total->total, amount);
    EXPECT_EQ(total->count, 7u);
  }
}

// The bytes that stores out there hold. A failure here means that you are about to break them.
TEST(TallyPayload, GoldenBytes) {
  EXPECT_EQ(EncodeAdd({.amount = 258, .count = 3, .name = "ab"}),
            std::string("\x02\x01\0\0\0\0\0\0\x03\0\0\0ab", 14));
  EXPECT_EQ(EncodeAdd({.amount = -2, .name = "a"}),
            std::string("\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\0\0\0a", 13));
  EXPECT_EQ(EncodeTotal({.total = 1, .count = 2}),
            std::string("\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0", 16));
}

// What no encoder here writes any more, and logs still hold.
TEST(TallyPayload, GoldenBytesOfVersion1AreRead) {
  const std::string golden("\x02\x01\0\0\0\0\0\0ab", 10);
  const absl::StatusOr<AddPayload> add = DecodeAdd(1, golden);
  ASSERT_TRUE(add.ok()) << add.status();
  EXPECT_EQ(add->amount, 258);
  EXPECT_EQ(add->count, 1u);
  EXPECT_EQ(add->name, "ab");
}

TEST(TallyPayload, RefusesWhatTheEncodersCannotHaveWritten) {
  const auto refused = [](const auto& decoded) {
    return decoded.status().code() == absl::StatusCode::kDataLoss;
  };
  for (std::size_t bytes = 0; bytes <= AddLayoutV1::kNameOffset; ++bytes) {
    EXPECT_TRUE(refused(DecodeAdd(1, std::string(bytes, 'x')))) << bytes;
  }
  for (std::size_t bytes = 0; bytes <= AddLayoutV2::kNameOffset; ++bytes) {
    EXPECT_TRUE(refused(DecodeAdd(2, std::string(bytes, 'x')))) << bytes;
  }
  for (const auto& [version, offset] :
       {std::pair(1, AddLayoutV1::kNameOffset), {2, AddLayoutV2::kNameOffset}}) {
    const auto number = static_cast<std::uint8_t>(version);
    EXPECT_TRUE(DecodeAdd(number, std::string(offset + kNameBytesMax, 'x')).ok());
    EXPECT_TRUE(refused(DecodeAdd(number, std::string(offset + kNameBytesMax + 1, 'x'))));
  }
  EXPECT_TRUE(refused(DecodeAdd(2, std::string(AddLayoutV2::kNameOffset, '\0') + "name")));
  EXPECT_TRUE(refused(DecodeReset("")));
  EXPECT_TRUE(refused(DecodeReset(std::string(kNameBytesMax + 1, 'x'))));
  EXPECT_TRUE(refused(DecodeTotal(std::string(TotalLayout::kBytes - 1, 'x'))));
  EXPECT_TRUE(refused(DecodeTotal(std::string(TotalLayout::kBytes + 1, 'x'))));
}

}  // namespace
}  // namespace varve::tally
