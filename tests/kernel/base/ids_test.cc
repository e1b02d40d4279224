#include "kernel/base/ids.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <type_traits>

namespace varve {
namespace {

constexpr std::string_view kText = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

TEST(Lsn, OrdersAndCountsUp) {
  EXPECT_EQ(Lsn().value(), 0u);
  EXPECT_EQ(Lsn(7).Next(), Lsn(8));
  EXPECT_LT(Lsn(7), Lsn(8));
  EXPECT_LT(Lsn(~std::uint64_t{0} - 1), kLsnMax);
}

TEST(Ids, NoneConvertsToAnother) {
  EXPECT_FALSE((std::is_convertible_v<Lsn, Timestamp>));
  EXPECT_FALSE((std::is_convertible_v<std::uint64_t, Lsn>));
  EXPECT_FALSE((std::is_convertible_v<std::uint64_t, Timestamp>));
  EXPECT_FALSE((std::is_convertible_v<int, PrimitiveId>));
}

TEST(TableId, OrdersByPrimitiveThenNumber) {
  const TableId first{PrimitiveId(1), 9};
  const TableId second{PrimitiveId(2), 0};
  EXPECT_LT(first, second);
  EXPECT_LT(second, (TableId{PrimitiveId(2), 1}));
}

TEST(Uuid, ReadsAndWritesItsText) {
  const auto uuid = Uuid::Parse(kText);
  ASSERT_TRUE(uuid.has_value());
  EXPECT_EQ(uuid->ToString(), kText);
  EXPECT_EQ(uuid->bytes()[0], 0x6b);
  EXPECT_EQ(uuid->bytes()[15], 0xc8);
  EXPECT_EQ(uuid->view().size(), 16u);
  EXPECT_FALSE(uuid->is_nil());
  std::string upper(kText);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return static_cast<char>(std::toupper(c)); });
  EXPECT_EQ(Uuid::Parse(upper), uuid);
}

TEST(Uuid, RefusesEveryTextThatIsNotExactlyOne) {
  EXPECT_FALSE(Uuid::Parse("").has_value());
  EXPECT_FALSE(Uuid::Parse(kText.substr(1)).has_value());
  EXPECT_FALSE(Uuid::Parse(std::string(kText) + "0").has_value());
  for (std::size_t i = 0; i < kText.size(); ++i) {
    std::string broken(kText);
    broken[i] = 'g';
    EXPECT_FALSE(Uuid::Parse(broken).has_value()) << broken;
  }
  std::string digit_for_dash(kText);
  digit_for_dash[8] = '0';
  EXPECT_FALSE(Uuid::Parse(digit_for_dash).has_value());
}

TEST(Uuid, TakesSixteenBytesAndNoOtherNumber) {
  const std::string bytes = "0123456789abcdef";
  ASSERT_TRUE(Uuid::FromBytes(bytes).has_value());
  EXPECT_EQ(Uuid::FromBytes(bytes)->view(), bytes);
  EXPECT_FALSE(Uuid::FromBytes(bytes.substr(1)).has_value());
  EXPECT_FALSE(Uuid::FromBytes(bytes + "0").has_value());
  EXPECT_TRUE(Uuid().is_nil());
}

}  // namespace
}  // namespace varve
