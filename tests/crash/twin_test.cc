// Tests: crash/state.cc
// Tests: crash/workload.cc
#include "crash/twin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crash/operations/operations.h"
#include "crash/workload.h"
#include "primitives/kv/kv.h"
#include "primitives/kv/kv_primitive.h"

namespace varve::crash {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Puts the byte that is drawn.
std::vector<Subject> PutSubjects() {
  return {{.make = [] { return std::make_unique<KvPrimitive>(); },
           .operate =
               [](Transaction& transaction, const RunId& run, Decisions& random) {
                 return Kv(transaction, run).Put("key", std::to_string(random.Below(256)));
               }}};
}

// One operation in the default run, which draws `value`.
std::string Choices(char value) { return std::string("\0\0", 2) + value; }

class TwinTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto twin = Twin::Make(PutSubjects());
    ASSERT_TRUE(twin.ok()) << twin.status();
    twin_ = *std::move(twin);
  }

  Lsn Commit(char value) {
    std::vector<absl::StatusCode> codes;
    now_ += 1;
    const auto lsn = twin_->Commit(Choices(value), Timestamp(now_), codes);
    EXPECT_TRUE(lsn.ok()) << lsn.status();
    EXPECT_THAT(codes, ElementsAre(absl::StatusCode::kOk));
    return lsn.value_or(Lsn());
  }

  std::unique_ptr<Twin> twin_;
  std::uint64_t now_ = 1'700'000'000'000'000;
};

TEST_F(TwinTest, KnowsTheStateAfterEachTransaction) {
  EXPECT_EQ(Commit(1), Lsn(1));
  EXPECT_EQ(Commit(2), Lsn(2));
  EXPECT_EQ(twin_->newest(), Lsn(2));
  EXPECT_FALSE(twin_->At(Lsn(1)) == twin_->At(Lsn(2)));
  EXPECT_FALSE(twin_->At(Lsn()) == twin_->At(Lsn(1)));
  const auto rows = twin_->RowsAt(Lsn(1));
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_THAT((*rows)[0].shown, HasSubstr("\"1\", LSN 1"));
  const auto entries = twin_->EntriesOf(Lsn(2));
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_THAT(*entries, ElementsAre("put key 2"));
}

TEST_F(TwinTest, ForgetsWhatNeverHappenedAndGoesOnFromThere) {
  Commit(1);
  const snapshot::Digest first = twin_->At(Lsn(1));
  Commit(2);
  ASSERT_TRUE(twin_->TruncateTo(Lsn(1)).ok());
  EXPECT_EQ(twin_->newest(), Lsn(1));
  EXPECT_TRUE(twin_->At(Lsn(1)) == first);
  EXPECT_EQ(Commit(3), Lsn(2));
  const auto rows = twin_->RowsAt(Lsn(2));
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT((*rows)[0].shown, HasSubstr("\"3\", LSN 2"));
}

TEST_F(TwinTest, ACleanCloseTakesAnLsnOfItsOwn) {
  Commit(1);
  ASSERT_TRUE(twin_->Close().ok());
  EXPECT_EQ(twin_->newest(), Lsn(2));
  EXPECT_TRUE(twin_->At(Lsn(2)) == twin_->At(Lsn(1)));
  EXPECT_EQ(Commit(4), Lsn(3));
}

TEST(State, TheFirstDifferenceIsToldWithBothValuesAndTheirBytes) {
  const std::vector<StateRow> expected = {{"kv rows, key \"a\"", "abcdef", "a = abcdef"},
                                          {"kv rows, key \"b\"", "1", "b = 1"}};
  std::vector<StateRow> found = expected;
  EXPECT_EQ(FirstDifference(expected, found), "");
  found[0] = {"kv rows, key \"a\"", "abXdef", "a = abXdef"};
  EXPECT_EQ(FirstDifference(expected, found),
            "row kv rows, key \"a\"\n"
            "expected a = abcdef\n"
            "  00000000  61 62>63 64 65 66                                abcdef\n"
            "found    a = abXdef\n"
            "  00000000  61 62>58 64 65 66                                abXdef\n");
  found = {expected[1]};
  EXPECT_THAT(FirstDifference(expected, found), HasSubstr("missing: row kv rows, key \"a\""));
  EXPECT_THAT(FirstDifference(found, expected), HasSubstr("not expected: row kv rows, key \"a\""));
}

TEST(Workload, EverySubjectGetsItsTurn) {
  auto twin = Twin::Make(BuiltinSubjects());
  ASSERT_TRUE(twin.ok()) << twin.status();
  Decisions random = Decisions::FromSeed(1);
  std::uint64_t now = 1'700'000'000'000'000;
  for (int i = 0; i < 150; ++i) {
    const Step step = DrawStep(random);
    if (!step.is_commit()) continue;
    std::vector<absl::StatusCode> codes;
    const auto lsn = (*twin)->Commit(step.choices, Timestamp(++now), codes);
    ASSERT_TRUE(lsn.ok()) << lsn.status();
  }
  const auto rows = (*twin)->RowsAt((*twin)->newest());
  ASSERT_TRUE(rows.ok()) << rows.status();
  for (const char* name : {"kv", "json", "event", "state", "trace", "run", "vector"}) {
    EXPECT_TRUE(std::any_of(rows->begin(), rows->end(), [&](const StateRow& row) {
      return row.place.starts_with("varve." + std::string(name) + " ");
    })) << name;
  }
}

}  // namespace
}  // namespace varve::crash
