// Snapshots of a real store, on a simulated disk.
#include "snapshot/snapshotter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "kernel/store_files.h"
#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "recovery/open.h"
#include "tests/snapshot/snapshot_fixture.h"

namespace varve::snapshot {
namespace {

using crash::CallKind;
using crash::CrashChoice;
using crash::DiskFull;
using crash::SimulatedEnvironment;
using ::testing::HasSubstr;

constexpr const char* kStore = "agent.varve";

class SnapshotterTest : public ::testing::Test {
 protected:
  SnapshotterTest() {
    options_.store.background_threads = false;
    options_.store.log.background_threads = false;
    options_.store.log.segment_bytes_min = 16 << 10;
    options_.store.log.segment_bytes_max = 16 << 10;
    options_.snapshots.log_bytes_min = std::uint64_t{1} << 40;  // on request only
  }

  // Rows live in memory and are lost with the store: every opening starts from the files.
  absl::Status TryOpen() {
    opened_ = OpenedStore();
    OpenOptions all = options_;
    all.environment = outside_->environment();
    all.materialized = [](const table::MaterializedOptions& wanted,
                          const table::AppliedMark& fresh) {
      return std::shared_ptr<table::MaterializedStore>(table::MakeMemoryStore(wanted, fresh));
    };
    PrimitiveRegistry registry;
    RegisterBuiltinPrimitives(registry);
    absl::StatusOr<OpenedStore> opened = OpenStore(kStore, std::move(registry), all);
    if (!opened.ok()) return opened.status();
    opened_ = *std::move(opened);
    return absl::OkStatus();
  }
  void Open() {
    const absl::Status status = TryOpen();
    ASSERT_TRUE(status.ok()) << status;
  }
  // The power is cut under the running store and comes back.
  void CutPower(const CrashChoice& choice) {
    auto left = files().CrashImage(choice);
    opened_ = OpenedStore();
    outside_->files = std::move(left);
  }
  void Put(unsigned first, unsigned count) {
    for (unsigned i = first; i < first + count; ++i) {
      const auto receipt = store().Update([i](Transaction& transaction) {
        return Kv(transaction).Put("key" + std::to_string(i), std::string(1000, 'v'));
      });
      ASSERT_TRUE(receipt.ok()) << receipt.status();
    }
  }
  std::uint64_t Count() {
    auto view = store().View();
    return *Kv(*view).Count();
  }
  absl::StatusOr<SnapshotInfo> Snapshot() { return opened_.snapshotter->CreateSnapshot(store()); }

  Store& store() { return *opened_.store; }
  crash::StrictFileSystem& files() { return *outside_->files; }
  Manifest OnDisk() { return *ReadManifest(files(), StoreFiles(kStore).manifest()); }
  std::vector<std::string> SnapshotFiles() {
    return *files().List(StoreFiles(kStore).snapshot_folder());
  }
  std::size_t SegmentCount() { return files().List(StoreFiles(kStore).log_folder())->size(); }

  std::unique_ptr<SimulatedEnvironment> outside_ = std::make_unique<SimulatedEnvironment>();
  OpenOptions options_;
  OpenedStore opened_;
};

TEST_F(SnapshotterTest, ASnapshotIsNamedByTheManifestAndServesAsBase) {
  options_.snapshots.retained = 1;
  Open();
  Put(0, 60);
  const auto info = Snapshot();
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->lsn, store().applied_lsn());
  const Manifest manifest = OnDisk();
  EXPECT_EQ(manifest, opened_.snapshotter->manifest());
  ASSERT_EQ(manifest.snapshots.size(), 1u);
  EXPECT_EQ(manifest.snapshots[0], (RetainedSnapshot{info->lsn, info->file_bytes, info->digest}));
  EXPECT_GE(manifest.durable_lsn, info->lsn);
  EXPECT_FALSE(manifest.clean_close);
  Put(60, 5);
  CutPower(CrashChoice::Nothing());
  Open();
  EXPECT_EQ(opened_.report.base, RecoveryReport::Base::kSnapshot);
  EXPECT_EQ(opened_.report.base_lsn, info->lsn);
  EXPECT_EQ(Count(), 65u);
}

TEST_F(SnapshotterTest, NothingNewMeansNoNewSnapshot) {
  Open();
  Put(0, 3);
  const auto first = Snapshot();
  ASSERT_TRUE(first.ok());
  const std::uint64_t calls = files().call_count();
  const auto second = Snapshot();
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->lsn, first->lsn);
  EXPECT_EQ(second->digest, first->digest);
  EXPECT_EQ(files().call_count(), calls) << "something was written";
  Put(3, 1);
  EXPECT_GT(Snapshot()->lsn, first->lsn);
}

TEST_F(SnapshotterTest, ALastSnapshotThatWasDamagedIsWrittenAgain) {
  Open();
  Put(0, 3);
  const auto first = Snapshot();
  ASSERT_TRUE(first.ok());
  files().Corrupt(first->path, first->file_bytes / 2, 0x10);
  ASSERT_FALSE(VerifySnapshot(files(), first->path).ok());
  const auto second = Snapshot();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->lsn, first->lsn);
  EXPECT_TRUE(VerifySnapshot(files(), first->path).ok());
  EXPECT_EQ(OnDisk().snapshots.size(), 1u);
}

TEST_F(SnapshotterTest, TheLogIsKeptBackToTheOldestRetainedSnapshot) {
  Open();
  Put(0, 60);
  ASSERT_TRUE(Snapshot().ok());
  const std::size_t segments = SegmentCount();
  EXPECT_GT(segments, 3u) << "the log is whole while there are fewer than two";
  EXPECT_EQ(OnDisk().log_start, Lsn(1));
  Put(60, 60);
  ASSERT_TRUE(Snapshot().ok());
  EXPECT_LT(SegmentCount(), segments + 3);
  EXPECT_EQ(OnDisk().log_start, OnDisk().snapshots[0].lsn.Next());
  Put(120, 60);
  const auto third = Snapshot();
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(SnapshotFiles().size(), 2u);
  EXPECT_EQ(OnDisk().snapshots.size(), 2u);
  Put(180, 3);

  // Either of the two leads to the present.
  const auto image = files().CrashImage(CrashChoice::Nothing());
  for (const bool damage_newest : {false, true}) {
    opened_ = OpenedStore();
    outside_ = std::make_unique<SimulatedEnvironment>();
    outside_->files = image->CrashImage(CrashChoice::All());
    if (damage_newest) files().Corrupt(third->path, 500, 1);
    Open();
    EXPECT_EQ(Count(), 183u);
    EXPECT_EQ(opened_.report.base_lsn == third->lsn, !damage_newest);
  }
}

TEST_F(SnapshotterTest, EitherSlotOfTheManifestKnowsWhatTheLogNoLongerHolds) {
  options_.snapshots.retained = 1;
  Open();
  for (unsigned round = 0; round < 3; ++round) {
    Put(round * 40, 40);
    ASSERT_TRUE(Snapshot().ok());
  }
  const auto image = files().CrashImage(CrashChoice::Nothing());
  for (const std::uint64_t offset : {std::uint64_t{50}, 50 + kManifestSlotBytes}) {
    opened_ = OpenedStore();
    outside_ = std::make_unique<SimulatedEnvironment>();
    outside_->files = image->CrashImage(CrashChoice::All());
    files().Corrupt(StoreFiles(kStore).manifest(), offset, 4);
    const absl::Status status = TryOpen();
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(Count(), 120u);
  }
}

TEST_F(SnapshotterTest, PolicyTakesThemByLogBytesWithoutBeingAsked) {
  options_.store.memtable_bytes = 32 << 10;
  options_.snapshots.log_bytes_min = 64 << 10;
  options_.snapshots.log_to_state_ratio = 0.1;
  Open();
  Put(0, 300);
  EXPECT_EQ(OnDisk().snapshots.size(), 2u);
  EXPECT_LT(SegmentCount(), 20u);
  EXPECT_TRUE(store().maintenance_status().ok()) << store().maintenance_status();
}

TEST_F(SnapshotterTest, PolicyTakesThemByTheNumberOfSegments) {
  options_.store.memtable_bytes = 32 << 10;
  options_.snapshots.segments_max = 5;
  Open();
  Put(0, 300);
  EXPECT_EQ(OnDisk().snapshots.size(), 2u);
}

TEST_F(SnapshotterTest, PolicyLeavesSmallStoresAlone) {
  options_.store.memtable_bytes = 32 << 10;
  options_.snapshots.log_bytes_min = 10 << 20;
  Open();
  Put(0, 300);
  ASSERT_TRUE(store().Close().ok());
  EXPECT_TRUE(SnapshotFiles().empty());
}

TEST_F(SnapshotterTest, ACleanCloseMarksWhereTheLogEnds) {
  options_.snapshots.log_bytes_min = 64 << 10;
  options_.snapshots.log_to_state_ratio = 0.1;
  Open();
  Put(0, 30);  // above a quarter of the threshold, below the whole of it
  EXPECT_TRUE(SnapshotFiles().empty());
  ASSERT_TRUE(store().Close().ok());
  const Manifest manifest = OnDisk();
  EXPECT_TRUE(manifest.clean_close);
  EXPECT_EQ(manifest.durable_lsn, manifest.log_end.last_lsn);
  EXPECT_GE(manifest.durable_lsn, Lsn(30));
  EXPECT_EQ(manifest.snapshots.size(), 1u);
  opened_ = OpenedStore();
  Open();
  EXPECT_TRUE(opened_.report.clean_close);
  EXPECT_EQ(Count(), 30u);
}

// F46
TEST_F(SnapshotterTest, AFullDiskCostsTheSnapshotAndNothingElse) {
  Open();
  Put(0, 10);
  ASSERT_TRUE(Snapshot().ok());
  Put(10, 10);
  const Manifest before = OnDisk();
  files().AddFault({.kind = CallKind::kWrite, .path_contains = ".new", .status = DiskFull()});
  EXPECT_TRUE(absl::IsResourceExhausted(Snapshot().status()));
  EXPECT_EQ(OnDisk(), before);
  EXPECT_EQ(SnapshotFiles().size(), 1u);
  Put(20, 10);
  EXPECT_EQ(Count(), 30u);
  EXPECT_TRUE(store().status().ok());
  EXPECT_TRUE(Snapshot().ok());
}

TEST_F(SnapshotterTest, AFailedManifestUpdateLeavesAStoreThatGoesOn) {
  Open();
  Put(0, 10);
  files().AddFault({.kind = CallKind::kWriteDurably, .path_contains = "MANIFEST"});
  EXPECT_FALSE(Snapshot().ok());
  EXPECT_TRUE(OnDisk().snapshots.empty());
  Put(10, 10);
  const auto info = Snapshot();
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(OnDisk().snapshots.size(), 1u);
  EXPECT_EQ(SnapshotFiles().size(), 1u) << "the file that nobody names is still there";
}

TEST_F(SnapshotterTest, IsTakenBesideCommitsOfOtherThreads) {
  options_.store.background_threads = true;
  options_.store.log.background_threads = true;
  options_.store.memtable_bytes = 64 << 10;
  options_.snapshots.log_bytes_min = 32 << 10;
  options_.snapshots.log_to_state_ratio = 0;
  Open();
  std::thread writer([this] { Put(0, 200); });
  for (int i = 0; i < 5; ++i) {
    const auto info = Snapshot();
    EXPECT_TRUE(info.ok()) << info.status();
  }
  writer.join();
  EXPECT_EQ(Count(), 200u);
  ASSERT_TRUE(Snapshot().ok());
  CutPower(CrashChoice::Nothing());
  Open();
  EXPECT_EQ(Count(), 200u);
}

// Every step of CreateSnapshot, with and without what was not yet durable.
TEST_F(SnapshotterTest, ACrashBetweenAnyTwoStepsLosesNothing) {
  options_.snapshots.retained = 1;
  std::uint64_t images = 0;
  for (std::uint64_t call = 1;; ++call) {
    opened_ = OpenedStore();
    outside_ = std::make_unique<SimulatedEnvironment>();
    Open();
    Put(0, 20);
    ASSERT_TRUE(Snapshot().ok());
    Put(20, 20);
    files().CrashAt(files().call_count() + call);
    const bool ok = Snapshot().ok();
    const bool crashed = files().crashed();
    const auto crashed_world = std::move(outside_);
    opened_ = OpenedStore();
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      outside_ = std::make_unique<SimulatedEnvironment>(seed + 9);
      outside_->files = crashed_world->files->CrashImage(seed == 0   ? CrashChoice::Nothing()
                                                         : seed == 1 ? CrashChoice::All()
                                                                     : CrashChoice::Random(seed));
      const absl::Status status = TryOpen();
      ASSERT_TRUE(status.ok()) << "call " << call << ", seed " << seed << ": " << status;
      ASSERT_EQ(Count(), 40u) << "call " << call << ", seed " << seed;
      Put(40, 1);
      ASSERT_TRUE(Snapshot().ok());
      ASSERT_EQ(SnapshotFiles().size(), 1u) << "leftovers of the crash";
      opened_ = OpenedStore();
      ++images;
    }
    if (!crashed) {
      EXPECT_TRUE(ok);
      break;
    }
  }
  EXPECT_GT(images, 40u);
}

}  // namespace
}  // namespace varve::snapshot
