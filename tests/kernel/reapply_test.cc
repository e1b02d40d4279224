// Entries whose Apply builds on what others change, and entries that ask for their LSN: re-applied
// at commit. Tests: kernel/internal/apply.cc kernel/internal/store_commit.cc
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "recovery/open.h"

namespace varve {
namespace {

constexpr PrimitiveId kListId{200};

// Appends its payload under the next number; a second entry type stores its own LSN.
class AppendingList final : public Primitive {
 public:
  AppendingList() {
    spec_.id = kListId;
    spec_.name = "test.list";
    spec_.entry_range = 0x90;
    spec_.entries = {{0x90, "Append"}, {0x91, "StampLsn"}, {0x92, "WriteUndeclared"}};
    spec_.tables = {{0, "items"}, {1, "head"}};
  }
  [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }
  [[nodiscard]] absl::Status Apply(const Entry& entry, ApplyContext& context) const override {
    if (entry.type == 0x92) return context.Put(7, "k", "v");
    if (entry.type == 0x91) {
      std::string lsn;
      AppendBigEndian64(lsn, context.lsn().value());
      return context.Put(0, entry.payload, lsn);
    }
    VARVE_ASSIGN_OR_RETURN(const std::optional<Row> head, context.Get(1, "head"));
    const std::uint64_t next = head.has_value() ? LoadBigEndian64(head->value.data()) : 0;
    std::string key;
    AppendBigEndian64(key, next);
    VARVE_RETURN_IF_ERROR(context.Put(0, key, entry.payload));
    std::string following;
    AppendBigEndian64(following, next + 1);
    return context.Put(1, "head", following);
  }
  [[nodiscard]] EntryDescription Describe(const Entry&) const override { return {}; }

 private:
  PrimitiveSpec spec_;
};

std::unique_ptr<Store> OpenList() {
  PrimitiveRegistry registry;
  EXPECT_TRUE(registry.Register(std::make_unique<AppendingList>()).ok());
  return *OpenInMemory(std::move(registry));
}

std::uint64_t CountItems(Store& store) {
  auto view = store.View();
  std::uint64_t count = 0;
  const auto scan = view->Scan({kListId, 0}, {}, KeyRange::All());
  for (; scan->valid(); scan->Next()) {
    EXPECT_EQ(LoadBigEndian64(scan->row().key.data()), count);
    ++count;
  }
  EXPECT_TRUE(scan->status().ok());
  return count;
}

TEST(Reapply, TwoAppendsThatBeganTogetherBothCommitOneBehindTheOther) {
  const auto store = OpenList();
  Transaction first = *store->Begin();
  Transaction second = *store->Begin();
  ASSERT_TRUE(first.Write({.type = 0x90, .run = {}, .payload = "first"}).ok());
  ASSERT_TRUE(second.Write({.type = 0x90, .run = {}, .payload = "second"}).ok());
  EXPECT_TRUE(first.Commit().ok());
  EXPECT_TRUE(second.Commit().ok());
  EXPECT_EQ(CountItems(*store), 2u);
}

TEST(Reapply, AppendsOfManyThreadsNeverAbortAndLeaveNoGap) {
  const auto store = OpenList();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) {
        Transaction transaction = *store->Begin();
        ASSERT_TRUE(transaction.Write({.type = 0x90, .run = {}, .payload = "x"}).ok());
        ASSERT_TRUE(transaction.Commit().ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(CountItems(*store), 800u);
}

TEST(Reapply, EntryThatAsksForItsLsnGetsTheOneItCommitsWith) {
  const auto store = OpenList();
  Transaction stamped = *store->Begin();
  ASSERT_TRUE(stamped.Write({.type = 0x91, .run = {}, .payload = "mine"}).ok());
  Transaction other = *store->Begin();
  ASSERT_TRUE(other.Write({.type = 0x90, .run = {}, .payload = "x"}).ok());
  ASSERT_TRUE(other.Commit().ok());
  const auto receipt = stamped.Commit();
  ASSERT_TRUE(receipt.ok());
  auto view = store->View();
  const auto row = view->Get({kListId, 0}, {}, "mine");
  EXPECT_EQ(LoadBigEndian64((*row)->value.data()), receipt->lsn.value());
}

TEST(Reapply, WriteToAnUndeclaredTableIsInternalAndLeavesTheTransactionUsable) {
  const auto store = OpenList();
  Transaction transaction = *store->Begin();
  EXPECT_TRUE(absl::IsInternal(transaction.Write({.type = 0x92, .run = {}, .payload = {}})));
  ASSERT_TRUE(transaction.Write({.type = 0x90, .run = {}, .payload = "x"}).ok());
  EXPECT_TRUE(transaction.Commit().ok());
}

}  // namespace
}  // namespace varve
