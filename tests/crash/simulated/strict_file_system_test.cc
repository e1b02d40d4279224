// Tests: crash/simulated/strict_file.cc
// Tests: crash/simulated/strict_state.cc
// Tests: crash/simulated/strict_tree.cc
// The strict file system must lose everything that nobody promised to keep, and keep the rest.
#include "crash/simulated/strict_file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "crash/simulated/simulated_environment.h"

namespace varve::crash {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::uint64_t kSeeds = 200;

class StrictFileSystemTest : public ::testing::Test {
 protected:
  std::unique_ptr<File> Create(std::string_view path) {
    auto file = files_.Open(path, OpenMode::kCreate);
    EXPECT_TRUE(file.ok()) << file.status();
    return *std::move(file);
  }
  // A file whose name and whose content are durable.
  std::unique_ptr<File> CreateDurably(std::string_view path, std::string_view content) {
    auto file = Create(path);
    EXPECT_TRUE(file->WriteAt(0, content).ok());
    EXPECT_TRUE(file->Sync().ok());
    EXPECT_TRUE(files_.SyncDirectory("").ok());
    return file;
  }
  std::map<std::string, std::string> After(const CrashChoice& choice) const {
    return files_.CrashImage(choice)->Contents();
  }
  // What `path` holds in every random image; "absent" where it is missing.
  std::set<std::string> Possible(const std::string& path, std::size_t sector_bytes) const {
    std::set<std::string> found;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      const auto contents = After(CrashChoice::Random(seed, sector_bytes));
      const auto at = contents.find(path);
      found.insert(at == contents.end() ? "absent" : at->second);
    }
    return found;
  }

  StrictFileSystem files_;
};

TEST_F(StrictFileSystemTest, ReadsBackWhatWasWrittenAndZerosInGaps) {
  const auto file = Create("a");
  ASSERT_TRUE(file->WriteAt(2, "xy").ok());
  std::string buffer(10, '?');
  EXPECT_EQ(*file->ReadAt(0, buffer), 4u);
  EXPECT_EQ(buffer.substr(0, 4), std::string("\0\0xy", 4));
  EXPECT_EQ(*file->Size(), 4u);
  EXPECT_EQ(*file->ReadAt(9, buffer), 0u);
}

TEST_F(StrictFileSystemTest, LosesUnsyncedDataButKeepsSyncedData) {
  const auto file = CreateDurably("a", "durable");
  ASSERT_TRUE(file->WriteAt(0, "PENDING").ok());
  EXPECT_THAT(After(CrashChoice::Nothing()), ElementsAre(Pair("a", "durable")));
  EXPECT_THAT(After(CrashChoice::All()), ElementsAre(Pair("a", "PENDING")));
  ASSERT_TRUE(file->Sync().ok());
  EXPECT_THAT(After(CrashChoice::Nothing()), ElementsAre(Pair("a", "PENDING")));
}

TEST_F(StrictFileSystemTest, LosesANameWithoutDirectorySyncHoweverOftenTheFileWasSynced) {
  const auto file = Create("a");
  ASSERT_TRUE(file->WriteDurablyAt(0, "content").ok());
  ASSERT_TRUE(file->Sync().ok());
  EXPECT_THAT(After(CrashChoice::Nothing()), IsEmpty());
  EXPECT_THAT(Possible("a", 512), ElementsAre("absent", "content"));
  ASSERT_TRUE(files_.SyncDirectory("").ok());
  EXPECT_THAT(After(CrashChoice::Nothing()), ElementsAre(Pair("a", "content")));
}

TEST_F(StrictFileSystemTest, KeepsANameWithoutItsContent) {
  const auto file = Create("a");
  ASSERT_TRUE(file->WriteAt(0, "content").ok());
  ASSERT_TRUE(files_.SyncDirectory("/").ok());
  EXPECT_THAT(After(CrashChoice::Nothing()), ElementsAre(Pair("a", "")));
  // Size without data reads as zeros; data without size is cut off.
  EXPECT_THAT(Possible("a", 512), ElementsAre("", std::string(7, '\0'), "content"));
}

TEST_F(StrictFileSystemTest, TearsAWriteAtSectorBoundariesInAnyOrder) {
  const auto file = CreateDurably("a", std::string(24, '-'));
  ASSERT_TRUE(file->WriteAt(0, std::string(24, 'x')).ok());
  const std::set<std::string> possible = Possible("a", 8);
  EXPECT_EQ(possible.size(), 8u);  // every subset of three sectors
  EXPECT_TRUE(possible.contains("--------xxxxxxxx--------"));
  for (const std::string& content : possible) {
    for (std::size_t i = 0; i < content.size(); ++i) EXPECT_EQ(content[i], content[i / 8 * 8]);
  }
}

TEST_F(StrictFileSystemTest, MayKeepAnOlderVersionOfASectorBesideANewerOfAnother) {
  const auto file = CreateDurably("a", "oooooooooooooooo");
  ASSERT_TRUE(file->WriteAt(0, "1111111111111111").ok());
  ASSERT_TRUE(file->WriteAt(0, "2222222222222222").ok());
  const std::set<std::string> possible = Possible("a", 8);
  EXPECT_EQ(possible.size(), 9u);  // two sectors, three versions each
  EXPECT_TRUE(possible.contains("1111111122222222"));
  EXPECT_TRUE(possible.contains("22222222oooooooo"));
}

TEST_F(StrictFileSystemTest, ADurableWriteSaysNothingOfOtherBytes) {
  const auto file = CreateDurably("a", "........");
  ASSERT_TRUE(file->WriteAt(0, "pp").ok());
  ASSERT_TRUE(file->WriteDurablyAt(4, "dd").ok());
  EXPECT_THAT(After(CrashChoice::Nothing()), ElementsAre(Pair("a", "....dd..")));
  EXPECT_THAT(After(CrashChoice::All()), ElementsAre(Pair("a", "pp..dd..")));
}

TEST_F(StrictFileSystemTest, NoPendingWriteOverwritesALaterDurableOne) {
  const auto file = CreateDurably("a", "........");
  ASSERT_TRUE(file->WriteAt(0, "pppppppp").ok());
  ASSERT_TRUE(file->WriteDurablyAt(2, "dd").ok());
  ASSERT_TRUE(file->Truncate(3).ok());
  ASSERT_TRUE(file->WriteDurablyAt(3, "D").ok());
  for (const std::string& content : Possible("a", 8)) {
    EXPECT_EQ(content.substr(2, 2), "dD") << content;
  }
  EXPECT_THAT(After(CrashChoice::All()), ElementsAre(Pair("a", "ppdD")));
}

TEST_F(StrictFileSystemTest, ADurableWriteBeyondTheEndMakesTheSizeDurable) {
  const auto file = CreateDurably("a", "ab");
  ASSERT_TRUE(file->WriteDurablyAt(4, "ef").ok());
  EXPECT_THAT(After(CrashChoice::Nothing()), ElementsAre(Pair("a", std::string("ab\0\0ef", 6))));
}

TEST_F(StrictFileSystemTest, ADurableWriteCanBeTornWhileItIsUnderWay) {
  const auto file = CreateDurably("a", "----------------");
  std::set<std::string> seen;
  files_.SetHook([&](const Call& call) {
    if (call.kind == CallKind::kFlushDurably) seen = Possible("a", 8);
  });
  ASSERT_TRUE(file->WriteDurablyAt(0, "xxxxxxxxxxxxxxxx").ok());
  EXPECT_EQ(seen.size(), 4u);
  EXPECT_THAT(Possible("a", 8), ElementsAre("xxxxxxxxxxxxxxxx"));
}

TEST_F(StrictFileSystemTest, RenameIsAtomicButNotDurable) {
  CreateDurably("final", "old");
  const auto file = Create("temporary");
  ASSERT_TRUE(file->WriteDurablyAt(0, "new").ok());
  ASSERT_TRUE(files_.SyncDirectory("").ok());
  ASSERT_TRUE(files_.Rename("temporary", "final").ok());
  EXPECT_THAT(Possible("final", 512), ElementsAre("new", "old"));
  EXPECT_THAT(Possible("temporary", 512), ElementsAre("absent", "new"));
  EXPECT_THAT(After(CrashChoice::Nothing()),
              ElementsAre(Pair("final", "old"), Pair("temporary", "new")));
  ASSERT_TRUE(files_.SyncDirectory("").ok());
  EXPECT_THAT(After(CrashChoice::Nothing()), ElementsAre(Pair("final", "new")));
}

TEST_F(StrictFileSystemTest, RenameCanBeDurableWithoutTheContent) {
  const auto file = Create("temporary");
  ASSERT_TRUE(file->WriteAt(0, "new").ok());
  ASSERT_TRUE(files_.Rename("temporary", "final").ok());
  ASSERT_TRUE(files_.SyncDirectory("").ok());
  EXPECT_THAT(After(CrashChoice::Nothing()), ElementsAre(Pair("final", "")));
}

TEST_F(StrictFileSystemTest, RenameBetweenFoldersNeedsBothFoldersSynced) {
  ASSERT_TRUE(files_.CreateDirectory("d").ok());
  CreateDurably("a", "x");
  ASSERT_TRUE(files_.Rename("a", "d/a").ok());
  ASSERT_TRUE(files_.SyncDirectory("").ok());
  EXPECT_THAT(After(CrashChoice::Nothing()), ElementsAre(Pair("d/", "")));
  ASSERT_TRUE(files_.SyncDirectory("d").ok());
  EXPECT_THAT(After(CrashChoice::Nothing()), ElementsAre(Pair("d/", ""), Pair("d/a", "x")));
}

TEST_F(StrictFileSystemTest, ARemovedFileComesBackUnlessTheDirectoryWasSynced) {
  CreateDurably("a", "x");
  ASSERT_TRUE(files_.Remove("a").ok());
  EXPECT_THAT(files_.Contents(), IsEmpty());
  EXPECT_THAT(After(CrashChoice::Nothing()), ElementsAre(Pair("a", "x")));
  EXPECT_THAT(Possible("a", 512), ElementsAre("absent", "x"));
  ASSERT_TRUE(files_.SyncDirectory("").ok());
  EXPECT_THAT(After(CrashChoice::Nothing()), IsEmpty());
}

TEST_F(StrictFileSystemTest, AFileInALostFolderIsLost) {
  ASSERT_TRUE(files_.CreateDirectory("d").ok());
  const auto file = Create("d/a");
  ASSERT_TRUE(file->WriteDurablyAt(0, "x").ok());
  ASSERT_TRUE(files_.SyncDirectory("d").ok());
  EXPECT_THAT(After(CrashChoice::Nothing()), IsEmpty());
  ASSERT_TRUE(files_.SyncDirectory("").ok());
  EXPECT_THAT(After(CrashChoice::Nothing()), ElementsAre(Pair("d/", ""), Pair("d/a", "x")));
}

TEST_F(StrictFileSystemTest, TruncationMayOrMayNotHaveHappened) {
  const auto file = CreateDurably("a", "12345678");
  ASSERT_TRUE(file->Truncate(4).ok());
  EXPECT_THAT(After(CrashChoice::Nothing()), ElementsAre(Pair("a", "12345678")));
  EXPECT_TRUE(Possible("a", 8).contains("1234"));
  ASSERT_TRUE(file->Truncate(8).ok());
  EXPECT_EQ(files_.Contents()["a"], std::string("1234\0\0\0\0", 8));
  ASSERT_TRUE(file->Sync().ok());
  EXPECT_THAT(Possible("a", 8), ElementsAre(std::string("1234\0\0\0\0", 8)));
}

TEST_F(StrictFileSystemTest, PrefixImagesAddOneChangeAtATimeInTheOrderOfTheCalls) {
  const auto a = CreateDurably("a", "0");
  const auto b = Create("b");
  ASSERT_TRUE(a->WriteAt(0, "1").ok());
  ASSERT_TRUE(b->WriteAt(0, "2").ok());
  ASSERT_EQ(files_.pending_count(), 3u);
  EXPECT_THAT(After(CrashChoice::Prefix(0)), ElementsAre(Pair("a", "0")));
  EXPECT_THAT(After(CrashChoice::Prefix(1)), ElementsAre(Pair("a", "0"), Pair("b", "")));
  EXPECT_THAT(After(CrashChoice::Prefix(2)), ElementsAre(Pair("a", "1"), Pair("b", "")));
  EXPECT_THAT(After(CrashChoice::Prefix(3)), ElementsAre(Pair("a", "1"), Pair("b", "2")));
}

TEST_F(StrictFileSystemTest, AKilledProcessLosesNothingButMakesNothingDurableEither) {
  const auto file = CreateDurably("a", "old");
  ASSERT_TRUE(file->WriteAt(0, "new").ok());
  const auto killed = files_.CrashImage(CrashChoice::Killed());
  EXPECT_THAT(killed->Contents(), ElementsAre(Pair("a", "new")));
  EXPECT_THAT(killed->CrashImage(CrashChoice::Nothing())->Contents(),
              ElementsAre(Pair("a", "old")));
  const auto cut = files_.CrashImage(CrashChoice::All());
  EXPECT_THAT(cut->CrashImage(CrashChoice::Nothing())->Contents(), ElementsAre(Pair("a", "new")));
}

TEST_F(StrictFileSystemTest, AnImageIsIndependentOfTheOriginal) {
  const auto file = CreateDurably("a", "x");
  const auto image = files_.CrashImage(CrashChoice::All());
  ASSERT_TRUE(file->WriteDurablyAt(0, "y").ok());
  EXPECT_THAT(image->Contents(), ElementsAre(Pair("a", "x")));
  ASSERT_TRUE(image->Remove("a").ok());
  EXPECT_THAT(files_.Contents(), ElementsAre(Pair("a", "y")));
}

TEST_F(StrictFileSystemTest, TheSameSeedGivesTheSameImage) {
  const auto file = CreateDurably("a", std::string(4096, '-'));
  ASSERT_TRUE(file->WriteAt(0, std::string(4096, 'x')).ok());
  EXPECT_EQ(After(CrashChoice::Random(5)), After(CrashChoice::Random(5)));
}

TEST_F(StrictFileSystemTest, LocksExcludeEachOtherAndAreFreeAfterACrash) {
  auto lock = files_.Lock("LOCK", LockMode::kExclusive);
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_TRUE(absl::IsUnavailable(files_.Lock("LOCK", LockMode::kExclusive).status()));
  EXPECT_TRUE(absl::IsUnavailable(files_.Lock("LOCK", LockMode::kShared).status()));
  const auto image = files_.CrashImage(CrashChoice::All());
  EXPECT_TRUE(image->Lock("LOCK", LockMode::kExclusive).ok());
  lock->reset();
  const auto first = files_.Lock("LOCK", LockMode::kShared);
  const auto second = files_.Lock("LOCK", LockMode::kShared);
  EXPECT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(absl::IsUnavailable(files_.Lock("LOCK", LockMode::kExclusive).status()));
  EXPECT_TRUE(absl::IsNotFound(files_.Lock("other", LockMode::kShared).status()));
}

TEST_F(StrictFileSystemTest, AnswersRequestsThatCannotBeMetWithTheContractsCodes) {
  CreateDurably("a", "x");
  EXPECT_TRUE(absl::IsNotFound(files_.Open("b", OpenMode::kRead).status()));
  EXPECT_TRUE(absl::IsNotFound(files_.Open("no/b", OpenMode::kCreate).status()));
  EXPECT_TRUE(absl::IsAlreadyExists(files_.Open("a", OpenMode::kCreate).status()));
  EXPECT_TRUE(absl::IsAlreadyExists(files_.CreateDirectory("a")));
  EXPECT_TRUE(absl::IsNotFound(files_.Remove("b")));
  EXPECT_TRUE(absl::IsNotFound(files_.Rename("b", "c")));
  EXPECT_TRUE(absl::IsNotFound(files_.List("b").status()));
  EXPECT_TRUE(absl::IsNotFound(files_.SyncDirectory("b")));
  ASSERT_TRUE(files_.CreateDirectory("d").ok());
  Create("d/x");
  EXPECT_TRUE(absl::IsFailedPrecondition(files_.Remove("d")));
  EXPECT_THAT(*files_.List("/"), ElementsAre("a", "d"));
  EXPECT_TRUE(files_.Stat("d")->is_directory);
  EXPECT_EQ(files_.Stat("a")->bytes, 1u);
}

}  // namespace
}  // namespace varve::crash
