#include "kernel/table/row.h"

#include <algorithm>
#include <tuple>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/kernel/table/table_model.h"

namespace varve::table {
namespace {

RunId RunOf(std::uint8_t first, std::uint8_t last) {
  std::array<std::uint8_t, 16> bytes{};
  bytes.front() = first;
  bytes.back() = last;
  return RunId(bytes);
}

TEST(RowKey, IsTableThenRunThenKey) {
  const TableId table{PrimitiveId(0x10), 0x02};
  EXPECT_EQ(MakeRowKey(table, RunId(), "k"), std::string("\x10\x02\x00k", 4));
  EXPECT_EQ(MakeRowKey(table, RunOf(0xAB, 0xCD), "k"),
            std::string("\x10\x02\x01\xAB", 4) + std::string(14, '\0') + "\xCDk");
  EXPECT_EQ(MakeRowKey(table, RunId(), ""), std::string("\x10\x02\x00", 3));
}

TEST(RowKey, PrefixIsAppendedAndWithinItsLimit) {
  std::string key = "before";
  AppendRowKeyPrefix(key, {PrimitiveId(1), 2}, RunOf(3, 4));
  EXPECT_EQ(key.substr(0, 6), "before");
  EXPECT_EQ(key.size() - 6, kRowKeyPrefixBytesMax);
}

TEST(RowKey, ParsesToWhatItWasMadeOf) {
  for (const RunId& run : {RunId(), RunOf(0, 1), RunOf(1, 0), RunOf(0xFF, 0xFF)}) {
    for (const std::string& key : {std::string(), std::string("\0", 1), std::string(2048, 'x')}) {
      const TableId table{PrimitiveId(255), 7};
      const std::string row_key = MakeRowKey(table, run, key);
      const std::optional<RowKeyParts> parts = ParseRowKey(row_key);
      ASSERT_TRUE(parts.has_value());
      EXPECT_EQ(parts->table, table);
      EXPECT_EQ(parts->run, run);
      EXPECT_EQ(parts->key, key);
      EXPECT_EQ(parts->key.data(), row_key.data() + row_key.size() - key.size());
    }
  }
}

TEST(RowKey, RefusesWhatCannotBeARowKey) {
  EXPECT_FALSE(ParseRowKey("").has_value());
  EXPECT_FALSE(ParseRowKey("\x10").has_value());
  EXPECT_FALSE(ParseRowKey("\x10\x02").has_value());
  EXPECT_FALSE(ParseRowKey("\x10\x02\x02key").has_value()) << "no such run mark";
  EXPECT_FALSE(ParseRowKey("\x10\x02\xFFkey").has_value()) << "no such run mark";
  EXPECT_FALSE(ParseRowKey("\x10\x02\x01").has_value()) << "no run";
  EXPECT_FALSE(ParseRowKey(std::string("\x10\x02\x01") + std::string(15, 'r')).has_value());
  EXPECT_TRUE(ParseRowKey(std::string("\x10\x02\x01") + std::string(16, 'r')).has_value());
  EXPECT_FALSE(ParseRowKey(std::string("\x10\x02\x01") + std::string(16, '\0')).has_value())
      << "the nil run has one spelling only";
}

TEST(RowKey, ParseMakesTheSameBytesAgainOrRefusesThem) {
  HardKeys keys(TestSeed());
  for (int i = 0; i < 20'000; ++i) {
    const std::string bytes = keys();
    const std::optional<RowKeyParts> parts = ParseRowKey(bytes);
    if (!parts.has_value()) continue;
    EXPECT_EQ(MakeRowKey(parts->table, parts->run, parts->key), bytes);
  }
}

// Byte order of row keys is the order of (table, run, key), for any contents.
TEST(RowKey, OrderIsThatOfItsParts) {
  HardKeys keys(TestSeed());
  using Parts = std::tuple<std::uint8_t, std::uint8_t, RunId, std::string>;
  const auto random_parts = [&keys] {
    const auto byte = [&keys] { return static_cast<std::uint8_t>(keys.Below(3) * 127); };
    const RunId run = keys.Below(3) == 0 ? RunId() : RunOf(byte(), byte());
    return Parts(byte(), byte(), run, keys());
  };
  const auto row_key = [](const Parts& parts) {
    const auto& [primitive, table, run, key] = parts;
    return MakeRowKey({PrimitiveId(primitive), table}, run, key);
  };
  for (int i = 0; i < 20'000; ++i) {
    const Parts a = random_parts();
    const Parts b = random_parts();
    ASSERT_EQ(a < b, row_key(a) < row_key(b));
    ASSERT_EQ(a == b, row_key(a) == row_key(b));
  }
}

TEST(PrefixEnd, IsTheSmallestStringAboveAllThatStartWithThePrefix) {
  EXPECT_EQ(PrefixEnd("a"), "b");
  EXPECT_EQ(PrefixEnd("a\xFF"), "b");
  EXPECT_EQ(PrefixEnd("a\xFF\xFF"), "b");
  EXPECT_EQ(PrefixEnd("\x7F"), "\x80");
  EXPECT_EQ(PrefixEnd("\xFE"), "\xFF");
  EXPECT_EQ(PrefixEnd(std::string("a\0", 2)), "a\x01");
}

TEST(PrefixEnd, IsEmptyWhereThereIsNone) {
  EXPECT_EQ(PrefixEnd(""), "");
  EXPECT_EQ(PrefixEnd("\xFF"), "");
  EXPECT_EQ(PrefixEnd("\xFF\xFF\xFF"), "");
}

TEST(PrefixEnd, SeparatesThoseThatStartWithThePrefixFromThoseAbove) {
  HardKeys keys(TestSeed());
  for (int i = 0; i < 20'000; ++i) {
    const std::string prefix = keys().substr(0, 1 + keys.Below(4));
    const std::string key = keys();
    const std::string end = PrefixEnd(prefix);
    const bool within = key >= prefix && (end.empty() || key < end);
    ASSERT_EQ(within, key.substr(0, prefix.size()) == prefix);
  }
}

}  // namespace
}  // namespace varve::table
