// Power cuts while a snapshot is written: the old file or the new one, never anything else.
#include <gtest/gtest.h>

#include "tests/snapshot/snapshot_fixture.h"

namespace varve::snapshot {
namespace {

using crash::CrashChoice;
using crash::StrictFileSystem;

class SnapshotCrashTest : public SnapshotFixture {
 protected:
  SnapshotCrashTest() {
    for (unsigned i = 0; i < 40; ++i) {
      state_.Put(16, 0, "key" + std::to_string(i), Noise(5000, i), i + 1);
    }
    options_.background_thread = false;
  }

  // Rows of the file at kPath; nullopt where there is none. Any other outcome fails the test.
  static std::optional<Rows> RowsOn(StrictFileSystem& disk) {
    const absl::Status verified = VerifySnapshot(disk, kPath).status();
    if (absl::IsNotFound(verified)) return std::nullopt;
    EXPECT_TRUE(verified.ok()) << verified;
    RowCollector collector;
    EXPECT_TRUE(LoadSnapshot(disk, kPath, NoteRegistry(), collector).ok());
    return collector.rows;
  }

  std::vector<CrashChoice> Choices() {
    std::vector<CrashChoice> choices = {CrashChoice::Nothing(), CrashChoice::All(),
                                        CrashChoice::Killed()};
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      choices.push_back(CrashChoice::Random(seed, seed % 2 == 0 ? 512 : 4096));
    }
    return choices;
  }

  SnapshotWriteOptions options_;
};

// SNAP-W1
TEST_F(SnapshotCrashTest, BeforeEveryCallOfTheFirstOne) {
  std::uint64_t images = 0;
  for (std::uint64_t call = 1;; ++call) {
    crash::SimulatedEnvironment outside;
    ASSERT_TRUE(outside.files->CreateDirectory("store").ok());
    ASSERT_TRUE(outside.files->CreateDirectory("store/snapshots").ok());
    ASSERT_TRUE(outside.files->SyncDirectory("").ok());
    ASSERT_TRUE(outside.files->SyncDirectory("store").ok());
    outside.files->CrashAt(outside.files->call_count() + call);
    const bool ok = WriteSnapshot(outside.environment(), kPath, state_, registry_, options_).ok();
    for (const CrashChoice& choice : Choices()) {
      const auto disk = outside.files->CrashImage(choice);
      const std::optional<Rows> rows = RowsOn(*disk);
      ASSERT_TRUE(rows.has_value() || !ok) << "acknowledged and gone";
      if (rows.has_value()) {
        ASSERT_EQ(*rows, state_.rows);
      }
      ++images;
    }
    if (!outside.files->crashed()) break;  // it went through whole
  }
  EXPECT_GE(images, 66u);
}

TEST_F(SnapshotCrashTest, BeforeEveryCallOfAnotherUnderTheSameName) {
  const Rows before = state_.rows;
  Rows after = before;
  after.erase(after.begin());
  for (std::uint64_t call = 1;; ++call) {
    crash::SimulatedEnvironment outside;
    ASSERT_TRUE(outside.files->CreateDirectory("store").ok());
    ASSERT_TRUE(outside.files->CreateDirectory("store/snapshots").ok());
    ASSERT_TRUE(outside.files->SyncDirectory("").ok());
    ASSERT_TRUE(outside.files->SyncDirectory("store").ok());
    state_.rows = before;
    ASSERT_TRUE(WriteSnapshot(outside.environment(), kPath, state_, registry_, options_).ok());
    state_.rows = after;
    outside.files->CrashAt(outside.files->call_count() + call);
    const bool ok = WriteSnapshot(outside.environment(), kPath, state_, registry_, options_).ok();
    for (const CrashChoice& choice : Choices()) {
      const auto disk = outside.files->CrashImage(choice);
      const std::optional<Rows> rows = RowsOn(*disk);
      ASSERT_TRUE(rows.has_value());
      ASSERT_TRUE(*rows == after || (*rows == before && !ok));
      // What is left over does not stand in the way of the next one.
      const Environment next{disk.get(), &outside.clock, &outside.entropy};
      ASSERT_TRUE(WriteSnapshot(next, kPath, state_, registry_, options_).ok());
      ASSERT_EQ(disk->Contents().size(), 3u);  // two folders and the file
    }
    if (!outside.files->crashed()) break;
  }
}

}  // namespace
}  // namespace varve::snapshot
