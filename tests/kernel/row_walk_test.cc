// A walk sees every row of a table in every run, says how far it is, and names the run of a fault.
#include "kernel/row_walk.h"

#include <gmock/gmock.h>

#include <vector>

#include "primitives/kv/kv_primitive.h"
#include "tests/kernel/store_fixture.h"

namespace varve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const RunId kRun = *Uuid::Parse("11111111-1111-4111-8111-111111111111");

class RowWalkTest : public StoreFixture {
 protected:
  RowWalkTest() {
    Put("b", "1");
    Put("a", "2");
    Transaction transaction = Begin();
    EXPECT_TRUE(Kv(transaction, kRun).Put("c", "3").ok());
    EXPECT_TRUE(transaction.Commit().ok());
  }

  static absl::Status Go(std::uint64_t) { return absl::OkStatus(); }

  const Primitive::CheckProgress go_ = Go;
};

TEST_F(RowWalkTest, VisitsTheRowsOfAllRunsInOrder) {
  ReadView view = *store_->View();
  RowWalk walk(view, go_);
  std::vector<std::string> keys;
  const absl::Status status = walk.Visit(kKvRows, [&](const RunId& run, const Row& row) {
    keys.push_back((run.is_nil() ? "" : "run ") + std::string(row.key));
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(keys, ElementsAre("a", "b", "run c"));
  EXPECT_TRUE(*walk.Has(kKvRows, kRun, "c"));
  EXPECT_FALSE(*walk.Has(kKvRows, RunId(), "c"));
}

TEST_F(RowWalkTest, TheFirstFaultIsTheAnswerWithItsRun) {
  ReadView view = *store_->View();
  RowWalk walk(view, go_);
  int looked_at = 0;
  const absl::Status in_default = walk.Check(kKvRows, [&](const RunId&, const Row& row) {
    ++looked_at;
    return Broken("row ", Quoted(row.key), " is wrong");
  });
  EXPECT_EQ(looked_at, 1);
  EXPECT_TRUE(absl::IsDataLoss(in_default));
  EXPECT_THAT(std::string(in_default.message()), HasSubstr("the default run"));
  EXPECT_THAT(std::string(in_default.message()), HasSubstr(R"("a")"));
  const absl::Status in_run = walk.Check(kKvRows, [](const RunId& run, const Row&) {
    return run.is_nil() ? absl::OkStatus() : Broken("wrong");
  });
  EXPECT_THAT(std::string(in_run.message()), HasSubstr(kRun.ToString()));
}

TEST_F(RowWalkTest, ProgressIsToldAndCanEndTheWalk) {
  Transaction transaction = Begin();
  for (int i = 0; i < 2000; ++i) {
    ASSERT_TRUE(Kv(transaction).Put("k" + std::to_string(i), "v").ok());
  }
  ASSERT_TRUE(transaction.Commit().ok());
  ReadView view = *store_->View();
  std::uint64_t told = 0;
  const Primitive::CheckProgress enough = [&](std::uint64_t rows) {
    told = rows;
    return rows < 1000 ? absl::OkStatus() : absl::CancelledError("enough");
  };
  RowWalk walk(view, enough);
  std::uint64_t rows = 0;
  const absl::Status status = walk.Visit(kKvRows, [&](const RunId&, const Row&) {
    ++rows;
    return absl::OkStatus();
  });
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_GE(told, 1000u);
  EXPECT_LT(rows, 2000u);
}

TEST_F(RowWalkTest, QuotesAreShortAndPrintable) {
  EXPECT_EQ(Quoted("a\n\xff"), R"("a\n\xff")");
  EXPECT_LT(Quoted(std::string(1000, 'x')).size(), 100u);
}

}  // namespace
}  // namespace varve
