// Tests: recovery/restore.cc
#include <gmock/gmock.h>

#include <set>

#include "kernel/base/status.h"
#include "snapshot/digest.h"
#include "tests/recovery/recovery_fixture.h"

namespace varve {
namespace {

class RestoreTest : public RecoveryFixture {
 protected:
  std::string Target() { return (root_ / "restored.varve").string(); }
  void OpenTarget() {
    Close();
    directory_ = Target();
    Open();
  }
  snapshot::Digest DigestNow() {
    EXPECT_TRUE(opened_.store->Checkpoint().ok());
    const auto state = opened_.store->OpenMaterialized();
    return *snapshot::StateDigest(**state, opened_.store->registry());
  }
};

TEST_F(RestoreTest, RestoresToAnLsnFromTheLogAlone) {
  Open();
  Put("k", "1");
  const Lsn then = Put("k", "2");
  Put("k", "3");
  const auto report =
      RestoreStore(directory_.string(), Target(), {.lsn = then}, Builtins(), options_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->last_lsn, then);
  OpenTarget();
  EXPECT_EQ(Get("k"), "2");
}

TEST_F(RestoreTest, RestoresToATimeFromASnapshotAndTheLog) {
  Open();
  PutMany(0, 10);
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  const Lsn then = Put("k", "then");
  Timestamp time;
  {
    auto view = opened_.store->View();
    time = (*Kv(*view).Get("k"))->commit_time;
  }
  while (Put("tick", "x") != Lsn()) {
    auto view = opened_.store->View();
    if ((*Kv(*view).Get("tick"))->commit_time > time) break;
  }
  Put("k", "later");
  const auto report =
      RestoreStore(directory_.string(), Target(), {.time = time}, Builtins(), options_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->base, RecoveryReport::Base::kSnapshot);
  EXPECT_GE(report->last_lsn, then);
  OpenTarget();
  EXPECT_EQ(Get("k"), "then");
}

TEST_F(RestoreTest, RestoredSnapshotHasTheSameDigestAndSurvivesLosingItsState) {
  Open();
  PutMany(0, 100);
  const snapshot::Digest digest = DigestNow();
  const auto info = opened_.snapshotter->CreateSnapshot(*opened_.store);
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->digest, digest);
  const auto report = RestoreSnapshot(info->path, Target(), Builtins(), options_);
  ASSERT_TRUE(report.ok()) << report.status();
  OpenTarget();
  EXPECT_EQ(DigestNow(), digest);
  Put("more", "x");
  Close();
  std::filesystem::remove(directory_ / "state.mdb");
  Open();
  EXPECT_EQ(Count(), 101u);
}

TEST_F(RestoreTest, NewStoreHasAnIdentityOfItsOwn) {
  Open();
  Put("k", "v");
  const Uuid source = opened_.store->uuid();
  ASSERT_TRUE(RestoreStore(directory_.string(), Target(), {}, Builtins(), options_).ok());
  OpenTarget();
  EXPECT_NE(opened_.store->uuid(), source);
}

TEST_F(RestoreTest, MomentThatIsTrimmedOrNotReachedIsOutOfRangeAndMakesNoStore) {
  options_.snapshots.retained = 1;
  Open();
  const std::string value(5000, 'v');
  PutMany(0, 60, value);
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  const auto trimmed =
      RestoreStore(directory_.string(), Target(), {.lsn = Lsn(5)}, Builtins(), options_);
  EXPECT_TRUE(absl::IsOutOfRange(trimmed.status())) << trimmed.status();
  const auto future =
      RestoreStore(directory_.string(), Target(), {.lsn = Lsn(5000)}, Builtins(), options_);
  EXPECT_TRUE(absl::IsOutOfRange(future.status())) << future.status();
  OpenOptions existing = options_;
  existing.create_if_missing = false;
  EXPECT_FALSE(OpenStore(Target(), Builtins(), existing).ok());
}

TEST_F(RestoreTest, DirectoryThatHoldsSomethingIsRefused) {
  Open();
  Put("k", "v");
  std::filesystem::create_directories(Target());
  SetBytes(Target() + "/x", "x");
  EXPECT_TRUE(absl::IsAlreadyExists(
      RestoreStore(directory_.string(), Target(), {}, Builtins(), options_).status()));
}

// From a snapshot and log of some MiB, so that each stage is asked.
TEST_F(RestoreTest, CancelledAnywhereItMakesNoStoreAndCanBeRepeated) {
  Open();
  const std::string value(100'000, 'v');
  PutMany(0, 30, value);
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  PutMany(30, 60, value);
  std::uint64_t asked = 0;
  std::set<RecoveryProgress::Stage> stages;
  OpenOptions options = options_;
  options.progress = [&](const RecoveryProgress& progress) { stages.insert(progress.stage); };
  options.cancelled = [&] { return ++asked == 0; };
  ASSERT_TRUE(RestoreStore(directory_.string(), Target(), {}, Builtins(), options).ok());
  EXPECT_THAT(stages, testing::ElementsAre(RecoveryProgress::Stage::kLoadBase,
                                           RecoveryProgress::Stage::kReplay));
  std::filesystem::remove_all(Target());
  const std::uint64_t whole = asked;
  EXPECT_GE(whole, 8u);
  for (std::uint64_t stop = 1; stop <= whole; stop += 1 + whole / 12) {
    asked = 0;
    options.cancelled = [&] { return ++asked == stop; };
    const absl::Status status =
        RestoreStore(directory_.string(), Target(), {}, Builtins(), options).status();
    EXPECT_TRUE(absl::IsCancelled(status)) << stop << " of " << whole << ": " << status;
    EXPECT_FALSE(std::filesystem::exists(Target() + "/MANIFEST"));
  }
  ASSERT_TRUE(RestoreStore(directory_.string(), Target(), {}, Builtins(), options_).ok());
  OpenTarget();
  EXPECT_EQ(Count(), 60u);
}

// The snapshot has its name already, the manifest has not.
TEST_F(RestoreTest, WhatWasCutShortBehindItsSnapshotIsNoStoreAndIsBegunAgain) {
  Open();
  PutMany(0, 10);
  Close();
  ASSERT_TRUE(RestoreStore(directory_.string(), Target(), {}, Builtins(), options_).ok());
  std::filesystem::remove(Target() + "/MANIFEST");
  const auto again = [&] {
    return RestoreStore(directory_.string(), Target(), {}, Builtins(), options_).status();
  };
  // A store that has lost its manifest looks the same, but for the mark.
  EXPECT_TRUE(absl::IsAlreadyExists(again())) << again();
  std::ofstream(Target() + "/UNFINISHED").flush();
  std::ofstream(Target() + "/snapshots/0000000000000003.snapshot") << "of the attempt before";
  const absl::Status opened = OpenStore(Target(), Builtins(), options_).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(opened)) << opened;
  EXPECT_THAT(opened.ToString(), testing::HasSubstr("cut short"));
  const absl::Status status = again();
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_FALSE(std::filesystem::exists(Target() + "/UNFINISHED"));
  directory_ = Target();
  EXPECT_EQ(Files("snapshots").size(), 1u);
  Open();
  EXPECT_EQ(Count(), 10u);
}

// The mark goes last, and a power cut may leave it beside the manifest.
TEST_F(RestoreTest, AStoreThatWasFinishedOpensAndLosesItsMark) {
  Open();
  PutMany(0, 10);
  Close();
  ASSERT_TRUE(RestoreStore(directory_.string(), Target(), {}, Builtins(), options_).ok());
  std::ofstream(Target() + "/UNFINISHED").flush();
  EXPECT_TRUE(absl::IsAlreadyExists(
      RestoreStore(directory_.string(), Target(), {}, Builtins(), options_).status()));
  directory_ = Target();
  Open();
  EXPECT_EQ(Count(), 10u);
  EXPECT_FALSE(std::filesystem::exists(Target() + "/UNFINISHED"));
}

TEST_F(RestoreTest, DamageBehindThePointDoesNotMatter) {
  Open();
  PutMany(0, 3);
  const Lsn then = Put("k", "then");
  PutMany(3, 10);
  Kill();
  const auto segment = Files("wal").front();
  const std::string bytes = Bytes(segment);
  FlipByte(segment, bytes.find_last_not_of('\0') - 300);
  const auto report =
      RestoreStore(directory_.string(), Target(), {.lsn = then}, Builtins(), options_);
  ASSERT_TRUE(report.ok()) << report.status();
  directory_ = Target();
  Open();
  EXPECT_EQ(Get("k"), "then");
}

}  // namespace
}  // namespace varve
