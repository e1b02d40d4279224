#include "crash/simulated/strict_faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "crash/simulated/simulated_environment.h"
#include "crash/simulated/strict_file_system.h"

namespace varve::crash {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class StrictFaultsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto file = files_.Open("a", OpenMode::kCreate);
    ASSERT_TRUE(file.ok());
    file_ = *std::move(file);
    ASSERT_TRUE(file_->WriteAt(0, "old").ok());
    ASSERT_TRUE(file_->Sync().ok());
    ASSERT_TRUE(files_.SyncDirectory("").ok());
  }
  std::string Read() {
    std::string buffer(64, '?');
    const auto count = file_->ReadAt(0, buffer);
    return count.ok() ? buffer.substr(0, *count) : std::string(count.status().message());
  }
  std::string Durable() { return files_.CrashImage(CrashChoice::Nothing())->Contents()["a"]; }
  std::string AllWritten() { return files_.CrashImage(CrashChoice::All())->Contents()["a"]; }

  StrictFileSystem files_;
  std::unique_ptr<File> file_;
};

TEST_F(StrictFaultsTest, ACallFailsAtItsOrdinalAmongItsKindAndPathAndThenNoMore) {
  files_.AddFault({.kind = CallKind::kWrite, .path_contains = "a", .skip = 1});
  EXPECT_TRUE(file_->WriteAt(0, "1").ok());
  EXPECT_TRUE(absl::IsUnknown(file_->WriteAt(0, "2")));
  EXPECT_TRUE(file_->WriteAt(0, "3").ok());
  EXPECT_EQ(files_.faults_fired(), 1u);
  EXPECT_EQ(Read(), "3ld");
}

TEST_F(StrictFaultsTest, AFaultWithoutKindStrikesAnyCallThatChangesSomething) {
  files_.AddFault({.times = ~std::uint64_t{0}});
  EXPECT_EQ(Read(), "old");
  EXPECT_FALSE(file_->Sync().ok());
  EXPECT_FALSE(files_.CreateDirectory("d").ok());
  files_.ClearFaults();
  EXPECT_TRUE(file_->Sync().ok());
}

TEST_F(StrictFaultsTest, APartialWriteLeavesItsBeginning) {
  files_.AddFault({.kind = CallKind::kWrite,
                   .effect = Fault::Effect::kPartialWrite,
                   .status = DiskFull(),
                   .partial_bytes = 2});
  EXPECT_TRUE(absl::IsResourceExhausted(file_->WriteAt(0, "NEW")));
  EXPECT_EQ(Read(), "NEd");
}

TEST_F(StrictFaultsTest, ADroppedSyncKeepsTheNewContentInMemoryButNeverMakesItDurable) {
  files_.AddFault({.kind = CallKind::kSync, .effect = Fault::Effect::kSyncDropped});
  ASSERT_TRUE(file_->WriteAt(0, "new").ok());
  EXPECT_TRUE(absl::IsUnknown(file_->Sync()));
  EXPECT_EQ(Read(), "new");
  EXPECT_TRUE(file_->Sync().ok());  // the lie of fsyncgate
  EXPECT_EQ(Durable(), "old");
  EXPECT_EQ(AllWritten(), "old");
}

TEST_F(StrictFaultsTest, ARevertedSyncTakesTheNewContentAway) {
  files_.AddFault({.kind = CallKind::kSync, .effect = Fault::Effect::kSyncReverted});
  ASSERT_TRUE(file_->WriteAt(0, "new").ok());
  EXPECT_TRUE(absl::IsUnknown(file_->Sync()));
  EXPECT_EQ(Read(), "old");
}

TEST_F(StrictFaultsTest, AFailedSyncMayHaveWorked) {
  files_.AddFault({.kind = CallKind::kSync, .effect = Fault::Effect::kSyncPersisted});
  ASSERT_TRUE(file_->WriteAt(0, "new").ok());
  EXPECT_TRUE(absl::IsUnknown(file_->Sync()));
  EXPECT_EQ(Durable(), "new");
}

TEST_F(StrictFaultsTest, TheFlushOfADurableWriteFailsOnItsOwn) {
  files_.AddFault({.kind = CallKind::kFlushDurably, .effect = Fault::Effect::kSyncDropped});
  EXPECT_TRUE(absl::IsUnknown(file_->WriteDurablyAt(0, "new")));
  EXPECT_EQ(Read(), "new");
  EXPECT_EQ(AllWritten(), "old");
}

TEST_F(StrictFaultsTest, ReadsFailOrLie) {
  files_.AddFault({.kind = CallKind::kRead});
  files_.AddFault({.kind = CallKind::kRead, .skip = 1, .effect = Fault::Effect::kFlipBit});
  EXPECT_THAT(Read(), ::testing::HasSubstr("input/output error"));
  EXPECT_EQ(Read(), "omd");
  EXPECT_EQ(Read(), "old");
  files_.Corrupt("a", 0, 0x20);
  EXPECT_EQ(Read(), "Old");
  EXPECT_EQ(Durable(), "Old");
}

TEST_F(StrictFaultsTest, AFullDiskRefusesGrowthOnly) {
  files_.SetCapacity(4);
  EXPECT_EQ(files_.Volume("")->free_bytes, 1u);
  EXPECT_TRUE(file_->WriteAt(0, "1234").ok());
  EXPECT_TRUE(absl::IsResourceExhausted(file_->WriteAt(4, "5")));
  EXPECT_TRUE(absl::IsResourceExhausted(file_->Truncate(5)));
  EXPECT_TRUE(file_->WriteAt(0, "4321").ok());
  EXPECT_EQ(Read(), "4321");
}

TEST_F(StrictFaultsTest, AfterACrashEveryCallAnswersUnknownAndChangesNothing) {
  const std::uint64_t before = files_.call_count();
  files_.CrashAt(before + 2);
  EXPECT_TRUE(file_->WriteAt(0, "1").ok());
  EXPECT_TRUE(absl::IsUnknown(file_->WriteAt(0, "2")));
  EXPECT_TRUE(files_.crashed());
  EXPECT_TRUE(absl::IsUnknown(file_->Sync()));
  EXPECT_TRUE(absl::IsUnknown(files_.Remove("a")));
  EXPECT_TRUE(absl::IsUnknown(files_.Open("a", OpenMode::kRead).status()));
  EXPECT_TRUE(absl::IsUnknown(file_->Size().status()));
  EXPECT_EQ(AllWritten(), "1ld");
}

TEST_F(StrictFaultsTest, TheHookSeesEveryChangingCallBeforeItHappensAndMayCrashThere) {
  std::vector<std::string> seen;
  files_.SetHook([&](const Call& call) {
    seen.push_back(std::string(CallName(call.kind)) + " " + call.path + " " + Durable());
    if (call.kind == CallKind::kSync) files_.Crash();
  });
  EXPECT_TRUE(file_->WriteDurablyAt(0, "new").ok());
  EXPECT_EQ(Read(), "new");
  EXPECT_TRUE(absl::IsUnknown(file_->Sync()));
  EXPECT_THAT(seen,
              ElementsAre("write durably a old", "flush of durable write a old", "sync a new"));
}

TEST_F(StrictFaultsTest, CountsAndRemembersItsCalls) {
  const std::vector<Call> calls = files_.calls();
  ASSERT_EQ(calls.size(), 4u);
  EXPECT_EQ(files_.call_count(), 4u);
  EXPECT_EQ(calls[0].ToString(), "call 1: create a");
  EXPECT_EQ(calls[1].ToString(), "call 2: write a at 0, 3 bytes");
  EXPECT_EQ(calls[3].kind, CallKind::kSyncDirectory);
}

TEST_F(StrictFaultsTest, ThreadsMayShareIt) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      const std::string path(1, static_cast<char>('p' + t));
      auto file = files_.Open(path, OpenMode::kCreate);
      for (std::uint64_t i = 0; i < 50; ++i) {
        EXPECT_TRUE((*file)->WriteDurablyAt(i, "x").ok());
        EXPECT_NE(files_.CrashImage(CrashChoice::Random(i)), nullptr);
      }
      EXPECT_TRUE(files_.SyncDirectory("").ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(files_.call_count(), 4u + 4 * (1 + 100 + 1));
  EXPECT_EQ(files_.CrashImage(CrashChoice::Nothing())->Contents().size(), 5u);
}

TEST(SimulatedEnvironment, IsRepeatableAndSurvivesAPowerCut) {
  SimulatedEnvironment one(3);
  SimulatedEnvironment other(3);
  EXPECT_EQ(RandomUuid(one.entropy), RandomUuid(other.entropy));
  EXPECT_NE(RandomUuid(one.entropy), RandomUuid(one.entropy));
  const Environment environment = one.environment();
  const Timestamp first = environment.clock->Now();
  EXPECT_EQ(environment.clock->Now().micros(), first.micros() + 1);
  one.clock.Set(Timestamp(5));
  EXPECT_EQ(environment.clock->Now(), Timestamp(5));
  ASSERT_TRUE(one.files->Open("a", OpenMode::kCreate).ok());
  one.CutPower(CrashChoice::Nothing());
  EXPECT_THAT(one.files->Contents(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace varve::crash
