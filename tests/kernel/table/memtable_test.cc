// Tests the memtable against a model that is too simple to be wrong.
#include "kernel/table/memtable.h"

#include <map>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernel/io/page_memory.h"
#include "tests/kernel/table/table_model.h"

namespace varve::table {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Rows final {
 public:
  explicit Rows(std::uint64_t bytes_expected = 0) : table_(bytes_expected) {}

  void Put(std::string_view key, std::uint64_t lsn, std::string_view value) {
    table_.Put(key, HashRowKey(key), {Lsn(lsn), Timestamp(lsn * 10), false, value});
  }
  void Delete(std::string_view key, std::uint64_t lsn) {
    table_.Put(key, HashRowKey(key), {Lsn(lsn), Timestamp(lsn * 10), true, {}});
  }
  std::optional<RowVersion> Get(std::string_view key, std::uint64_t at) const {
    return table_.Get(key, HashRowKey(key), Lsn(at));
  }
  std::vector<std::string> Scan(std::uint64_t at) const {
    return Forward(*table_.NewCursor(Lsn(at)));
  }
  std::vector<std::string> ChangedSince(std::uint64_t after) const {
    std::vector<std::string> keys;
    EXPECT_TRUE(table_.VisitMutationsSince(Lsn(after), [&keys](std::string_view key) {
      keys.emplace_back(key);
      return true;
    }));
    return keys;
  }
  const Memtable& table() const { return table_; }

 private:
  Memtable table_;
};

TEST(Memtable, EmptyOneKnowsNothing) {
  Rows rows(std::uint64_t{64} << 20);
  EXPECT_TRUE(rows.table().empty());
  EXPECT_EQ(rows.table().mutations(), 0u);
  EXPECT_EQ(rows.table().bytes(), 0u);
  EXPECT_EQ(rows.table().last_lsn(), Lsn());
  EXPECT_FALSE(rows.Get("k", 9).has_value());
  EXPECT_EQ(rows.table().NewestLsn("k", HashRowKey("k")), Lsn());
  EXPECT_THAT(rows.Scan(9), IsEmpty());
  EXPECT_THAT(rows.ChangedSince(0), IsEmpty());
  EXPECT_FALSE(rows.table().NewVersionStream()->Next());
}

TEST(Memtable, GetsTheNewestVersionAtOrBelowTheLsn) {
  Rows rows;
  rows.Put("k", 3, "three");
  rows.Delete("k", 5);
  rows.Put("k", 7, "");
  EXPECT_FALSE(rows.Get("k", 2).has_value());
  EXPECT_EQ(rows.Get("k", 3)->value, "three");
  EXPECT_EQ(rows.Get("k", 4)->lsn, Lsn(3));
  EXPECT_EQ(rows.Get("k", 4)->commit_time, Timestamp(30));
  EXPECT_TRUE(rows.Get("k", 5)->deleted);
  EXPECT_TRUE(rows.Get("k", 6)->deleted);
  EXPECT_FALSE(rows.Get("k", 7)->deleted);
  EXPECT_EQ(rows.Get("k", 7)->value, "");
  EXPECT_EQ(rows.Get("k", kLsnMax.value())->lsn, Lsn(7));
  EXPECT_EQ(rows.table().NewestLsn("k", HashRowKey("k")), Lsn(7));
  EXPECT_EQ(rows.table().last_lsn(), Lsn(7));
  EXPECT_EQ(rows.table().mutations(), 3u);
}

TEST(Memtable, CopiesKeysAndValues) {
  Rows rows;
  std::string key = "key";
  std::string value = "value";
  rows.Put(key, 1, value);
  key = "xxx";
  value = "yyyyy";
  EXPECT_EQ(rows.Get("key", 1)->value, "value");
  EXPECT_FALSE(rows.Get("xxx", 1).has_value());
}

TEST(Memtable, CursorStandsOnTombstonesAndSkipsWhatIsYounger) {
  Rows rows;
  rows.Put("b", 1, "1");
  rows.Put("a", 2, "2");
  rows.Delete("b", 3);
  rows.Put("c", 4, "4");
  EXPECT_THAT(rows.Scan(0), IsEmpty());
  EXPECT_THAT(rows.Scan(1), ElementsAre("b=1"));
  EXPECT_THAT(rows.Scan(2), ElementsAre("a=2", "b=1"));
  EXPECT_THAT(rows.Scan(3), ElementsAre("a=2", "b-"));
  EXPECT_THAT(rows.Scan(4), ElementsAre("a=2", "b-", "c=4"));
}

TEST(Memtable, CursorTurnsAroundAnywhere) {
  Rows rows;
  for (const char* key : {"b", "d", "f"}) rows.Put(key, 1, "");
  EXPECT_EQ(rows.Scan(1).size(), 3u);  // first three keys: one run
  for (const char* key : {"a", "c", "e", "g"}) rows.Put(key, 2, "");
  const auto cursor = rows.table().NewCursor(Lsn(2));
  cursor->SeekAtOrAfter("c");
  EXPECT_EQ(cursor->row_key(), "c");
  cursor->Next();
  EXPECT_EQ(cursor->row_key(), "d");
  cursor->Previous();
  EXPECT_EQ(cursor->row_key(), "c");
  cursor->Previous();
  EXPECT_EQ(cursor->row_key(), "b");
  cursor->Next();
  EXPECT_EQ(cursor->row_key(), "c");
  cursor->SeekBefore("a");
  EXPECT_FALSE(cursor->valid());
  cursor->SeekBefore("");
  EXPECT_EQ(cursor->row_key(), "g");
  cursor->Next();
  EXPECT_FALSE(cursor->valid());
}

TEST(Memtable, BorrowedBytesOutliveTheCursorsSteps) {
  Rows rows;
  rows.Put("a", 1, "first");
  rows.Put("b", 1, "second");
  const auto cursor = rows.table().NewCursor(Lsn(1));
  cursor->SeekAtOrAfter("");
  const std::string_view key = cursor->row_key();
  const std::string_view value = cursor->version().value;
  cursor->Next();
  for (int i = 0; i < 10'000; ++i) rows.Put(std::to_string(i), 2, "more");
  EXPECT_EQ(key, "a");
  EXPECT_EQ(value, "first");
}

TEST(Memtable, KeysOfEveryLengthAndBoundaryAreFoundAndOrdered) {
  const std::set<std::string> keys = {std::string(3, '\0'),
                                      std::string(4, '\0'),
                                      std::string(2067, '\0'),
                                      std::string(3, '\xFF'),
                                      "a",
                                      std::string("a\0", 2),
                                      std::string(2067, 'a'),
                                      std::string(8, 'a'),
                                      std::string(9, 'a'),
                                      std::string(2066, '\xFF'),
                                      std::string(2067, '\xFF'),
                                      "\x7F",
                                      "\x80"};
  Rows rows;
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) rows.Put(*key, 1, *key);
  std::vector<std::string> expected;
  for (const std::string& key : keys) expected.push_back(key + "=" + key);
  EXPECT_EQ(rows.Scan(1), expected);
  for (const std::string& key : keys) EXPECT_EQ(rows.Get(key, 1)->value, key);
}

TEST(Memtable, LargeValuesAreHeld) {
  Rows rows;
  const std::string large(std::size_t{16} << 20, 'v');
  rows.Put("large", 1, large);
  rows.Put("small", 1, "s");
  EXPECT_EQ(rows.Get("large", 1)->value, large);
  EXPECT_EQ(rows.Get("small", 1)->value, "s");
  EXPECT_GT(rows.table().bytes(), large.size());
}

TEST(Memtable, VisitsMutationsNewestFirstDownToTheLsn) {
  Rows rows;
  rows.Put("a", 1, "");
  rows.Put("b", 2, "");
  rows.Put("a", 3, "");
  rows.Delete("c", 3);
  EXPECT_THAT(rows.ChangedSince(0), ElementsAre("c", "a", "b", "a"));
  EXPECT_THAT(rows.ChangedSince(1), ElementsAre("c", "a", "b"));
  EXPECT_THAT(rows.ChangedSince(2), ElementsAre("c", "a"));
  EXPECT_THAT(rows.ChangedSince(3), IsEmpty());
  int visited = 0;
  EXPECT_FALSE(rows.table().VisitMutationsSince(
      Lsn(), [&visited](std::string_view) { return ++visited < 2; }));
  EXPECT_EQ(visited, 2);
}

TEST(Memtable, StreamsEveryKeyWithAllItsVersions) {
  Rows rows;
  rows.Put("b", 1, "1");
  rows.Put("a", 2, "2");
  rows.Delete("b", 3);
  rows.Put("b", 4, "4");
  const auto stream = rows.table().NewVersionStream();
  ASSERT_TRUE(stream->Next());
  EXPECT_EQ(stream->row_key(), "a");
  ASSERT_TRUE(stream->Next()) << "versions need not be read";
  EXPECT_EQ(stream->row_key(), "b");
  EXPECT_EQ(stream->NextVersion()->value, "4");
  EXPECT_TRUE(stream->NextVersion()->deleted);
  EXPECT_EQ(stream->NextVersion()->lsn, Lsn(1));
  EXPECT_FALSE(stream->NextVersion().has_value());
  EXPECT_FALSE(stream->NextVersion().has_value());
  EXPECT_FALSE(stream->Next());
  EXPECT_FALSE(stream->Next());
  EXPECT_TRUE(stream->status().ok());
}

// A view of long ago must not walk through every version since: with a walk, this test takes
// minutes.
TEST(Memtable, OldVersionsOfAHotRowAreReachedInFewSteps) {
  constexpr std::uint64_t kVersions = 300'000;
  Rows rows;
  for (std::uint64_t lsn = 1; lsn <= kVersions; ++lsn) rows.Put("hot", lsn, std::to_string(lsn));
  for (std::uint64_t lsn = 1; lsn <= kVersions; ++lsn) {
    const std::optional<RowVersion> version = rows.Get("hot", lsn);
    ASSERT_TRUE(version.has_value());
    ASSERT_EQ(version->lsn, Lsn(lsn));
  }
  EXPECT_FALSE(rows.Get("hot", 0).has_value());
}

TEST(Memtable, BytesCountWhatIsHeld) {
  Rows rows(std::uint64_t{64} << 20);
  rows.Put("a", 1, std::string(1000, 'v'));
  const std::uint64_t one = rows.table().bytes();
  EXPECT_GT(one, 1000u);
  EXPECT_LT(one, 8192u + kLargePageBytes) << "the index may be in large pages";
  rows.Put("a", 2, std::string(1000, 'v'));
  EXPECT_GT(rows.table().bytes(), one + 1000);
  EXPECT_LT(rows.table().bytes(), one + 1200);
}

// History of a key: every LSN at which it changed, with what it became.
using Model = std::map<std::string, std::map<std::uint64_t, std::optional<std::string>>>;

void CheckStateAt(const Rows& rows, const Model& model, std::uint64_t at) {
  std::vector<std::string> expected;
  for (const auto& [key, history] : model) {
    auto version = history.upper_bound(at);
    const std::optional<RowVersion> got = rows.Get(key, at);
    ASSERT_EQ(got.has_value(), version != history.begin());
    if (!got.has_value()) continue;
    --version;
    ASSERT_EQ(got->lsn.value(), version->first);
    ASSERT_EQ(got->deleted, !version->second.has_value());
    ASSERT_EQ(got->value, version->second.value_or(""));
    expected.push_back(key + (version->second.has_value() ? "=" + *version->second : "-"));
  }
  const auto cursor = rows.table().NewCursor(Lsn(at));
  ASSERT_EQ(Forward(*cursor), expected);
  ASSERT_EQ(Backward(*cursor), expected);
}

// Walks back and forth at random beside an iterator over the model's keys.
void CheckWalk(const Rows& rows, const Model& model, HardKeys& random) {
  const auto cursor = rows.table().NewCursor(kLsnMax);
  auto place = model.end();
  for (int step = 0; step < 300; ++step) {
    const std::size_t action = random.Below(10);
    if (place == model.end() || action == 0) {
      const std::string key = random();
      place = model.lower_bound(key);
      cursor->SeekAtOrAfter(key);
    } else if (action == 1) {
      const std::string key = random();
      place = model.lower_bound(key);
      place = place == model.begin() ? model.end() : std::prev(place);
      cursor->SeekBefore(key);
    } else if (action < 6) {
      ++place;
      cursor->Next();
    } else {
      place = place == model.begin() ? model.end() : std::prev(place);
      cursor->Previous();
    }
    ASSERT_EQ(cursor->valid(), place != model.end());
    if (place != model.end()) {
      ASSERT_EQ(cursor->row_key(), place->first);
    }
  }
}

void CheckStream(const Rows& rows, const Model& model) {
  const auto stream = rows.table().NewVersionStream();
  for (const auto& [key, history] : model) {
    ASSERT_TRUE(stream->Next());
    ASSERT_EQ(stream->row_key(), key);
    for (auto version = history.rbegin(); version != history.rend(); ++version) {
      const std::optional<RowVersion> got = stream->NextVersion();
      ASSERT_TRUE(got.has_value());
      ASSERT_EQ(got->lsn.value(), version->first);
      ASSERT_EQ(got->value, version->second.value_or(""));
    }
    ASSERT_FALSE(stream->NextVersion().has_value());
  }
  ASSERT_FALSE(stream->Next());
}

std::string AnyKey(const Model& model, HardKeys& random) {
  const auto key = model.lower_bound(random());
  return key == model.end() ? random() : key->first;
}

TEST(Memtable, AgreesWithAModelAtEveryLsn) {
  HardKeys random(TestSeed());
  for (int round = 0; round < 12; ++round) {
    Rows rows;
    Model model;
    std::vector<std::string> log;
    std::vector<std::size_t> log_size_at = {0};
    const std::size_t transactions = 1 + random.Below(60);
    for (std::uint64_t lsn = 1; lsn <= transactions; ++lsn) {
      std::set<std::string> keys;
      for (std::size_t i = random.Below(40); i > 0; --i) {
        keys.insert(random.Below(2) == 0 ? AnyKey(model, random) : random());
      }
      for (const std::string& key : keys) {
        const bool deleted = random.Below(4) == 0;
        const std::string value(random.Below(30), static_cast<char>('a' + random.Below(26)));
        deleted ? rows.Delete(key, lsn) : rows.Put(key, lsn, value);
        model[key][lsn] = deleted ? std::nullopt : std::optional(value);
        log.insert(log.begin(), key);
      }
      log_size_at.push_back(log.size());
      if (random.Below(3) == 0) CheckStateAt(rows, model, 1 + random.Below(lsn));
    }
    for (std::uint64_t at = 0; at <= transactions; ++at) {
      ASSERT_NO_FATAL_FAILURE(CheckStateAt(rows, model, at));
      const auto expected_end = log.end() - static_cast<std::ptrdiff_t>(log_size_at[at]);
      ASSERT_EQ(rows.ChangedSince(at), std::vector<std::string>(log.begin(), expected_end));
    }
    ASSERT_NO_FATAL_FAILURE(CheckWalk(rows, model, random));
    ASSERT_NO_FATAL_FAILURE(CheckStream(rows, model));
  }
}

TEST(HashRowKey, SpreadsKeysThatDifferLittle) {
  constexpr std::size_t kBuckets = 4096;
  constexpr std::size_t kKeys = kBuckets * 8;
  std::vector<int> high(kBuckets);
  std::vector<int> low(kBuckets);
  std::set<std::uint64_t> distinct;
  for (std::size_t i = 0; i < kKeys; ++i) {
    const std::uint64_t hash =
        HashRowKey(MakeRowKey({PrimitiveId(1), 0}, RunId(), std::to_string(i)));
    ++high[hash >> 52];
    ++low[hash & (kBuckets - 1)];
    distinct.insert(hash);
  }
  EXPECT_EQ(distinct.size(), kKeys);
  // Of a fair hash, no bucket of 4096 with a mean of 8 has 40 (or it is a chance of 1e-11).
  EXPECT_LT(*std::max_element(high.begin(), high.end()), 40);
  EXPECT_LT(*std::max_element(low.begin(), low.end()), 40);
}

TEST(HashRowKey, EveryByteAndTheLengthCount) {
  for (std::size_t size = 1; size <= 70; ++size) {
    std::set<std::uint64_t> hashes = {HashRowKey(std::string(size - 1, '\0')),
                                      HashRowKey(std::string(size, '\0'))};
    for (std::size_t i = 0; i < size; ++i) {
      std::string key(size, '\0');
      key[i] = '\1';
      hashes.insert(HashRowKey(key));
      key[i] = '\x80';
      hashes.insert(HashRowKey(key));
    }
    EXPECT_EQ(hashes.size(), 2 + 2 * size);
  }
}

}  // namespace
}  // namespace varve::table
