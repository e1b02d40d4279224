// A disk without room: commits are refused, not lost, and go through once there is room again.
#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

#include "tests/crash/image_check.h"
#include "tests/crash/sweep_workload.h"

namespace varve::crash {
namespace {

SweepStep Put(std::size_t bytes) {
  SweepStep step;
  step.operations.push_back({"key", std::string(bytes, 'x'), false});
  return step;
}

class FullDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = world_.Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    opened_ = *std::move(opened);
  }
  std::uint64_t UsedBytes() {
    std::uint64_t bytes = 0;
    for (const auto& [path, content] : world_.files().Contents()) bytes += content.size();
    return bytes;
  }
  absl::Status Commit(std::size_t bytes) { return RunStep(Put(bytes), world_, opened_, history_); }

  World world_{5, BuiltinSubjects()};
  OpenedStore opened_;
  History history_;
  CheckCounts counts_;
};

TEST_F(FullDiskTest, CommitsAreRefusedAndAbsentUntilThereIsRoomAgain) {
  ASSERT_TRUE(Commit(10).ok());
  world_.files().SetCapacity(UsedBytes());
  absl::Status status;
  for (int i = 0; i < 100 && status.ok(); ++i) status = Commit(3000);
  ASSERT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_TRUE(opened_.store->status().ok()) << "a full disk is no reason to be poisoned";
  const auto state = ReadState(*opened_.store);
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(*state, history_.Newest());
  EXPECT_TRUE(CheckImage(world_.After(CrashChoice::Nothing(), false), history_, counts_, 1));

  world_.files().SetCapacity(UsedBytes() * 10);
  for (int i = 0; i < 10; ++i) {
    status = Commit(3000);
    ASSERT_TRUE(status.ok()) << status;
  }
  EXPECT_TRUE(CheckImage(world_.After(CrashChoice::Nothing(), true), history_, counts_, 2));
}

TEST_F(FullDiskTest, AnOpeningWithoutRoomIsRefusedAndHarmsNothing) {
  ASSERT_TRUE(Commit(10).ok());
  ASSERT_TRUE(opened_.store->Close().ok());
  opened_ = {};
  world_.files().SetCapacity(UsedBytes());
  EXPECT_TRUE(absl::IsResourceExhausted(world_.Open().status()));
  OpenOptions options = SmallStoreOptions();
  options.read_only = true;
  auto reader = world_.Open(options);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(*ReadState(*reader->store), history_.Newest());
  *reader = {};
  EXPECT_TRUE(CheckImage(world_.After(CrashChoice::All(), false), history_, counts_, 3));
}

}  // namespace
}  // namespace varve::crash
