#include "primitives/kv/kv.h"

#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "primitives/kv/kv_primitive.h"
#include "tests/primitives/kv/kv_store_fixture.h"

namespace varve {
namespace {

using std::chrono::microseconds;
using testing::HasSubstr;

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

class KvTest : public KvStoreTest {};

TEST_F(KvTest, PutIsReadBackWithItsVersionAndTime) {
  const Lsn lsn = Put("name", "Ada");
  ReadView view = View();
  const Kv kv(view);
  const absl::StatusOr<std::optional<KvRow>> row = kv.Get("name");
  ASSERT_TRUE(row.ok() && row->has_value());
  EXPECT_EQ((*row)->key, "name");
  EXPECT_EQ((*row)->value, "Ada");
  EXPECT_EQ((*row)->lsn, lsn);
  EXPECT_GT((*row)->commit_time, Timestamp());
  EXPECT_EQ((*row)->expires, std::nullopt);
  EXPECT_EQ(Value(kv, "nobody"), "<none>");
}

TEST_F(KvTest, KeysAndValuesTakeAnyBytes) {
  const std::string key("\0\xFF\n\x80", 4);
  Put(key, key);
  Put("empty", "");
  EXPECT_EQ(Value(key), key);
  EXPECT_EQ(Value("empty"), "");
}

TEST_F(KvTest, TransactionReadsItsOwnWritesAndOthersDoNot) {
  Put("a", "old");
  Transaction transaction = Begin();
  Kv kv(transaction);
  ASSERT_TRUE(kv.Put("a", "new").ok());
  ASSERT_TRUE(kv.Put("b", "new").ok());
  EXPECT_EQ(Value(kv, "a"), "new");
  EXPECT_EQ((*kv.Get("a"))->lsn, Lsn());
  EXPECT_EQ(Value("a"), "old");
  EXPECT_EQ(Value("b"), "<none>");
}

TEST_F(KvTest, DeleteRemovesAndIsFineWithNothing) {
  Put("a", "1");
  Commit([](Kv& kv) {
    EXPECT_TRUE(kv.Delete("a").ok());
    EXPECT_TRUE(kv.Delete("never there").ok());
    EXPECT_FALSE(*kv.Exists("a"));
  });
  EXPECT_EQ(Value("a"), "<none>");
}

TEST_F(KvTest, RunsHaveKeysOfTheirOwn) {
  const RunId run = *RunId::FromBytes(std::string(16, 'r'));
  Put("a", "default");
  Commit([](Kv& kv) { EXPECT_TRUE(kv.Put("a", "of the run").ok()); }, run);
  EXPECT_EQ(Value("a"), "default");
  EXPECT_EQ(Value("a", run), "of the run");
}

TEST_F(KvTest, GetManyKeepsTheOrderAndTheGaps) {
  Put("a", "1");
  Put("c", "3");
  ReadView view = View();
  const std::string_view keys[] = {"c", "b", "a", "c"};
  const auto rows = Kv(view).GetMany(keys);
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 4u);
  EXPECT_EQ((*rows)[0]->value, "3");
  EXPECT_FALSE((*rows)[1].has_value());
  EXPECT_EQ((*rows)[2]->value, "1");
  EXPECT_EQ((*rows)[3]->value, "3");
  const std::string_view bad[] = {"a", ""};
  EXPECT_EQ(Kv(view).GetMany(bad).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(KvTest, PutManyWritesAllAndTheLaterOfTwoEqualKeysHolds) {
  Commit([](Kv& kv) {
    const KvPair pairs[] = {{"a", "1"}, {"b", "2"}, {"a", "3"}};
    EXPECT_TRUE(kv.PutMany(pairs).ok());
    EXPECT_TRUE(kv.PutMany({}).ok());
  });
  EXPECT_EQ(Scan(), "a=3 b=2");
}

TEST_F(KvTest, PutManyWritesNothingWhereOnePairIsRefused) {
  Commit([](Kv& kv) {
    const KvPair pairs[] = {{"a", "1"}, {"", "2"}};
    EXPECT_EQ(kv.PutMany(pairs).code(), absl::StatusCode::kInvalidArgument);
    const std::string big(kValueBytesMax, 'v');
    const std::vector<KvPair> too_much(4, KvPair{"k", big});
    EXPECT_EQ(kv.PutMany(too_much).code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(kv.PutMany(std::span(too_much).first(3)).code(), absl::StatusCode::kOk);
    EXPECT_FALSE(*kv.Exists("a"));
    EXPECT_TRUE(*kv.Exists("k"));
  });
}

// PutMany foretells how many bytes its entries take: the forecast must be exact.
TEST_F(KvTest, PutManyTakesABatchThatFillsTheTransactionToTheLastByte) {
  const RunId run = *RunId::FromBytes(std::string(16, 'r'));
  for (const RunId& id : {RunId(), run}) {
    for (const bool expires : {false, true}) {
      Transaction transaction = Begin();
      Kv kv(transaction, id);
      const std::size_t framing = 8 + (id.is_nil() ? 0 : 16) + 2 + 1 + (expires ? 9 : 1);
      const std::size_t quarter = kTransactionBytesMax / 4;
      const std::string value(quarter - framing, 'v');
      const std::vector<KvPair> pairs(4, KvPair{"k", value});
      const KvPutOptions options{.expires = expires ? std::optional(Timestamp(1)) : std::nullopt};
      const std::string longer = value + std::string(8, 'v');
      std::vector<KvPair> over = pairs;
      over[2].value = longer;
      EXPECT_EQ(kv.PutMany(over, options).code(), absl::StatusCode::kResourceExhausted);
      EXPECT_EQ(transaction.bytes(), 0u);
      EXPECT_TRUE(kv.PutMany(pairs, options).ok());
      EXPECT_EQ(transaction.bytes(), kTransactionBytesMax);
    }
  }
}

TEST_F(KvTest, RefusesKeysAndValuesPastTheirLimitsWithLimitSizeAndRemedy) {
  Transaction transaction = Begin();
  Kv kv(transaction);
  const std::string longest(kKeyBytesMax, 'k');
  const std::string largest(kValueBytesMax, 'v');
  EXPECT_TRUE(kv.Put(longest, largest).ok());
  EXPECT_EQ(Value(kv, longest), largest);

  const absl::Status key = kv.Put(longest + "k", "");
  EXPECT_EQ(key.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(key.message()), HasSubstr("1025 bytes, more than the limit of 1024: "));
  const absl::Status value = kv.Put("k", largest + "v");
  EXPECT_EQ(value.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(value.message()),
              HasSubstr("16777217 bytes, more than the limit of 16777216: "));
  EXPECT_EQ(kv.Put("", "").code(), absl::StatusCode::kInvalidArgument);

  for (const std::string& bad : {std::string(), longest + "k"}) {
    EXPECT_FALSE(kv.Get(bad).ok());
    EXPECT_FALSE(kv.Exists(bad).ok());
    EXPECT_FALSE(kv.Delete(bad).ok());
    EXPECT_FALSE(kv.PutIfAbsent(bad, "").ok());
    EXPECT_FALSE(kv.CompareAndSet(bad, Lsn(1), "").ok());
    EXPECT_FALSE(kv.CompareAndSet(bad, "old", "new").ok());
    EXPECT_FALSE(kv.Increment(bad).ok());
    EXPECT_FALSE(kv.History(bad).ok());
    EXPECT_FALSE(Kv::GetAt(*store_, bad, Lsn(1)).ok());
  }
  EXPECT_FALSE(*kv.Exists("k"));
}

TEST_F(KvTest, ReadOnlyHandlesRefuseWrites) {
  Put("a", "1");
  ReadView view = View();
  Kv kv(view);
  const absl::Status status = kv.Put("a", "2");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("read-only view"));
  EXPECT_EQ(kv.Delete("a").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(kv.PutMany({}).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(kv.PutIfAbsent("b", "").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(kv.CompareAndSet("a", "1", "2").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(kv.Increment("a").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(kv.SweepExpired().status().code(), absl::StatusCode::kFailedPrecondition);

  // A transaction given as a Reader reads its own writes and writes nothing.
  Transaction transaction = Begin();
  ASSERT_TRUE(Kv(transaction).Put("a", "2").ok());
  Reader& reader = transaction;
  Kv reading(reader);
  EXPECT_EQ(Value(reading, "a"), "2");
  EXPECT_EQ(reading.Put("a", "3").code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(KvTest, PutIfAbsentWritesOnce) {
  Commit([](Kv& kv) {
    EXPECT_TRUE(*kv.PutIfAbsent("a", "1"));
    EXPECT_FALSE(*kv.PutIfAbsent("a", "2"));
  });
  EXPECT_EQ(Value("a"), "1");
}

TEST_F(KvTest, CompareAndSetOnTheVersionThatWasRead) {
  const Lsn first = Put("a", "1");
  const Lsn second = Put("a", "2");
  Commit([&](Kv& kv) {
    EXPECT_FALSE(*kv.CompareAndSet("a", first, "lost"));
    EXPECT_FALSE(*kv.CompareAndSet("a", Lsn(), "lost"));
    EXPECT_FALSE(*kv.CompareAndSet("absent", first, "lost"));
    EXPECT_FALSE(*kv.CompareAndSet("absent", Lsn(), "lost"));
    EXPECT_TRUE(*kv.CompareAndSet("a", second, "3"));
    // Now it is this transaction's own row, whose version is not known yet.
    EXPECT_FALSE(*kv.CompareAndSet("a", second, "lost"));
    EXPECT_TRUE(*kv.CompareAndSet("a", Lsn(), "4"));
  });
  EXPECT_EQ(Value("a"), "4");
  EXPECT_FALSE(*store_->View()->Get(kKvRows, {}, "absent"));
}

TEST_F(KvTest, CompareAndSetOnTheValue) {
  Put("a", "1");
  Commit([](Kv& kv) {
    EXPECT_FALSE(*kv.CompareAndSet("a", "2", "lost"));
    EXPECT_FALSE(*kv.CompareAndSet("absent", "", "lost"));
    EXPECT_TRUE(*kv.CompareAndSet("a", "1", "2"));
    EXPECT_TRUE(*kv.CompareAndSet("a", "2", "3"));
  });
  EXPECT_EQ(Value("a"), "3");
}

TEST_F(KvTest, ConditionalWritesConflictAndBlindOnesDoNot) {
  Put("a", "1");
  Transaction conditional = Begin();
  Transaction blind = Begin();
  ASSERT_TRUE(*Kv(conditional).CompareAndSet("a", "1", "mine"));
  ASSERT_TRUE(Kv(blind).Put("a", "blind").ok());
  ASSERT_TRUE(Kv(blind).Delete("b").ok());
  Put("a", "2");
  Put("b", "2");
  EXPECT_EQ(conditional.Commit().status().code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(blind.Commit().ok());
  EXPECT_EQ(Scan(), "a=blind");
}

TEST_F(KvTest, PutsWithAnExpiryDoNotConflictEither) {
  const Timestamp later(View().now().micros() + 1'000'000'000);
  Put("a", "1", {.expires = later});
  Transaction blind = Begin();
  ASSERT_TRUE(Kv(blind).Put("a", "blind", {.expires = Timestamp(later.micros() + 1)}).ok());
  Put("a", "2", {.expires = Timestamp(later.micros() + 2)});
  EXPECT_TRUE(blind.Commit().ok());
  ReadView view = View();
  std::uint64_t lines = 0;
  const auto scan = view.Scan(kKvExpiries, {}, KeyRange::All());
  for (; scan->valid(); scan->Next()) ++lines;
  EXPECT_EQ(lines, 1u);
  EXPECT_EQ(Value("a"), "blind");
}

TEST_F(KvTest, IncrementAddsToDecimalText) {
  Commit([](Kv& kv) {
    EXPECT_EQ(*kv.Increment("n"), 1);
    EXPECT_EQ(*kv.Increment("n", -5), -4);
    EXPECT_EQ(*kv.Increment("n", 0), -4);
    EXPECT_TRUE(kv.Put("m", "007").ok());
    EXPECT_EQ(*kv.Increment("m"), 8);
  });
  EXPECT_EQ(Scan(), "m=8 n=-4");
}

TEST_F(KvTest, IncrementRefusesOverflowAndWhatIsNoNumber) {
  Transaction transaction = Begin();
  Kv kv(transaction);
  EXPECT_EQ(*kv.Increment("n", kMax), kMax);
  EXPECT_EQ(kv.Increment("n").status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(*kv.Increment("m", kMin), kMin);
  EXPECT_EQ(kv.Increment("m", -1).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(Value(kv, "n"), std::to_string(kMax));
  for (const std::string_view text :
       {"", " 1", "1 ", "+1", "0x1", "1.5", "abc", "9223372036854775808", "--1"}) {
    ASSERT_TRUE(kv.Put("text", text).ok());
    EXPECT_EQ(kv.Increment("text").status().code(), absl::StatusCode::kFailedPrecondition) << text;
    EXPECT_EQ(Value(kv, "text"), text);
  }
}

TEST_F(KvTest, AllSurvivesAReopen) {
  Put("a", "1");
  Put("b", "2", {.ttl = microseconds(1'000'000'000)});
  const std::string before = Scan();
  Open();
  EXPECT_EQ(Scan(), before);
  EXPECT_EQ(*Kv(*std::make_unique<ReadView>(View())).Count(), 2u);
}

}  // namespace
}  // namespace varve
