// When rows expire, and how their space comes back. Also versions of the past.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "primitives/kv/kv.h"
#include "primitives/kv/kv_primitive.h"
#include "tests/primitives/kv/kv_store_fixture.h"

namespace varve {
namespace {

using std::chrono::microseconds;

constexpr std::uint64_t kNoon = 2'000'000'000'000'000;

class KvExpiryTest : public KvStoreTest {
 protected:
  void SetUp() override {
    KvStoreTest::SetUp();
    world_.clock.Set(Timestamp(kNoon));
  }
  void PutUntil(std::string_view key, std::uint64_t micros_after_noon) {
    Put(key, "v", {.expires = Timestamp(kNoon + micros_after_noon)});
  }
  // Rows and lines as they stand in the tables, expired or not.
  std::uint64_t StoredRows(TableId table) {
    ReadView view = View();
    std::uint64_t rows = 0;
    const auto scan = view.Scan(table, {}, KeyRange::All());
    for (; scan->valid(); scan->Next()) ++rows;
    EXPECT_TRUE(scan->status().ok());
    return rows;
  }
  KvSweep Sweep(std::uint64_t limit = 1000) {
    KvSweep sweep;
    Commit([&](Kv& kv) {
      const absl::StatusOr<KvSweep> swept = kv.SweepExpired(limit);
      ASSERT_TRUE(swept.ok()) << swept.status();
      sweep = *swept;
    });
    return sweep;
  }
};

// KV-9
TEST_F(KvExpiryTest, ARowReadsAsAbsentFromItsExpiryOn) {
  PutUntil("a", 1000);
  EXPECT_EQ(Value("a"), "v");
  world_.clock.Set(Timestamp(kNoon + 999));
  EXPECT_EQ(Value("a"), "v");
  world_.clock.Set(Timestamp(kNoon + 1000));
  EXPECT_EQ(Value("a"), "<none>");
  EXPECT_EQ(Scan(), "");
  ReadView view = View();
  EXPECT_FALSE(*Kv(view).Exists("a"));
  EXPECT_EQ(*Kv(view).Count(), 0u);
  EXPECT_EQ(StoredRows(kKvRows), 1u);
}

// KV-9
TEST_F(KvExpiryTest, AViewKeepsItsMoment) {
  PutUntil("a", 1000);
  ReadView view = View();
  world_.clock.Advance(5000);
  EXPECT_EQ(Value(Kv(view), "a"), "v");
  EXPECT_EQ(Value("a"), "<none>");
}

TEST_F(KvExpiryTest, TtlCountsFromTheBeginningOfTheTransaction) {
  Transaction transaction = Begin();
  const Timestamp began = transaction.now();
  world_.clock.Advance(500);
  Kv kv(transaction);
  ASSERT_TRUE(kv.Put("a", "v", {.ttl = microseconds(1000)}).ok());
  EXPECT_EQ((*kv.Get("a"))->expires, Timestamp(began.micros() + 1000));
}

TEST_F(KvExpiryTest, RefusesExpiriesThatMakeNoSense) {
  Transaction transaction = Begin();
  Kv kv(transaction);
  const KvPutOptions both{.expires = Timestamp(kNoon), .ttl = microseconds(1)};
  for (const KvPutOptions& options :
       {both, KvPutOptions{.ttl = microseconds(0)}, KvPutOptions{.ttl = microseconds(-1)}}) {
    EXPECT_EQ(kv.Put("a", "v", options).code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(kv.PutIfAbsent("a", "v", options).status().code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(kv.PutMany({}, options).code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(transaction.bytes(), 0u);
}

TEST_F(KvExpiryTest, AnExpiryInThePastIsAbsentFromTheStart) {
  Put("a", "v", {.expires = Timestamp(1)});
  EXPECT_EQ(Value("a"), "<none>");
  Put("b", "v", {.expires = Timestamp(~0ull)});
  EXPECT_EQ(Value("b"), "v");
}

TEST_F(KvExpiryTest, APlainPutMakesARowLastAndIncrementKeepsItsExpiry) {
  Put("a", "1", {.ttl = microseconds(1000)});
  Put("n", "1", {.expires = Timestamp(kNoon + 1000)});
  Put("a", "2");
  Commit([](Kv& kv) { EXPECT_EQ(*kv.Increment("n"), 2); });
  EXPECT_EQ(Value("n"), "2");
  world_.clock.Advance(5000);
  EXPECT_EQ(Scan(), "a=2");
}

TEST_F(KvExpiryTest, AnExpiredRowCountsAsAbsentForConditionalWrites) {
  PutUntil("a", 10);
  PutUntil("b", 10);
  PutUntil("n", 10);
  world_.clock.Advance(5000);
  Commit([](Kv& kv) {
    EXPECT_FALSE(*kv.CompareAndSet("b", "v", "lost"));
    EXPECT_TRUE(*kv.PutIfAbsent("a", "new"));
    EXPECT_EQ(*kv.Increment("n"), 1);
  });
  EXPECT_EQ(Scan(), "a=new n=1");
}

TEST_F(KvExpiryTest, SweepDeletesWhatHasExpiredTheOldestFirst) {
  PutUntil("late", 1'000'000);
  PutUntil("b", 20);
  PutUntil("a", 30);
  PutUntil("c", 10);
  Put("for ever", "v");
  world_.clock.Advance(5000);
  KvSweep sweep = Sweep(2);
  EXPECT_EQ(sweep.deleted, 2u);
  EXPECT_TRUE(sweep.more);
  {
    ReadView view = View();
    EXPECT_TRUE((*view.Get(kKvRows, {}, "a")).has_value());
    EXPECT_FALSE((*view.Get(kKvRows, {}, "b")).has_value());
    EXPECT_FALSE((*view.Get(kKvRows, {}, "c")).has_value());
  }
  sweep = Sweep(2);
  EXPECT_EQ(sweep.deleted, 1u);
  EXPECT_FALSE(sweep.more);
  EXPECT_EQ(StoredRows(kKvRows), 2u);
  EXPECT_EQ(StoredRows(kKvExpiries), 1u);
  EXPECT_EQ(Scan(), "for ever=v late=v");
}

TEST_F(KvExpiryTest, SweepDropsLinesThatNoLongerHold) {
  PutUntil("put again", 10);
  Put("put again", "lasts");
  PutUntil("deleted", 10);
  Commit([](Kv& kv) { EXPECT_TRUE(kv.Delete("deleted").ok()); });
  EXPECT_EQ(StoredRows(kKvExpiries), 2u);
  world_.clock.Advance(5000);
  const KvSweep sweep = Sweep();
  EXPECT_EQ(sweep.deleted, 0u);
  EXPECT_FALSE(sweep.more);
  EXPECT_EQ(StoredRows(kKvExpiries), 0u);
  EXPECT_EQ(Scan(), "put again=lasts");
}

TEST_F(KvExpiryTest, ARenewedKeyHasOneLine) {
  for (std::uint64_t i = 1; i <= 50; ++i) PutUntil("session", i * 1000);
  EXPECT_EQ(StoredRows(kKvExpiries), 1u);
}

TEST_F(KvExpiryTest, SweepIsPerRunAndRefusesTheLimitZero) {
  const RunId run = *RunId::FromBytes(std::string(16, 'r'));
  Commit([](Kv& kv) { EXPECT_TRUE(kv.Put("a", "v", {.expires = Timestamp(1)}).ok()); }, run);
  EXPECT_EQ(Sweep().deleted, 0u);
  Commit(
      [](Kv& kv) {
        EXPECT_EQ(kv.SweepExpired(0).status().code(), absl::StatusCode::kInvalidArgument);
        EXPECT_EQ(kv.SweepExpired()->deleted, 1u);
      },
      run);
}

// A replay must not look at a clock: what was there before is there after, however late it is.
TEST_F(KvExpiryTest, ReplayAgreesWithThePastWhateverTheTime) {
  PutUntil("a", 1000);
  PutUntil("b", 2000);
  world_.clock.Set(Timestamp(kNoon + 1500));
  Sweep();
  world_.clock.Set(Timestamp(kNoon + 9'000'000'000));
  Open();
  EXPECT_EQ(StoredRows(kKvRows), 1u);
  EXPECT_EQ(StoredRows(kKvExpiries), 1u);
  world_.clock.Set(Timestamp(kNoon + 1600));
  Open();
  EXPECT_EQ(StoredRows(kKvRows), 1u);
}

TEST_F(KvExpiryTest, HistoryShowsEveryVersionNewestFirst) {
  const Lsn first = Put("a", "1");
  const Lsn second = Put("a", "2", {.expires = Timestamp(kNoon + 1)});
  const Lsn third = Commit([](Kv& kv) { EXPECT_TRUE(kv.Delete("a").ok()); });
  Transaction transaction = Begin();
  Kv kv(transaction);
  ASSERT_TRUE(kv.Put("a", "mine").ok());
  const auto versions = kv.History("a");
  ASSERT_TRUE(versions.ok()) << versions.status();
  ASSERT_EQ(versions->size(), 4u);
  EXPECT_EQ((*versions)[0].value, "mine");
  EXPECT_EQ((*versions)[0].lsn, Lsn());
  EXPECT_TRUE((*versions)[1].deleted);
  EXPECT_EQ((*versions)[1].lsn, third);
  EXPECT_EQ((*versions)[2].value, "2");
  EXPECT_EQ((*versions)[2].lsn, second);
  EXPECT_EQ((*versions)[2].expires, Timestamp(kNoon + 1));
  EXPECT_EQ((*versions)[3].value, "1");
  EXPECT_EQ((*versions)[3].lsn, first);
  EXPECT_GT((*versions)[3].commit_time, Timestamp());
}

TEST_F(KvExpiryTest, HistoryComesInPages) {
  std::vector<Lsn> lsns;
  for (int i = 0; i < 5; ++i) lsns.push_back(Put("a", std::to_string(i)));
  Transaction transaction = Begin();
  Kv kv(transaction);
  ASSERT_TRUE(kv.Put("a", "mine").ok());
  const auto page = kv.History("a", {.limit = 2, .before = lsns[3]});
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->size(), 2u);
  EXPECT_EQ((*page)[0].value, "2");
  EXPECT_EQ((*page)[1].value, "1");
  EXPECT_EQ(kv.History("a", {.limit = 0}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(kv.History("never")->empty());
}

TEST_F(KvExpiryTest, GetAtReadsThePast) {
  const Lsn first = Put("a", "1");
  const Lsn second = Put("a", "2");
  const Lsn third = Commit([](Kv& kv) { EXPECT_TRUE(kv.Delete("a").ok()); });
  EXPECT_EQ((*Kv::GetAt(*store_, "a", first))->value, "1");
  EXPECT_EQ((*Kv::GetAt(*store_, "a", second))->value, "2");
  EXPECT_EQ((*Kv::GetAt(*store_, "a", second))->lsn, second);
  EXPECT_FALSE((*Kv::GetAt(*store_, "a", third)).has_value());
  EXPECT_EQ(Kv::GetAt(*store_, "a", third.Next()).status().code(), absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace varve
