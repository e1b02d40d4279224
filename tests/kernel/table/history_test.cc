#include "kernel/table/history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/kernel/table/table_model.h"

namespace varve::table {
namespace {

// STATE-3
TEST(History, KeysOrderByRowAndThenNewestFirst) {
  HardKeys keys(TestSeed());
  std::vector<std::pair<std::string, std::uint64_t>> versions;
  for (int i = 0; i < 400; ++i) {
    const std::string key = keys();
    for (const std::uint64_t lsn : {1ull, 2ull, 255ull, 256ull, ~0ull})
      versions.emplace_back(key, lsn);
  }
  std::sort(versions.begin(), versions.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second > b.second;
  });
  versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
  std::string previous;
  for (const auto& [key, lsn] : versions) {
    const std::string history_key = HistoryKey(key, Lsn(lsn));
    EXPECT_GT(history_key, previous);
    EXPECT_EQ(RowKeyOfHistory(history_key), key);
    EXPECT_EQ(HistoryGroupOf(history_key), HistoryGroupPrefix(key));
    EXPECT_LT(history_key, HistoryGroupEnd(key));
    previous = history_key;
  }
}

TEST(History, GroupEndIsBelowEveryRowThatSortsAfter) {
  HardKeys keys(TestSeed());
  for (int i = 0; i < 2000; ++i) {
    const std::string key = keys();
    for (const std::string& later : {key + std::string(1, '\0'), key + "\x01", key + "\xFF"}) {
      EXPECT_LT(HistoryGroupEnd(key), HistoryKey(later, kLsnMax));
    }
  }
}

TEST(History, MalformedKeysAreNone) {
  for (const std::string& key : {std::string(), std::string("\x02"), std::string(20, 'x'),
                                 std::string("\x02"
                                             "a\0b\0\x01"
                                             "12345678",
                                             14)}) {
    EXPECT_FALSE(RowKeyOfHistory(key).has_value());
  }
}

TEST(History, HorizonIsAsFarBackAsThePolicyKeeps) {
  using std::chrono::microseconds;
  EXPECT_EQ(HistoryHorizon({microseconds(10)}, Timestamp(100)), Timestamp(90));
  EXPECT_EQ(HistoryHorizon({microseconds(10)}, Timestamp(5)), Timestamp());
  EXPECT_EQ(HistoryHorizon({microseconds::max()}, Timestamp(100)), Timestamp());
  EXPECT_EQ(HistoryHorizon({microseconds(0)}, Timestamp(100)), Timestamp(100));
}

}  // namespace
}  // namespace varve::table
