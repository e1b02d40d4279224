// What only the store in LMDB has: a file that can be damaged or full, a map, readers in slots.
#include "kernel/table/lmdb_store.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "kernel/io/file_system.h"
#include "kernel/table/guard_meta.h"
#include "kernel/table/lmdb_environment.h"
#include "kernel/table/lmdb_page.h"
#include "tests/kernel/table/materialized_model.h"

namespace varve::table {
namespace {

constexpr std::size_t kPageBytes = 4096;

class LmdbStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/lmdb_store_test_" + std::to_string(getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    path_ = folder_ + "/state.mdb";
  }
  void TearDown() override {
    store_.reset();
    if (!disk_.empty()) umount(disk_.c_str());
    std::filesystem::remove_all(folder_);
  }

  void Create() {
    const absl::Status made = CreateLmdbFile(PosixFileSystem(), path_, AppliedMark{});
    ASSERT_TRUE(made.ok()) << made;
  }
  void Open(const MaterializedOptions& options = {}) {
    store_.reset();
    auto store = OpenLmdbStore(path_, options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = std::move(*store);
  }
  absl::Status Write(std::uint64_t lsn, int rows, const std::string& value) {
    ModelRows model;
    for (int i = 0; i < rows; ++i) {
      model["key" + std::to_string(i)].push_back({lsn, lsn, false, value});
    }
    ModelStream stream(model);
    return store_->Checkpoint(stream, AppliedMark{Uuid(), Lsn(lsn), Timestamp(lsn), Lsn()});
  }
  absl::StatusOr<std::string> Get(const std::string& key) {
    const auto reader = store_->OpenReader();
    if (!reader.ok()) return reader.status();
    const auto found = (*reader)->Get(key, kLsnMax);
    if (!found.ok()) return found.status();
    return found->has_value() ? std::string((*found)->value) : "absent";
  }
  bool Exists(const std::string& path) { return PosixFileSystem().Stat(path).ok(); }

  // The root of the rows, as the newest meta page names it.
  std::uint64_t Root() {
    std::string fault;
    const auto file = PosixFileSystem().Open(path_, OpenMode::kRead);
    return CheckLmdbMetas(**file, fault)->newest.rows.root;
  }
  // Changes the file under the open store, which sees it at once through its map.
  void Damage(std::uint64_t offset, const std::string& bytes) {
    const auto file = PosixFileSystem().Open(path_, OpenMode::kWrite);
    ASSERT_TRUE((*file)->WriteAt(offset, bytes).ok());
  }
  // LMDB asserts that a branch page has more than one node.
  void MakeLmdbAssert() {
    std::string lower;
    AppendLittleEndian<std::uint16_t>(lower, LmdbPageLayout::kHeaderBytes + 2);
    Damage(Root() * kPageBytes + LmdbPageLayout::kLowerOffset, lower);
  }
  void DamageValueOf(const std::string& value) {
    const std::string image = *ReadWholeFile(PosixFileSystem(), path_, std::uint64_t{1} << 30);
    for (std::size_t at = image.find(value); at != std::string::npos;
         at = image.find(value, at + 1)) {
      Damage(at, "X");
    }
  }

  std::string folder_;
  std::string path_;
  std::string disk_;  // mounted; empty where none is
  std::unique_ptr<MaterializedStore> store_;
};

TEST_F(LmdbStoreTest, CreateLeavesOneFileUnderItsName) {
  Create();
  EXPECT_EQ(*PosixFileSystem().List(folder_), std::vector<std::string>{"state.mdb"});
  Open();
  store_.reset();
  ASSERT_TRUE(RemoveLmdbFile(PosixFileSystem(), path_).ok());
  EXPECT_TRUE(PosixFileSystem().List(folder_)->empty());
}

TEST_F(LmdbStoreTest, OpenOfAnAbsentFileIsNotFoundAndMakesNone) {
  EXPECT_TRUE(absl::IsNotFound(OpenLmdbStore(path_, {}).status()));
  EXPECT_TRUE(PosixFileSystem().List(folder_)->empty());
}

TEST_F(LmdbStoreTest, ReadOnlyWritesNothing) {
  Create();
  Open();
  ASSERT_TRUE(Write(1, 10, "value").ok());
  store_.reset();
  std::filesystem::remove(path_ + "-lock");
  const std::string before = *ReadWholeFile(PosixFileSystem(), path_, 1 << 30);
  MaterializedOptions options;
  options.read_only = true;
  Open(options);
  EXPECT_EQ(*Get("key3"), "value");
  EXPECT_TRUE(absl::IsFailedPrecondition(Write(2, 1, "no")));
  EXPECT_TRUE(absl::IsFailedPrecondition(store_->NewLoader().status()));
  DamageValueOf("value");
  EXPECT_TRUE(absl::IsDataLoss(Get("key3").status()));
  EXPECT_EQ(*PosixFileSystem().List(folder_), std::vector<std::string>{"state.mdb"});
}

TEST_F(LmdbStoreTest, AnInterruptedLoadIsNoState) {
  Create();
  Open();
  {
    const auto loader = store_->NewLoader();
    ASSERT_TRUE(loader.ok());
    const std::string value(16 << 20, 'v');
    const RowVersion version{Lsn(1), Timestamp(1), false, value};
    for (int i = 0; i < 9; ++i) {  // more than one transaction
      ASSERT_TRUE((*loader)->Add("key" + std::to_string(i), version, false).ok());
    }
  }
  EXPECT_TRUE(absl::IsDataLoss(store_->OpenReader().status()));
  store_.reset();
  EXPECT_TRUE(absl::IsDataLoss(OpenLmdbStore(path_, {}).status()));
}

// STATE-4
TEST_F(LmdbStoreTest, ADamagedRowIsDataLossAndMarksTheFile) {
  Create();
  Open();
  ASSERT_TRUE(Write(1, 10, "value").ok());
  DamageValueOf("value");
  const auto found = Get("key3");
  EXPECT_TRUE(absl::IsDataLoss(found.status()));
  EXPECT_NE(found.status().message().find("rebuilds this file"), std::string::npos);
  EXPECT_TRUE(absl::IsDataLoss(store_->Verify({})));
  EXPECT_TRUE(Exists(DamageMarkPath(path_)));
  store_.reset();
  EXPECT_FALSE(GuardMaterializedFile(PosixFileSystem(), path_, false)->usable);
  Create();
  EXPECT_TRUE(GuardMaterializedFile(PosixFileSystem(), path_, false)->usable);
}

// Was: neither could be interrupted, however large the file.
TEST_F(LmdbStoreTest, ACheckOfRowsOrPagesStopsAtAnyStepThatSaysSoAndMarksNothing) {
  Create();
  Open();
  ASSERT_TRUE(Write(1, 500, std::string(8 << 10, 'v')).ok());  // some 6 MiB
  const auto rows = [&](const WorkStep& step) { return store_->Verify(step); };
  const auto pages = [&](const WorkStep& step) {
    return GuardMaterializedFile(PosixFileSystem(), path_, /*deep=*/true, step).status();
  };
  using Check = std::function<absl::Status(const WorkStep&)>;
  for (const Check& check : {Check(rows), Check(pages)}) {
    int stop_at = 1;
    absl::Status status = absl::CancelledError();
    for (; absl::IsCancelled(status); ++stop_at) {
      int asked = 0;
      status = check([&](std::uint64_t done) {
        EXPECT_GT(done, 0u);
        return ++asked == stop_at ? absl::CancelledError() : absl::OkStatus();
      });
      EXPECT_LE(asked, stop_at) << "told on after it was stopped";
    }
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_GT(stop_at, 5);
  }
  EXPECT_FALSE(Exists(DamageMarkPath(path_)));
}

TEST_F(LmdbStoreTest, AnAssertionWhileReadingIsDataLossAndReadingGoesOn) {
  Create();
  Open();
  ASSERT_TRUE(Write(1, 5000, "value").ok());
  {
    auto reader = store_->OpenReader();
    ASSERT_TRUE(reader.ok());
    MakeLmdbAssert();
    const auto found = (*reader)->Get("key3", kLsnMax);
    EXPECT_TRUE(absl::IsDataLoss(found.status())) << found.status();
    const auto cursor = (*reader)->NewCursor(kLsnMax);
    cursor->SeekAtOrAfter("");
    EXPECT_FALSE(cursor->valid());
    EXPECT_TRUE(absl::IsDataLoss(cursor->status())) << cursor->status();
  }
  EXPECT_TRUE(absl::IsDataLoss(Get("key4").status()));
  EXPECT_TRUE(Exists(DamageMarkPath(path_)));
}

TEST_F(LmdbStoreTest, AnAssertionWhileWritingBreaksTheStoreAndNotTheProcess) {
  Create();
  Open();
  ASSERT_TRUE(Write(1, 5000, "value").ok());
  EXPECT_EQ(*Get("key3"), "value");  // the pooled reader knows the mark from here on
  MakeLmdbAssert();
  // Where the map may still grow (the small address space under ThreadSanitizer), the mark is read
  // anew before each write, and that read meets the damage first.
  for (const std::uint64_t lsn : {2, 3}) {
    const absl::Status refused = Write(lsn, 5000, "other");
    EXPECT_TRUE(absl::IsUnknown(refused) || absl::IsDataLoss(refused)) << refused;
  }
  store_.reset();
  Create();  // the file is made anew, and LMDB's locks of the abandoned one do not matter
  Open();
  EXPECT_TRUE(Write(4, 5000, "again").ok());
  EXPECT_EQ(*Get("key3"), "again");
}

TEST_F(LmdbStoreTest, ASmallMapGrowsOnceNoReaderIsOpen) {
  Create();
  auto store = OpenLmdbStoreWithMap(path_, {}, 1 << 20);
  ASSERT_TRUE(store.ok()) << store.status();
  store_ = std::move(*store);
  ASSERT_TRUE(Write(1, 100, "small").ok());
  const std::string large(1000, 'l');
  {
    const auto reader = store_->OpenReader();
    EXPECT_TRUE(absl::IsResourceExhausted(Write(2, 3000, large)));
    EXPECT_TRUE(absl::IsResourceExhausted(Write(2, 3000, large)));
    EXPECT_EQ((*(*reader)->Get("key7", kLsnMax))->value, "small");
  }
  EXPECT_EQ(*Get("key7"), "small");
  absl::Status status;
  for (int attempt = 0; attempt < 5; ++attempt) {
    status = Write(2, 3000, large);
    if (status.ok()) break;
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  }
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(*Get("key2999"), large);
}

TEST_F(LmdbStoreTest, TooManyReadersAreRefusedAndNamed) {
  Create();
  Open();
  std::vector<std::unique_ptr<MaterializedReader>> readers;
  absl::Status status;
  while (status.ok() && readers.size() <= kLmdbReadersMax) {
    auto reader = store_->OpenReader();
    status = reader.status();
    if (reader.ok()) readers.push_back(std::move(*reader));
  }
  EXPECT_EQ(readers.size(), kLmdbReadersMax);
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_NE(status.message().find("1024"), std::string::npos) << status;
  readers.pop_back();
  EXPECT_TRUE(store_->OpenReader().ok());
}

TEST_F(LmdbStoreTest, AFullDiskChangesNothingAndTheStoreGoesOn) {
  const std::string disk = folder_ + "/disk";
  std::filesystem::create_directories(disk);
  if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=2m") != 0) {
    GTEST_SKIP() << "no permission to mount a small disk";
  }
  disk_ = disk;
  path_ = disk + "/state.mdb";
  Create();
  Open();
  ASSERT_TRUE(Write(1, 100, "small").ok());
  const absl::Status full = Write(2, 3000, std::string(1000, 'l'));
  EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
  EXPECT_EQ(*Get("key7"), "small");
  EXPECT_GT(PosixFileSystem().Volume(disk)->free_bytes, 1u << 20);  // given back
  EXPECT_TRUE(Write(2, 100, "later").ok());
  EXPECT_EQ(*Get("key7"), "later");
  EXPECT_TRUE(store_->Verify({}).ok());
  store_.reset();
  EXPECT_TRUE(GuardMaterializedFile(PosixFileSystem(), path_, true)->usable);
}

TEST_F(LmdbStoreTest, SpaceIsReusedUnderRepeatedUpdates) {
  Create();
  Open();
  ASSERT_TRUE(Write(1, 5000, std::string(100, 'a')).ok());
  for (std::uint64_t lsn = 2; lsn < 8; ++lsn) {
    ASSERT_TRUE(Write(lsn, 5000, std::string(100, 'b')).ok());
  }
  const std::uint64_t settled = store_->Footprint()->file_bytes;
  for (std::uint64_t lsn = 8; lsn < 30; ++lsn) {
    ASSERT_TRUE(Write(lsn, 5000, std::string(100, 'c')).ok());
  }
  const auto footprint = store_->Footprint();
  EXPECT_LE(footprint->file_bytes, settled + settled / 10);
  EXPECT_EQ(footprint->rows, 5000u);
  EXPECT_GT(footprint->live_bytes, 500000u);
  EXPECT_LE(footprint->live_bytes + footprint->free_bytes, footprint->file_bytes);
}

// STATE-2
TEST_F(LmdbStoreTest, HeadsGoWithTheLastLongKeyUnderThem) {
  Create();
  Open();
  ASSERT_TRUE(Write(1, 1, "value").ok());
  const std::uint64_t before = store_->Footprint()->live_bytes;
  for (const bool deleted : {false, true}) {
    ModelRows rows;
    for (int i = 0; i < 300; ++i) {
      const std::string key = std::to_string(i) + std::string(600 + i, 'k');
      rows[key].push_back({deleted ? 3u : 2u, 2, deleted, ""});
    }
    ModelStream stream(rows);
    const AppliedMark mark{Uuid(), Lsn(deleted ? 3 : 2), Timestamp(2), Lsn()};
    ASSERT_TRUE(store_->Checkpoint(stream, mark).ok());
    ASSERT_EQ(store_->Footprint()->rows, deleted ? 1u : 301u);
    ASSERT_TRUE(store_->Verify({}).ok());
  }
  // A page of LMDB's own list of free pages may have come.
  EXPECT_LE(store_->Footprint()->live_bytes, before + kPageBytes);
}

// Every reader, in any thread, sees rows of one checkpoint only.
TEST_F(LmdbStoreTest, ReadersInThreadsSeeOneCheckpointEach) {
  constexpr int kRows = 200;
  Create();
  Open();
  ASSERT_TRUE(Write(1, kRows, "1").ok());
  std::atomic<bool> stop = false;
  std::atomic<int> mixed = 0;
  std::atomic<int> scans = 0;
  const auto read = [&] {
    while (!stop) {
      const auto reader = store_->OpenReader();
      if (!reader.ok()) return static_cast<void>(++mixed);
      const std::string expected = std::to_string((*reader)->mark().applied.value());
      int rows = 0;
      const auto cursor = (*reader)->NewCursor(kLsnMax);
      for (cursor->SeekAtOrAfter(""); cursor->valid(); cursor->Next()) {
        ++rows;
        if (cursor->version().value != expected) ++mixed;
      }
      const auto found = (*reader)->Get("key17", kLsnMax);
      if (rows != kRows || !found.ok() || (*found)->value != expected) ++mixed;
      ++scans;
    }
  };
  std::thread first(read);
  std::thread second(read);
  for (std::uint64_t lsn = 2; lsn < 60 || scans < 100; ++lsn) {
    if (!Write(lsn, kRows, std::to_string(lsn)).ok()) ++mixed;
  }
  stop = true;
  first.join();
  second.join();
  EXPECT_EQ(mixed, 0);
}

}  // namespace
}  // namespace varve::table
