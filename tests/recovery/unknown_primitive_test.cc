// Stores with data of a primitive that is not registered: refused, or carried and given back.
// Tests: kernel/carried_primitive.cc
#include <gmock/gmock.h>

#include "kernel/base/status.h"
#include "primitives/template/tally.h"
#include "primitives/template/tally_primitive.h"
#include "tests/recovery/recovery_fixture.h"

namespace varve {
namespace {

class UnknownPrimitiveTest : public RecoveryFixture {
 protected:
  absl::Status OpenWith(bool tally, UnknownEntries unknown) {
    opened_ = OpenedStore();
    PrimitiveRegistry registry = Builtins();
    if (tally) {
      VARVE_RETURN_IF_ERROR(registry.Register(std::make_unique<TallyPrimitive>()));
    }
    options_.unknown_entries = unknown;
    auto opened = OpenStore(directory_.string(), std::move(registry), options_);
    if (!opened.ok()) return opened.status();
    opened_ = *std::move(opened);
    return absl::OkStatus();
  }
  void Count(std::string_view name) {
    const auto receipt = opened_.store->Update(
        [&](Transaction& transaction) { return Tally(transaction).Add(name, 1); });
    ASSERT_TRUE(receipt.ok()) << receipt.status();
  }
  std::int64_t Total(std::string_view name) {
    auto view = opened_.store->View();
    const auto total = Tally(*view).Get(name);
    EXPECT_TRUE(total.ok()) << total.status();
    return total.ok() ? total->total : -1;
  }
};

TEST_F(UnknownPrimitiveTest, RefusedByNameWhereverItsDataIs) {
  ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok());
  Count("a");
  Kill();  // in the log
  absl::Status status = OpenWith(false, UnknownEntries::kRefuse);
  EXPECT_TRUE(absl::IsUnimplemented(status)) << status;
  ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok());
  Close();  // in state.mdb
  status = OpenWith(false, UnknownEntries::kRefuse);
  EXPECT_TRUE(absl::IsUnimplemented(status)) << status;
  EXPECT_THAT(std::string(FromAbsl(status.message())), testing::HasSubstr("tally"));
  ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok());
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  Close();  // in a snapshot
  std::filesystem::remove(directory_ / "state.mdb");
  EXPECT_TRUE(absl::IsUnimplemented(OpenWith(false, UnknownEntries::kRefuse)));
  ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok());
  EXPECT_EQ(Total("a"), 1);
}

TEST_F(UnknownPrimitiveTest, CarriedThroughLogCheckpointSnapshotAndLostStateAndGivenBackWhole) {
  ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok());
  Count("a");
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  Count("a");
  Count("b");
  Kill();
  ASSERT_TRUE(OpenWith(false, UnknownEntries::kCarry).ok());
  Put("k", "v");
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  Put("k2", "v");
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  Close();
  std::filesystem::remove(directory_ / "state.mdb");
  ASSERT_TRUE(OpenWith(false, UnknownEntries::kCarry).ok());
  EXPECT_EQ(Get("k"), "v");
  Kill();
  ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok());
  EXPECT_EQ(Total("a"), 2);
  EXPECT_EQ(Total("b"), 1);
  EXPECT_EQ(Get("k2"), "v");
  Close();
  ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok());
  EXPECT_EQ(Total("a"), 2);
}

// CORE-4
TEST_F(UnknownPrimitiveTest, ARunErasedWhileItsPrimitiveWasAwayIsGoneWhenItComesBack) {
  const RunId run({7}), other({8});
  const auto count_in = [&](const RunId& where) {
    return opened_.store->Update([&](Transaction& txn) { return Tally(txn, where).Add("a", 1); })
        .ok();
  };
  const auto total_in = [&](const RunId& where) {
    auto view = opened_.store->View();
    return Tally(*view, where).Get("a")->total;
  };
  ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok());
  ASSERT_TRUE(count_in(run) && count_in(other));
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  Kill();
  ASSERT_TRUE(OpenWith(false, UnknownEntries::kCarry).ok());
  ASSERT_TRUE(opened_.store->Update([&](Transaction& txn) { return txn.EraseRun(run); }).ok());
  ASSERT_TRUE(
      opened_.store->Update([&](Transaction& txn) { return Kv(txn, run).Put("new", "life"); })
          .ok());
  {
    Transaction copy = *opened_.store->Begin();
    EXPECT_TRUE(absl::IsFailedPrecondition(copy.CopyRun(copy, run, RunId({9}))));
    EXPECT_FALSE(copy.Commit()->lsn.value());
  }
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  Close();
  std::filesystem::remove(directory_ / "state.mdb");
  ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok());
  EXPECT_EQ(total_in(run), 0);
  EXPECT_EQ(total_in(other), 1);
  auto view = opened_.store->View();
  EXPECT_TRUE((*Kv(*view, run).Get("new")).has_value());
}

TEST_F(UnknownPrimitiveTest, NewPrimitiveMayJoinAnExistingStore) {
  ASSERT_TRUE(OpenWith(false, UnknownEntries::kRefuse).ok());
  Put("k", "v");
  Close();
  ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok());
  Count("a");
  Close();
  ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok());
  EXPECT_EQ(Total("a"), 1);
  EXPECT_EQ(Get("k"), "v");
}

}  // namespace
}  // namespace varve
