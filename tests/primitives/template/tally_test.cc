#include "primitives/template/tally.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "kernel/base/limits.h"
#include "kernel/store.h"
#include "primitives/template/tally_primitive.h"
#include "recovery/open.h"

namespace varve {
namespace {

class TallyTest : public testing::Test {
 protected:
  void SetUp() override {
    // Step 7.
    PrimitiveRegistry registry;
    ASSERT_TRUE(registry.Register(std::make_unique<TallyPrimitive>()).ok());
    absl::StatusOr<std::unique_ptr<Store>> store = OpenInMemory(std::move(registry));
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  TallyTotal Get(std::string_view name) {
    ReadView view = *store_->View();
    return *Tally(view).Get(name);
  }
  std::unique_ptr<Store> store_;
};

TEST_F(TallyTest, AddsUp) {
  ASSERT_TRUE(store_
                  ->Update([](Transaction& transaction) {
                    Tally tally(transaction);
                    EXPECT_TRUE(tally.Add("requests", 2).ok());
                    return tally.Add("requests", 3, 4);
                  })
                  .ok());
  EXPECT_EQ(Get("requests").total, 5);
  EXPECT_EQ(Get("requests").count, 5u);
  EXPECT_EQ(Get("nothing").total, 0);
  EXPECT_EQ(Get("nothing").count, 0u);
}

// What the entry's read inside Apply is good for.
TEST_F(TallyTest, ConcurrentAdditionsDoNotConflict) {
  Transaction first = *store_->Begin();
  Transaction second = *store_->Begin();
  ASSERT_TRUE(Tally(first).Add("requests", 1).ok());
  ASSERT_TRUE(Tally(second).Add("requests", 10).ok());
  EXPECT_TRUE(second.Commit().ok());
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_EQ(Get("requests").total, 11);
  EXPECT_EQ(Get("requests").count, 2u);
}

TEST_F(TallyTest, ReadingATotalBeforeAddingDoesConflict) {
  Transaction reading = *store_->Begin();
  Tally tally(reading);
  ASSERT_EQ(tally.Get("requests")->total, 0);
  ASSERT_TRUE(tally.Add("requests", 1).ok());
  ASSERT_TRUE(
      store_->Update([](Transaction& transaction) { return Tally(transaction).Add("requests", 1); })
          .ok());
  EXPECT_EQ(reading.Commit().status().code(), absl::StatusCode::kAborted);
}

TEST_F(TallyTest, ListsInTheOrderOfNamesByPages) {
  ASSERT_TRUE(store_
                  ->Update([](Transaction& transaction) -> absl::Status {
                    Tally tally(transaction);
                    for (const char* name : {"c", "a", "b"}) {
                      if (absl::Status status = tally.Add(name, 1); !status.ok()) return status;
                    }
                    return tally.Reset("b");
                  })
                  .ok());
  ReadView view = *store_->View();
  const auto all = Tally(view).List();
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].name, "a");
  EXPECT_EQ((*all)[1].name, "c");
  const auto page = Tally(view).List("a", 1);
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->size(), 1u);
  EXPECT_EQ((*page)[0].name, "c");
}

TEST_F(TallyTest, RefusesNamesPastTheLimitAndWritesOnViews) {
  Transaction transaction = *store_->Begin();
  Tally tally(transaction);
  EXPECT_EQ(tally.Add("", 1).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(tally.Add(std::string(kNameBytesMax, 'n'), 1).ok());
  EXPECT_EQ(tally.Add(std::string(kNameBytesMax + 1, 'n'), 1).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(tally.Add("a", 1, 0).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(tally.Get("").status().code(), absl::StatusCode::kInvalidArgument);
  ReadView view = *store_->View();
  EXPECT_EQ(Tally(view).Add("a", 1).code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace varve
