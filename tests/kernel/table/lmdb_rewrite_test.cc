// Tests: kernel/table/lmdb_loader.cc
// A state.mdb written anew holds what updates in place would have made of it, in less space.
#include "kernel/table/lmdb_rewrite.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "kernel/io/file_system.h"
#include "tests/kernel/table/materialized_model.h"

namespace varve::table {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

// Every kept version of every row, as text.
std::vector<std::string> Dump(MaterializedStore& store) {
  std::vector<std::string> lines;
  const auto reader = store.OpenReader();
  if (!reader.ok()) return {reader.status().ToString()};
  const auto rows = (*reader)->NewVersionStream({}, {});
  while (rows->Next()) {
    while (const auto version = rows->NextVersion()) {
      lines.push_back(std::string(rows->row_key()) + "@" + std::to_string(version->lsn.value()) +
                      (version->deleted ? " deleted" : "=" + std::string(version->value)));
    }
  }
  EXPECT_TRUE(rows->status().ok()) << rows->status();
  return lines;
}

class LmdbRewriteTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/lmdb_rewrite_test_" + std::to_string(getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    if (const char* seed = std::getenv("VARVE_TEST_SEED")) {
      seed_ = std::stoull(seed);
    } else {
      seed_ = std::random_device{}();
    }
    std::printf("VARVE_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed_));
    random_.seed(seed_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) { return folder_ + "/" + name; }
  std::unique_ptr<MaterializedStore> Create(const std::string& name, const HistoryPolicy& history) {
    EXPECT_TRUE(CreateLmdbFile(PosixFileSystem(), Path(name), AppliedMark{}).ok());
    return Open(name, history);
  }
  std::unique_ptr<MaterializedStore> Open(const std::string& name, const HistoryPolicy& history) {
    MaterializedOptions options;
    options.history = history;
    auto store = OpenLmdbStore(Path(name), options);
    EXPECT_TRUE(store.ok()) << store.status();
    return std::move(*store);
  }
  static AppliedMark Mark(std::uint64_t lsn) {
    return AppliedMark{Uuid(), Lsn(lsn), Timestamp(lsn), Lsn()};
  }
  // Some keys short, some longer than LMDB takes.
  std::string Key() {
    const std::uint64_t number = random_() % 300;
    const std::string padding(number % 7 == 0 ? 700 : 3, static_cast<char>('a' + number % 3));
    return padding + std::to_string(number);
  }
  // Changes of one checkpoint, with LSNs from `lsn` up.
  ModelRows Changes(std::uint64_t lsn) {
    ModelRows changes;
    for (int i = 0; i < 100; ++i, ++lsn) {
      const bool deleted = random_() % 4 == 0;
      changes[Key()].push_back({lsn, lsn, deleted, deleted ? "" : "v" + std::to_string(lsn)});
    }
    return changes;
  }

  std::string folder_;
  std::uint64_t seed_ = 0;
  std::mt19937_64 random_;
};

TEST_F(LmdbRewriteTest, AMergeIntoANewFileIsWhatACheckpointInPlaceMakes) {
  for (const std::chrono::microseconds keep :
       {std::chrono::microseconds::zero(), std::chrono::microseconds::max()}) {
    const HistoryPolicy history{keep};
    auto store = Create("state.mdb", history);
    std::uint64_t lsn = 1;
    for (int round = 0; round < 6; ++round, lsn += 100) {
      const ModelRows changes = Changes(lsn);
      {
        const auto state = store->OpenReader();
        ASSERT_TRUE(state.ok());
        ModelStream rows(changes);
        AppliedMark mark = Mark(lsn + 99);
        mark.history_from = (*state)->mark().history_from;
        const absl::Status written =
            WriteMergedFile(Path("merged.mdb"), **state, rows, mark, history);
        ASSERT_TRUE(written.ok()) << written;
      }
      ModelStream rows(changes);
      ASSERT_TRUE(store->Checkpoint(rows, Mark(lsn + 99)).ok());
      const auto merged = Open("merged.mdb", history);
      EXPECT_EQ(Dump(*merged), Dump(*store)) << "round " << round;
      const absl::Status verified = merged->Verify({});
      EXPECT_TRUE(verified.ok()) << verified;
      EXPECT_EQ((*merged->OpenReader())->mark().applied, Lsn(lsn + 99));
      EXPECT_EQ((*merged->OpenReader())->mark().history_from,
                (*store->OpenReader())->mark().history_from);
    }
  }
}

TEST_F(LmdbRewriteTest, ChangesAllOverTheKeysLeaveTheFileCompact) {
  auto store = Create("state.mdb", {});
  const std::string value(100, 'v');
  const auto key = [](std::uint64_t number) {
    std::string text = std::to_string(number * 0x9E3779B97F4A7C15u);
    return text.append(20 - text.size(), '-');
  };
  constexpr std::uint64_t kRows = 200'000;
  constexpr std::uint64_t kRounds = 4;
  std::unique_ptr<MaterializedReader> early;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    ModelRows changes;
    for (std::uint64_t i = round; i < kRows; i += kRounds) {
      changes[key(i)].push_back({round + 1, round + 1, false, value});
    }
    ModelStream rows(changes);
    const absl::Status written = store->Checkpoint(rows, Mark(round + 1));
    ASSERT_TRUE(written.ok()) << written;
    if (round == 0) early = *store->OpenReader();
  }
  const auto footprint = store->Footprint();
  ASSERT_TRUE(footprint.ok());
  EXPECT_EQ(footprint->rows, kRows);
  EXPECT_LT(footprint->file_bytes, kRows * (20 + 100) * 2);  // before: 3.3 times
  EXPECT_FALSE(PosixFileSystem().Stat(Path("state.mdb.new")).ok());
  // A reader of a file that is gone reads on.
  EXPECT_EQ(early->mark().applied, Lsn(1));
  EXPECT_TRUE((*early->Get(key(0), kLsnMax)).has_value());
  EXPECT_FALSE((*early->Get(key(1), kLsnMax)).has_value());
  early.reset();
  EXPECT_TRUE(store->Verify({}).ok());
  store.reset();
  EXPECT_TRUE(GuardMaterializedFile(PosixFileSystem(), Path("state.mdb"), true)->usable);
  EXPECT_EQ((*Open("state.mdb", {})->OpenReader())->mark().applied, Lsn(kRounds));
}

TEST_F(LmdbRewriteTest, WhatAnInterruptedRewriteLeftIsReplaced) {
  auto store = Create("state.mdb", {});
  const auto state = store->OpenReader();
  ASSERT_TRUE((*PosixFileSystem().Open(Path("state.mdb.new"), OpenMode::kCreate))
                  ->WriteAt(0, "half a file")
                  .ok());
  const ModelRows changes = Changes(1);
  ModelStream rows(changes);
  ASSERT_TRUE(WriteMergedFile(Path("state.mdb.new"), **state, rows, Mark(100), {}).ok());
  EXPECT_TRUE(GuardMaterializedFile(PosixFileSystem(), Path("state.mdb.new"), true)->usable);
}

TEST_F(LmdbRewriteTest, WhatAnInterruptedRewriteLeftIsGivenBackByTheNextOpen) {
  Create("state.mdb", {}).reset();
  const std::string left = Path("state.mdb.new");
  ASSERT_TRUE((*PosixFileSystem().Open(left, OpenMode::kCreate))->WriteAt(0, "half a file").ok());
  MaterializedOptions reading;
  reading.read_only = true;
  ASSERT_TRUE(OpenLmdbStore(Path("state.mdb"), reading).ok());
  EXPECT_TRUE(PosixFileSystem().Stat(left).ok());  // a read-only open changes nothing
  Open("state.mdb", {});
  EXPECT_FALSE(PosixFileSystem().Stat(left).ok());
}

TEST(RewritePolicy, AFileThatGrewFarBeyondItsRowsIsBloated) {
  RewritePolicy policy;
  policy.NoteRewritten({100 * kMiB, 100 * kMiB, 1'000'000});
  EXPECT_FALSE(policy.MergeIsCheaper(1000, {100 * kMiB, 100 * kMiB, 1'000'000}));
  EXPECT_FALSE(policy.IsBloated({120 * kMiB, 100 * kMiB, 1'000'000}));
  EXPECT_TRUE(policy.IsBloated({200 * kMiB, 100 * kMiB, 1'000'000}));
  EXPECT_FALSE(policy.IsBloated({200 * kMiB, 200 * kMiB, 2'000'000}));
}

TEST(RewritePolicy, SmallFilesAreLeftAlone) {
  RewritePolicy policy;
  policy.NoteRewritten({kMiB, kMiB, 10'000});
  EXPECT_FALSE(policy.IsBloated({10 * kMiB, kMiB, 10'000}));
}

TEST(RewritePolicy, ACheckpointLikeOneThatBloatedTheFileIsMerged) {
  RewritePolicy policy;
  const RewritePolicy::FileState compact{100 * kMiB, 100 * kMiB, 1'000'000};
  policy.NoteRewritten(compact);
  EXPECT_FALSE(policy.MergeIsCheaper(300'000, compact));  // nothing is known yet
  EXPECT_TRUE(policy.IsBloated({220 * kMiB, 120 * kMiB, 1'000'000}));
  policy.NoteRewritten(compact);
  EXPECT_TRUE(policy.MergeIsCheaper(300'000, compact));
  EXPECT_FALSE(policy.MergeIsCheaper(3'000, compact));
}

TEST(RewritePolicy, WhatItLearntIsPutToTheTestNowAndThen) {
  RewritePolicy policy;
  const RewritePolicy::FileState compact{100 * kMiB, 100 * kMiB, 1'000'000};
  policy.NoteRewritten(compact);
  EXPECT_FALSE(policy.MergeIsCheaper(300'000, compact));
  EXPECT_TRUE(policy.IsBloated({220 * kMiB, 120 * kMiB, 1'000'000}));
  policy.NoteRewritten(compact);
  int merges = 0;
  while (policy.MergeIsCheaper(300'000, compact)) ++merges;
  EXPECT_EQ(merges, 16);
  EXPECT_FALSE(policy.IsBloated({130 * kMiB, 130 * kMiB, 1'300'000}));  // in order now
  EXPECT_FALSE(policy.MergeIsCheaper(300'000, compact));
}

TEST(RewritePolicy, ARefusalForWantOfSpaceStandsUntilTheFileHasDoubled) {
  RewritePolicy policy;
  policy.NoteRewritten({100 * kMiB, 100 * kMiB, 1'000'000});
  const RewritePolicy::FileState bloated{200 * kMiB, 100 * kMiB, 1'000'000};
  EXPECT_TRUE(policy.IsBloated(bloated));
  policy.NoteRefused(bloated);
  EXPECT_FALSE(policy.IsBloated(bloated));
  EXPECT_TRUE(policy.IsBloated({500 * kMiB, 100 * kMiB, 1'000'000}));
}

}  // namespace
}  // namespace varve::table
