#include "primitives/kv/kv_scan.h"

#include <map>
#include <string>
#include <vector>

#include "crash/simulated/strict_inode.h"
#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "tests/primitives/kv/kv_store_fixture.h"
#include "tests/support/test_seed.h"

namespace varve {
namespace {

class KvScanTest : public KvStoreTest {
 protected:
  void PutAll(const std::vector<std::string>& keys) {
    Commit([&](Kv& kv) {
      for (const std::string& key : keys) EXPECT_TRUE(kv.Put(key, "v").ok());
    });
  }
  // The keys of every page of `options`, pages divided by "|"; each page in a view of its own.
  std::string Pages(KvScanOptions options) {
    std::string text;
    std::string cursor;
    int pages = 0;
    do {
      // A cursor that does not go on must fail the test and not hang it.
      if (++pages > 100) return text + "... and so on for ever";
      options.cursor = cursor;
      ReadView view = View();
      KvScan scan = Kv(view).Scan(options);
      for (; scan.valid(); scan.Next()) text += scan.row().key;
      EXPECT_TRUE(scan.status().ok()) << scan.status();
      cursor = scan.cursor();
      if (!cursor.empty()) text += '|';
    } while (!cursor.empty());
    return text;
  }
};

TEST_F(KvScanTest, GivesRowsInKeyOrderEitherWay) {
  PutAll({"b", "a", "ab", std::string("a\0", 2), "c"});
  EXPECT_EQ(Pages({}), std::string("aa\0abbc", 7));
  EXPECT_EQ(Pages({.reverse = true}), std::string("cbaba\0a", 7));
}

TEST_F(KvScanTest, KeepsToPrefixAndRange) {
  PutAll({"a/1", "a/2", "a/3", "b/1", "a"});
  EXPECT_EQ(Scan({.prefix = "a/"}), "a/1=v a/2=v a/3=v");
  EXPECT_EQ(Scan({.begin = "a/2"}), "a/2=v a/3=v b/1=v");
  EXPECT_EQ(Scan({.end = "a/2"}), "a=v a/1=v");
  EXPECT_EQ(Scan({.begin = "a/2", .end = "b"}), "a/2=v a/3=v");
  EXPECT_EQ(Scan({.prefix = "a/", .begin = "a/2"}), "a/2=v a/3=v");
  EXPECT_EQ(Scan({.prefix = "a/", .end = "a/2"}), "a/1=v");
  EXPECT_EQ(Scan({.prefix = "a/", .begin = "a", .end = "z", .reverse = true}), "a/3=v a/2=v a/1=v");
  EXPECT_EQ(Scan({.begin = "b", .end = "a"}), "");
  EXPECT_EQ(Scan({.prefix = "a/", .begin = "b"}), "");
  EXPECT_EQ(Scan({.prefix = "zzz"}), "");
}

TEST_F(KvScanTest, PrefixOfTheHighestBytesHasNoEnd) {
  PutAll({"a", "\xFF", "\xFF\xFF", "\xFF\xFFz"});
  EXPECT_EQ(Pages({.prefix = "\xFF\xFF"}), "\xFF\xFF\xFF\xFFz");
}

TEST_F(KvScanTest, LimitEndsThePageAndTheCursorGoesOn) {
  PutAll({"a", "b", "c", "d", "e"});
  EXPECT_EQ(Pages({.limit = 2}), "ab|cd|e");
  EXPECT_EQ(Pages({.reverse = true, .limit = 2}), "ed|cb|a");
  EXPECT_EQ(Pages({.begin = "b", .end = "e", .limit = 1}), "b|c|d");
  EXPECT_EQ(Pages({.limit = 5}), "abcde");
  EXPECT_EQ(Pages({.limit = 6}), "abcde");
}

TEST_F(KvScanTest, CursorSurvivesTheRowItPointsAt) {
  PutAll({"a", "b", "c", "d"});
  ReadView view = View();
  KvScan scan = Kv(view).Scan({.limit = 2});
  while (scan.valid()) scan.Next();
  Commit([](Kv& kv) {
    EXPECT_TRUE(kv.Delete("b").ok());
    EXPECT_TRUE(kv.Put("b0", "v").ok());
  });
  EXPECT_EQ(Scan({.cursor = scan.cursor()}), "b0=v c=v d=v");
}

TEST_F(KvScanTest, RefusesTheLimitZeroAndForeignCursors) {
  PutAll({"a", "b"});
  EXPECT_EQ(Scan({.limit = 0}), "!INVALID_ARGUMENT");
  ReadView view = View();
  KvScan scan = Kv(view).Scan({.limit = 1});
  while (scan.valid()) scan.Next();
  const std::string cursor = scan.cursor();
  EXPECT_EQ(Scan({.cursor = cursor}), "b=v");
  EXPECT_EQ(Scan({.reverse = true, .cursor = cursor}), "!INVALID_ARGUMENT");
  EXPECT_EQ(Scan({.prefix = "b", .cursor = cursor}), "!INVALID_ARGUMENT");
  EXPECT_EQ(Scan({.begin = "b", .cursor = cursor}), "!INVALID_ARGUMENT");
  EXPECT_EQ(Scan({.cursor = "F"}), "!INVALID_ARGUMENT");
  EXPECT_EQ(Scan({.cursor = "junk"}), "!INVALID_ARGUMENT");
  EXPECT_EQ(Scan({.cursor = "F" + std::string(kKeyBytesMax + 1, 'k')}), "!INVALID_ARGUMENT");
  EXPECT_EQ(Kv(view).Count({.limit = 0}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(KvScanTest, ExpiredRowsDoNotCountTowardsTheLimit) {
  Commit([](Kv& kv) {
    for (const char* key : {"a", "b", "c", "d", "e"}) {
      const bool gone = *key != 'c' && *key != 'd';
      EXPECT_TRUE(
          kv.Put(key, "v", {.expires = gone ? std::optional(Timestamp(1)) : std::nullopt}).ok());
    }
  });
  EXPECT_EQ(Pages({.limit = 1}), "c|d");
  EXPECT_EQ(Pages({.limit = 2}), "cd");
  EXPECT_EQ(Pages({.reverse = true, .limit = 1}), "d|c");
}

TEST_F(KvScanTest, SeesTheTransactionsOwnWrites) {
  PutAll({"a", "c"});
  Transaction transaction = Begin();
  Kv kv(transaction);
  ASSERT_TRUE(kv.Put("b", "mine").ok());
  ASSERT_TRUE(kv.Delete("c").ok());
  EXPECT_EQ(Text(kv.Scan()), "a=v b=mine");
  EXPECT_EQ(*kv.Count(), 2u);
  EXPECT_EQ(*kv.Count({.limit = 1}), 1u);
}

TEST_F(KvScanTest, ARangeThatWasScannedConflictsWithANewRowInIt) {
  PutAll({"a", "c"});
  Transaction transaction = Begin();
  Kv kv(transaction);
  EXPECT_EQ(*kv.Count({.prefix = "b"}), 0u);
  ASSERT_TRUE(kv.Put("x", "none").ok());
  PutAll({"bb"});
  EXPECT_EQ(transaction.Commit().status().code(), absl::StatusCode::kAborted);
}

TEST_F(KvScanTest, RowsOutliveTheScan) {
  PutAll({"a", "b", "c"});
  ReadView view = View();
  std::vector<KvRow> rows;
  {
    KvScan scan = Kv(view).Scan();
    for (const KvRow& row : scan) rows.push_back(row);
  }
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].key, "a");
  EXPECT_EQ(rows[2].key, "c");
}

// Random keys, ranges, directions and page sizes against a sorted map.
TEST_F(KvScanTest, AgreesWithASortedMap) {
  crash::Dice dice(testing_support::TestSeed(11));
  std::map<std::string, std::string> model;
  const auto any_key = [&] {
    std::string key(1 + dice.Below(3), '\0');
    for (char& byte : key) byte = "ab\xFF"[dice.Below(3)];
    return key;
  };
  for (int round = 0; round < 200; ++round) {
    const std::string key = any_key();
    const std::string value = std::to_string(round);
    Commit([&](Kv& kv) {
      if (dice.Chance(30)) {
        EXPECT_TRUE(kv.Delete(key).ok());
        model.erase(key);
      } else {
        EXPECT_TRUE(kv.Put(key, value).ok());
        model[key] = value;
      }
    });
    const std::string prefix = dice.Chance(50) ? any_key() : "";
    const std::string begin = dice.Chance(50) ? any_key() : "";
    const std::string end = dice.Chance(50) ? any_key() : "";
    const bool reverse = dice.Chance(50);
    std::string expected;
    for (const auto& [at, unused] : model) {
      if (!at.starts_with(prefix) || at < begin || (!end.empty() && at >= end)) continue;
      expected = reverse ? at + ' ' + expected : expected + at + ' ';
    }
    std::string found;
    std::string cursor;
    std::size_t pages = 0;
    do {
      ASSERT_LE(++pages, model.size() + 1) << "a cursor does not go on";
      ReadView view = View();
      KvScan scan = Kv(view).Scan({.prefix = prefix,
                                   .begin = begin,
                                   .end = end,
                                   .reverse = reverse,
                                   .limit = 1 + dice.Below(5),
                                   .cursor = cursor});
      for (const KvRow& row : scan) found += std::string(row.key) + ' ';
      ASSERT_TRUE(scan.status().ok()) << scan.status();
      cursor = scan.cursor();
    } while (!cursor.empty());
    EXPECT_EQ(found, expected) << "round " << round;
  }
}

}  // namespace
}  // namespace varve
