#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <sched.h>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>

#include "kernel/io/file_system.h"
#include "tests/kernel/io/child_process.h"

namespace varve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing_support::BecomeNobody;
using testing_support::MakeTestFolder;
using testing_support::RunInChild;

constexpr int kSkipped = 77;

std::string Message(const absl::Status& status) { return status.ToString(); }

class PosixFileSystemTest : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string Path(std::string_view name) const { return JoinPath(folder_, name); }
  void Put(std::string_view name, std::string_view content) {
    auto file = files_.Open(Path(name), OpenMode::kCreate);
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_TRUE((*file)->WriteDurablyAt(0, content).ok());
  }
  std::string Read(std::string_view name) {
    auto content = ReadWholeFile(files_, Path(name), 1 << 20);
    return content.ok() ? *content : Message(content.status());
  }

  const std::string folder_ = MakeTestFolder();
  FileSystem& files_ = PosixFileSystem();
};

TEST_F(PosixFileSystemTest, CreatesWhatMustNotExistAndOpensWhatMust) {
  EXPECT_TRUE(absl::IsNotFound(files_.Open(Path("a"), OpenMode::kRead).status()));
  EXPECT_TRUE(absl::IsNotFound(files_.Open(Path("a"), OpenMode::kWrite).status()));
  Put("a", "x");
  const absl::Status again = files_.Open(Path("a"), OpenMode::kCreate).status();
  EXPECT_TRUE(absl::IsAlreadyExists(again));
  EXPECT_THAT(Message(again), HasSubstr(Path("a")));
  EXPECT_TRUE(files_.Open(Path("a"), OpenMode::kWrite).ok());
  EXPECT_TRUE(absl::IsNotFound(files_.Open(Path("no/a"), OpenMode::kCreate).status()));
  EXPECT_TRUE(absl::IsNotFound(files_.Open(Path("a/b"), OpenMode::kRead).status()));
}

TEST_F(PosixFileSystemTest, ListsNamesSortedWithoutDots) {
  Put("b", "");
  Put(".hidden", "");
  ASSERT_TRUE(files_.CreateDirectory(Path("a")).ok());
  EXPECT_THAT(*files_.List(folder_), ElementsAre(".hidden", "a", "b"));
  EXPECT_THAT(*files_.List(Path("a")), IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(files_.List(Path("c")).status()));
  EXPECT_TRUE(absl::IsNotFound(files_.List(Path("b")).status()));
}

TEST_F(PosixFileSystemTest, TellsSizesAndFolders) {
  Put("a", std::string(5000, 'x'));
  const auto file = files_.Stat(Path("a"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->bytes, 5000u);
  EXPECT_FALSE(file->is_directory);
  EXPECT_TRUE(files_.Stat(folder_)->is_directory);
  EXPECT_TRUE(absl::IsNotFound(files_.Stat(Path("b")).status()));
}

TEST_F(PosixFileSystemTest, RenameReplaces) {
  Put("new", "new");
  Put("old", "old");
  ASSERT_TRUE(files_.Rename(Path("new"), Path("old")).ok());
  EXPECT_EQ(Read("old"), "new");
  EXPECT_THAT(*files_.List(folder_), ElementsAre("old"));
  const absl::Status missing = files_.Rename(Path("new"), Path("old"));
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_THAT(Message(missing), HasSubstr("rename " + Path("new") + " to " + Path("old")));
}

TEST_F(PosixFileSystemTest, RemovesFilesAndEmptyFoldersOnly) {
  ASSERT_TRUE(files_.CreateDirectory(Path("d")).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(files_.CreateDirectory(Path("d"))));
  Put("d/a", "x");
  EXPECT_TRUE(absl::IsFailedPrecondition(files_.Remove(Path("d"))));
  ASSERT_TRUE(files_.Remove(Path("d/a")).ok());
  EXPECT_TRUE(files_.Remove(Path("d")).ok());
  EXPECT_TRUE(absl::IsNotFound(files_.Remove(Path("d"))));
}

TEST_F(PosixFileSystemTest, SyncsFolders) {
  Put("a", "x");
  EXPECT_TRUE(files_.SyncDirectory(folder_).ok());
  EXPECT_TRUE(absl::IsNotFound(files_.SyncDirectory(Path("b"))));
  EXPECT_TRUE(absl::IsNotFound(files_.SyncDirectory(Path("a"))));
}

TEST_F(PosixFileSystemTest, AnOpenFileSurvivesItsRemoval) {
  Put("a", "content");
  const auto file = files_.Open(Path("a"), OpenMode::kRead);
  ASSERT_TRUE(files_.Remove(Path("a")).ok());
  std::string buffer(7, '?');
  EXPECT_EQ(*(*file)->ReadAt(0, buffer), 7u);
  EXPECT_EQ(buffer, "content");
}

TEST_F(PosixFileSystemTest, AnswersPermissionDeniedWithTheRemedy) {
  Put("a", "x");
  ASSERT_EQ(::chmod(folder_.c_str(), 0555), 0);
  RunInChild([&] {
    BecomeNobody();
    const absl::Status status = files_.Open(Path("b"), OpenMode::kCreate).status();
    EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
    EXPECT_THAT(Message(status), HasSubstr("check the owner"));
    EXPECT_TRUE(absl::IsPermissionDenied(files_.Remove(Path("a"))));
    EXPECT_TRUE(absl::IsPermissionDenied(files_.CreateDirectory(Path("d"))));
    return 0;
  });
}

TEST_F(PosixFileSystemTest, AnswersResourceExhaustedWithoutFreeDescriptors) {
  Put("a", "x");
  RunInChild([&] {
    const rlimit limit{3, 3};  // only the standard streams
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    const absl::Status status = files_.Open(Path("a"), OpenMode::kRead).status();
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_THAT(Message(status), HasSubstr("ulimit -n"));
    return 0;
  });
}

TEST_F(PosixFileSystemTest, AnswersResourceExhaustedOnAFullDisk) {
  const int code = RunInChild([&] {
    if (::unshare(CLONE_NEWNS) != 0) return kSkipped;
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return kSkipped;
    if (::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=64k") != 0) return kSkipped;
    auto file = files_.Open(Path("a"), OpenMode::kCreate);
    EXPECT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(files_.Volume(folder_)->kind, VolumeInfo::Kind::kMemory);
    EXPECT_LE(files_.Volume(folder_)->free_bytes, 64u << 10);
    const absl::Status status = ZeroFill(**file, 1 << 20);
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_THAT(Message(status), HasSubstr("free space"));
    EXPECT_TRUE(absl::IsResourceExhausted((*file)->WriteDurablyAt(1 << 20, "x")));
    return 0;
  });
  if (code == kSkipped) GTEST_SKIP() << "this process may not mount a tmpfs";
}

TEST_F(PosixFileSystemTest, KnowsTheVolume) {
  const auto volume = files_.Volume(folder_);
  ASSERT_TRUE(volume.ok()) << volume.status();
  EXPECT_GT(volume->free_bytes, 0u);
  EXPECT_TRUE(absl::IsNotFound(files_.Volume(Path("no")).status()));
}

}  // namespace
}  // namespace varve
