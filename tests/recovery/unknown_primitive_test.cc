// Stores with data of a primitive that is not registered: refused, or carried and given back.
// Tests: kernel/carried_primitive.cc
#include <gmock/gmock.h>

#include "kernel/base/status.h"
#include "primitives/template/tally.h"
#include "primitives/template/tally_primitive.h"
#include "recovery/backup.h"
#include "snapshot/digest.h"
#include "tests/recovery/recovery_fixture.h"

namespace varve {
namespace {

// The disk fails for good at the first file of this name that is opened to be written.
class FailingAt final : public FileSystem {
 public:
  explicit FailingAt(std::string name) : name_(std::move(name)) {}

  absl::StatusOr<std::unique_ptr<File>> Open(std::string_view path, OpenMode mode) override {
    failed_ = failed_ || (mode != OpenMode::kRead && path.ends_with(name_));
    if (failed_) return absl::UnknownError("the disk failed");
    return real_.Open(path, mode);
  }
  absl::Status CreateDirectory(std::string_view path) override {
    return real_.CreateDirectory(path);
  }
  absl::StatusOr<std::vector<std::string>> List(std::string_view path) override {
    return real_.List(path);
  }
  absl::StatusOr<FileInfo> Stat(std::string_view path) override { return real_.Stat(path); }
  absl::Status Rename(std::string_view from, std::string_view to) override {
    return real_.Rename(from, to);
  }
  absl::Status Remove(std::string_view path) override { return real_.Remove(path); }
  absl::Status SyncDirectory(std::string_view path) override { return real_.SyncDirectory(path); }
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(std::string_view path, LockMode mode) override {
    return real_.Lock(path, mode);
  }
  absl::StatusOr<VolumeInfo> Volume(std::string_view path) override { return real_.Volume(path); }

  [[nodiscard]] bool failed() const { return failed_; }

 private:
  const std::string name_;
  FileSystem& real_ = PosixFileSystem();
  bool failed_ = false;
};

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
  // The message says whose data it is, where the first of it stands, and what to do.
  void ExpectRefused(std::string_view place) {
    const auto bytes = AllBytes();
    const absl::Status status = OpenWith(false, UnknownEntries::kRefuse);
    EXPECT_TRUE(absl::IsUnimplemented(status)) << status;
    EXPECT_EQ(AllBytes(), bytes);
    const std::string message(FromAbsl(status.message()));
    EXPECT_THAT(message, testing::HasSubstr("example.tally"));
    EXPECT_THAT(message, testing::HasSubstr("16"));
    EXPECT_THAT(message, testing::HasSubstr(std::string(place)));
    EXPECT_THAT(message, testing::HasSubstr("UnknownEntries::kCarry"));
    const absl::Status restored =
        RestoreStore(directory_.string(), (root_ / place).string(), {}, Builtins()).status();
    EXPECT_TRUE(absl::IsUnimplemented(restored)) << restored;
    EXPECT_THAT(std::string(FromAbsl(restored.message())), testing::HasSubstr("example.tally"));
    std::filesystem::remove_all(root_ / place);
  }
  void Count(std::string_view name) {
    const auto receipt = opened_.store->Update(
        [&](Transaction& transaction) { return Tally(transaction).Add(name, 1); });
    ASSERT_TRUE(receipt.ok()) << receipt.status();
  }
  snapshot::Digest DigestNow() {
    EXPECT_TRUE(opened_.store->Checkpoint().ok());
    const auto state = opened_.store->OpenMaterialized();
    EXPECT_TRUE(state.ok()) << state.status();
    return *snapshot::StateDigest(**state, opened_.store->registry());
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
  Put("k", "v");
  Count("a");
  Kill();  // in the log
  ExpectRefused("LSN 2");
  ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok());
  Close();  // in state.mdb
  ExpectRefused("LSN 2");
  ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok());
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  Close();  // in a snapshot
  std::filesystem::remove(directory_ / "state.mdb");
  ExpectRefused("snapshots/");
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

// Checkpoint, snapshot, restore and backup by a program that knows nothing of it; then the same
// digest of every row of every primitive, in the store and in what was made from it.
TEST_F(UnknownPrimitiveTest, TheDigestIsTheSameWhenItComesBackFromARestoreAndABackup) {
  const std::string restored = (root_ / "restored.varve").string();
  const std::string backup = (root_ / "backup.varve").string();
  const std::string again = (root_ / "again.varve").string();
  const std::string single = (root_ / "single.varve").string();
  ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok());
  Count("a");
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  Count("b");
  Put("k", "v");
  const snapshot::Digest before = DigestNow();
  Kill();

  ASSERT_TRUE(OpenWith(false, UnknownEntries::kCarry).ok());
  EXPECT_NE(DigestNow(), before);  // of rows that stand for others
  ASSERT_TRUE(opened_.snapshotter->CreateSnapshot(*opened_.store).ok());
  Close();
  const auto made = BackupStore(directory_.string(), backup);
  ASSERT_TRUE(made.ok()) << made.status();
  for (const auto& [source, target] : {std::pair(directory_.string(), restored), {backup, again}}) {
    const auto report = RestoreStore(source, target, {}, Builtins(), options_);
    ASSERT_TRUE(report.ok()) << report.status();
  }

  const auto report = RestoreSnapshot(Files("snapshots").back(), single, Builtins(), options_);
  ASSERT_TRUE(report.ok()) << report.status();

  for (const std::string& place : {directory_.string(), restored, again, single}) {
    directory_ = place;
    ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok()) << place;
    EXPECT_EQ(DigestNow(), before) << place;
    EXPECT_EQ(Total("b"), 1);
  }
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

// state.mdb holds rows of the primitive or of its placeholder, the manifest says whose, and a crash
// may come between the two. Whoever opens the store next must not take one's rows for the other's.
TEST_F(UnknownPrimitiveTest, ACrashWhileItGoesOrComesBackLosesNothing) {
  ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok());
  Count("a");
  Count("b");
  const snapshot::Digest whole = DigestNow();
  Close();
  for (const bool there : {true, false}) {
    for (const char* name : {"MANIFEST", "state.mdb.new"}) {
      ASSERT_TRUE(OpenWith(there, UnknownEntries::kCarry).ok());
      Close();  // rows of the primitive, or of its placeholder
      FailingAt files(name);
      options_.environment.files = &files;
      EXPECT_FALSE(OpenWith(!there, UnknownEntries::kCarry).ok()) << name;
      EXPECT_TRUE(files.failed()) << name;
      options_.environment.files = &PosixFileSystem();
      for (const bool tally : {there, !there, true}) {
        ASSERT_TRUE(OpenWith(tally, UnknownEntries::kCarry).ok()) << name;
        if (tally) {
          EXPECT_EQ(DigestNow(), whole) << name << " " << there;
        }
        Close();
      }
    }
  }
}

// Its entries in the log would be read as the other's.
TEST_F(UnknownPrimitiveTest, NobodyElseMayHaveItsEntryTypes) {
  class Stranger final : public Primitive {
   public:
    Stranger() {
      spec_.id = PrimitiveId{200};
      spec_.name = "stranger";
      spec_.entry_range = kTallyRange;
      spec_.entries = {{.type = kTallyAdd, .name = "StrangerAdd"}};
    }
    [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }
    [[nodiscard]] absl::Status Apply(const Entry&, ApplyContext&) const override {
      return absl::OkStatus();
    }
    [[nodiscard]] EntryDescription Describe(const Entry&) const override { return {}; }

   private:
    PrimitiveSpec spec_;
  };
  ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok());
  Count("a");
  Kill();
  for (const UnknownEntries unknown : {UnknownEntries::kRefuse, UnknownEntries::kCarry}) {
    PrimitiveRegistry registry = Builtins();
    ASSERT_TRUE(registry.Register(std::make_unique<Stranger>()).ok());
    options_.unknown_entries = unknown;
    const auto opened = OpenStore(directory_.string(), std::move(registry), options_);
    EXPECT_TRUE(absl::IsFailedPrecondition(opened.status())) << opened.status();
    const std::string message(FromAbsl(opened.status().message()));
    EXPECT_THAT(message, testing::HasSubstr("example.tally"));
    EXPECT_THAT(message, testing::HasSubstr("0x80"));
  }
  ASSERT_TRUE(OpenWith(true, UnknownEntries::kRefuse).ok());
  EXPECT_EQ(Total("a"), 1);
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
