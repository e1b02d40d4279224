// Tests: recovery/opening.cc
// Tests: recovery/open_in_memory.cc
// Tests: recovery/create.cc
// Tests: recovery/plan.cc
// Tests: recovery/report.cc
// Tests: recovery/replayer.cc
#include "recovery/open.h"

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <thread>

#include "crash/operations/operations.h"
#include "crash/world.h"
#include "kernel/base/status.h"
#include "tests/recovery/recovery_fixture.h"

namespace varve {
namespace {

using testing::HasSubstr;

class OpenTest : public RecoveryFixture {};

TEST_F(OpenTest, NewStoreIsEmptyAndHasItsFiles) {
  Open();
  EXPECT_EQ(opened_.report.base, RecoveryReport::Base::kCreated);
  EXPECT_TRUE(opened_.report.warnings.empty());
  EXPECT_EQ(Count(), 0u);
  for (const char* name : {"LOCK", "MANIFEST", "wal", "snapshots", "state.mdb"}) {
    EXPECT_TRUE(std::filesystem::exists(directory_ / name)) << name;
  }
}

TEST_F(OpenTest, KeepsEverythingThroughACleanCloseWithoutReplaying) {
  Open();
  PutMany(0, 50);
  Close();
  Open();
  EXPECT_TRUE(opened_.report.clean_close);
  EXPECT_EQ(opened_.report.base, RecoveryReport::Base::kMaterialized);
  EXPECT_EQ(opened_.report.records_replayed, 0u);
  EXPECT_EQ(Count(), 50u);
  PutMany(50, 60);
  Close();
  Open();
  EXPECT_EQ(Count(), 60u);
}

TEST_F(OpenTest, EveryCommitAcknowledgedBesideACloseIsThereAfterIt) {
  options_.store.memtable_bytes = 4 << 10;
  Open();
  std::array<std::atomic<int>, 3> acknowledged{};
  std::vector<std::thread> writers;
  for (std::atomic<int>& mine : acknowledged) {
    writers.emplace_back([&, key = "k" + std::to_string(&mine - acknowledged.data())] {
      absl::Status status;
      for (int value = 1; status.ok(); ++value) {
        const auto put = [&](Transaction& transaction) {
          return Kv(transaction).Put(key, std::to_string(value) + std::string(100, ' '));
        };
        status = opened_.store->Update(put).status();
        if (!status.ok()) continue;
        mine = value;
        mine.notify_one();
      }
      EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    });
  }
  for (int now = 0; now < 50; now = acknowledged[0].load()) acknowledged[0].wait(now);
  EXPECT_TRUE(opened_.store->Close().ok());
  for (std::thread& writer : writers) writer.join();
  Open();
  EXPECT_TRUE(opened_.report.clean_close);
  for (std::size_t i = 0; i < acknowledged.size(); ++i) {
    EXPECT_EQ(std::stoi(Get("k" + std::to_string(i)).value_or("0")), acknowledged[i]);
  }
}

// What a large state.mdb that was not checked yet asks of a close: see write_is_dear.
class DearToWrite final : public table::MaterializedStore {
 public:
  explicit DearToWrite(std::unique_ptr<table::MaterializedStore> store)
      : store_(std::move(store)) {}
  absl::StatusOr<std::unique_ptr<table::MaterializedReader>> OpenReader() override {
    return store_->OpenReader();
  }
  absl::Status Checkpoint(table::VersionStream& rows, const table::AppliedMark& mark) override {
    return store_->Checkpoint(rows, mark);
  }
  bool write_is_dear() const override { return true; }
  absl::StatusOr<std::unique_ptr<Loader>> NewLoader() override { return store_->NewLoader(); }
  absl::StatusOr<table::MaterializedFootprint> Footprint() override { return store_->Footprint(); }
  absl::Status Verify(const table::WorkStep& step) override { return store_->Verify(step); }

 private:
  std::unique_ptr<table::MaterializedStore> store_;
};

TEST_F(OpenTest, LittleIsLeftInTheLogByACloseThatWouldHaveToCheckALargeFile) {
  options_.materialized = [](const table::MaterializedOptions& wanted,
                             const table::AppliedMark& mark) {
    return std::make_shared<DearToWrite>(table::MakeMemoryStore(wanted, mark));
  };
  Open();
  PutMany(0, 50);
  ASSERT_TRUE(opened_.store->Close().ok());
  EXPECT_EQ(opened_.store->applied_lsn(), Lsn());
  Open();
  EXPECT_TRUE(opened_.report.clean_close);
  EXPECT_EQ(Count(), 50u);
  PutMany(50, 90, std::string(32 << 10, 'v'));  // more than may be left
  ASSERT_TRUE(opened_.store->Close().ok());
  EXPECT_GT(opened_.store->applied_lsn(), Lsn(50));
}

TEST_F(OpenTest, ReplaysTheLogAfterAKill) {
  Open();
  PutMany(0, 50);
  Kill();
  Open();
  EXPECT_FALSE(opened_.report.clean_close);
  EXPECT_EQ(opened_.report.records_replayed, 50u);
  ASSERT_EQ(opened_.report.primitives.size(), 1u);
  EXPECT_EQ(opened_.report.primitives[0].name, "varve.kv");
  EXPECT_EQ(opened_.report.primitives[0].entries_replayed, 50u);
  EXPECT_EQ(Count(), 50u);
}

TEST_F(OpenTest, SurvivesManyKillsInARowAcrossRotationsAndCheckpoints) {
  const std::string value(3000, 'v');
  for (int round = 0; round < 8; ++round) {
    Open();
    EXPECT_EQ(Count(), static_cast<std::uint64_t>(round) * 60);
    PutMany(round * 60, round * 60 + 60, value);
    if (round % 3 == 1) {
      ASSERT_TRUE(opened_.store->Checkpoint().ok());
    }
    Kill();
  }
}

TEST_F(OpenTest, LsnsAndCommitTimesContinueAfterEveryKindOfClose) {
  Open();
  const Lsn first = Put("k", "1");
  Kill();
  Open();
  const Lsn second = Put("k", "2");
  EXPECT_EQ(second, first.Next());
  Close();
  Open();
  EXPECT_GT(Put("k", "3"), second);
  EXPECT_EQ(Get("k"), "3");
}

TEST_F(OpenTest, BufferedCommitsSurviveACloseAndASync) {
  Open();
  Put("a", "1", Durability::kBuffered);
  ASSERT_TRUE(opened_.store->Sync().ok());
  Kill();
  Open();
  EXPECT_EQ(Get("a"), "1");
  Put("b", "2", Durability::kBuffered);
  Close();
  Open();
  EXPECT_EQ(Get("b"), "2");
}

TEST_F(OpenTest, DirectoryOfSomethingElseIsRefusedAndUntouched) {
  std::filesystem::create_directories(directory_);
  SetBytes(directory_ / "photo.jpg", "x");
  const absl::Status status = TryOpen();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(FromAbsl(status.message())), HasSubstr("not a Varve store"));
  EXPECT_EQ(AllBytes().size(), 1u);
}

TEST_F(OpenTest, FileInPlaceOfADirectoryIsRefused) {
  SetBytes(directory_, "x");
  EXPECT_FALSE(TryOpen().ok());
  EXPECT_EQ(Bytes(directory_), "x");
}

TEST_F(OpenTest, AnswersToCreateIfMissingAndErrorIfExists) {
  options_.create_if_missing = false;
  EXPECT_TRUE(absl::IsNotFound(TryOpen()));
  EXPECT_FALSE(std::filesystem::exists(directory_));
  options_.create_if_missing = true;
  Open();
  Close();
  options_.error_if_exists = true;
  EXPECT_TRUE(absl::IsAlreadyExists(TryOpen()));
}

TEST_F(OpenTest, SecondOpenIsUnavailableWhileTheFirstLives) {
  Open();
  auto second = OpenStore(directory_.string(), Builtins(), options_);
  EXPECT_TRUE(absl::IsUnavailable(second.status())) << second.status();
  Close();
  Open();
}

// LMDB must not have one file open twice in a process: a store that is closed still has its own,
// and would take the readers of the next one with it when it is destroyed.
TEST_F(OpenTest, SecondOpenIsUnavailableUntilTheFirstIsDestroyed) {
  Open();
  ASSERT_TRUE(opened_.store->Close().ok());
  auto second = OpenStore(directory_.string(), Builtins(), options_);
  EXPECT_TRUE(absl::IsUnavailable(second.status())) << second.status();
  opened_ = OpenedStore();
  Open();
  Put("k", "v");
  EXPECT_TRUE(opened_.store->Checkpoint().ok());
}

TEST_F(OpenTest, CreationInterruptedAnywhereStartsAgain) {
  std::filesystem::create_directories(directory_ / "wal");
  SetBytes(directory_ / "LOCK", "");
  SetBytes(directory_ / "MANIFEST", std::string(100, '\0'));
  Open();
  EXPECT_EQ(opened_.report.base, RecoveryReport::Base::kCreated);
  Put("k", "v");
}

// Found by the crash harness: they stayed until the next snapshot, each as large as the state.
TEST_F(OpenTest, WhatACrashLeftOfASnapshotIsRemovedByTheNextOpening) {
  Open();
  PutMany(0, 50);
  Kill();
  const auto half = directory_ / "snapshots" / "0000000000000020.snapshot.new";
  std::ofstream(half) << "half a snapshot";
  options_.read_only = true;
  Open();
  EXPECT_TRUE(std::filesystem::exists(half)) << "a read-only opening removed it";
  options_.read_only = false;
  Open();
  EXPECT_FALSE(std::filesystem::exists(half));
  EXPECT_EQ(Count(), 50u);
}

// The folder above was taken for the store's own, and the store's name was not synced.
TEST(OpenTestOnStrictDisk, AStoreNamedWithASlashAtItsEndIsThereAfterAPowerCut) {
  crash::World world(1, crash::BuiltinSubjects());
  OpenOptions options = crash::SmallStoreOptions();
  options.environment = {&world.files(), &world.clock(), &SystemEntropy()};
  options.materialized = [](const table::MaterializedOptions& wanted,
                            const table::AppliedMark& fresh)
      -> absl::StatusOr<std::shared_ptr<table::MaterializedStore>> {
    return table::MakeMemoryStore(wanted, fresh);
  };
  PrimitiveRegistry registry;
  RegisterBuiltinPrimitives(registry);
  ASSERT_TRUE(world.files().CreateDirectory("data").ok());
  ASSERT_TRUE(world.files().SyncDirectory("").ok());
  auto opened = OpenStore("data/agent.varve/", std::move(registry), options);
  ASSERT_TRUE(opened.ok()) << opened.status();
  const auto left = world.files().CrashImage(crash::CrashChoice::Nothing());
  EXPECT_TRUE(left->Contents().contains("data/agent.varve/MANIFEST"));
}

TEST_F(OpenTest, MissingManifestOfAStoreWithALogIsRefused) {
  Open();
  PutMany(0, 5);
  Close();
  std::filesystem::remove(directory_ / "MANIFEST");
  const auto before = AllBytes();
  EXPECT_FALSE(TryOpen().ok());
  EXPECT_EQ(AllBytes(), before);
}

TEST_F(OpenTest, ReadOnlyOpenSeesEverythingAndWritesNoByte) {
  Open();
  PutMany(0, 20);
  Kill();
  const auto before = AllBytes();
  options_.read_only = true;
  Open();
  EXPECT_EQ(Count(), 20u);
  EXPECT_TRUE(absl::IsFailedPrecondition(opened_.store->Begin().status()));
  opened_ = OpenedStore();
  EXPECT_EQ(AllBytes(), before);
}

TEST_F(OpenTest, ReadOnlyOpenWorksBesideAWriter) {
  Open();
  PutMany(0, 20);
  ASSERT_TRUE(opened_.store->Checkpoint().ok());
  PutMany(20, 30);
  OpenOptions read_only = options_;
  read_only.read_only = true;
  auto reader = OpenStore(directory_.string(), Builtins(), read_only);
  ASSERT_TRUE(reader.ok()) << reader.status();
  auto view = reader->store->View();
  EXPECT_EQ(*Kv(*view).Count(), 30u);
  PutMany(30, 40);
}

TEST_F(OpenTest, CancelledOpenLeavesTheStoreAsItWas) {
  options_.store.memtable_bytes = 64 << 20;
  Open();
  const std::string value(1 << 20, 'v');
  PutMany(0, 12, value);
  Kill();
  const auto before = AllBytes();
  options_.cancelled = [] { return true; };
  EXPECT_TRUE(absl::IsCancelled(TryOpen()));
  EXPECT_EQ(AllBytes(), before);
}

TEST_F(OpenTest, CancelledWhileItReadsStateOrSnapshotItLeavesTheStoreAsItWas) {
  Open();
  PutMany(0, 4, std::string(1 << 20, 'v'));
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  Kill();
  for (const bool has_state : {true, false}) {
    if (!has_state) std::filesystem::remove(directory_ / "state.mdb");
    const auto before = AllBytes();
    // The first questions: those of the log come later.
    for (int stop = 1; stop <= 3; ++stop) {
      int asked = 0;
      options_.cancelled = [&] { return ++asked == stop; };
      const absl::Status status = TryOpen();
      EXPECT_TRUE(absl::IsCancelled(status)) << has_state << stop << status;
      EXPECT_EQ(AllBytes(), before);
    }
  }
}

TEST_F(OpenTest, ReportIsReadable) {
  Open();
  PutMany(0, 5);
  Kill();
  Open();
  const std::string text = opened_.report.ToString();
  EXPECT_THAT(text, HasSubstr("replayed        5 transactions"));
  EXPECT_THAT(text, HasSubstr("varve.kv: 5 entries"));
  EXPECT_THAT(text, HasSubstr("torn tail       none"));
}

TEST_F(OpenTest, StateOfAnotherStoreIsRebuiltNotBelieved) {
  Open();
  PutMany(0, 5);
  Close();
  const std::string state = Bytes(directory_ / "state.mdb");
  std::filesystem::remove_all(directory_);
  Open();
  PutMany(0, 3);
  Close();
  SetBytes(directory_ / "state.mdb", state);
  Open();
  EXPECT_TRUE(opened_.report.materialized_rebuilt);
  EXPECT_EQ(Count(), 3u);
}

TEST_F(OpenTest, DeletedStateIsRebuiltFromTheLog) {
  Open();
  PutMany(0, 30);
  Close();
  std::filesystem::remove(directory_ / "state.mdb");
  Open();
  EXPECT_EQ(opened_.report.base, RecoveryReport::Base::kLogStart);
  EXPECT_EQ(Count(), 30u);
}

}  // namespace
}  // namespace varve
