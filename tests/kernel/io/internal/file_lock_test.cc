#include "kernel/io/internal/file_lock.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>

#include "tests/kernel/io/child_process.h"

namespace varve {
namespace {

using ::testing::HasSubstr;
using testing_support::BecomeNobody;
using testing_support::MakeTestFolder;
using testing_support::RunInChild;

class FileLockTest : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  absl::StatusOr<std::unique_ptr<FileLock>> Take(LockMode mode) {
    return PosixFileSystem().Lock(path_, mode);
  }

  const std::string folder_ = MakeTestFolder();
  const std::string path_ = folder_ + "/LOCK";
};

TEST_F(FileLockTest, ASecondHolderInThisProcessIsTurnedAwayUntilTheFirstLetsGo) {
  auto first = Take(LockMode::kExclusive);
  ASSERT_TRUE(first.ok()) << first.status();
  for (const LockMode mode : {LockMode::kExclusive, LockMode::kShared}) {
    const absl::Status status = Take(mode).status();
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_THAT(status.ToString(), HasSubstr("this process"));
    EXPECT_THAT(status.ToString(), HasSubstr(path_));
  }
  first->reset();
  EXPECT_TRUE(Take(LockMode::kExclusive).ok());
}

TEST_F(FileLockTest, TheSameFileUnderAnotherNameIsTheSameLock) {
  const auto first = Take(LockMode::kExclusive);
  ASSERT_TRUE(first.ok());
  const std::string alias = folder_ + "/./LOCK";
  EXPECT_TRUE(absl::IsUnavailable(PosixFileSystem().Lock(alias, LockMode::kExclusive).status()));
  std::filesystem::create_symlink(path_, folder_ + "/alias");
  EXPECT_TRUE(absl::IsUnavailable(
      PosixFileSystem().Lock(folder_ + "/alias", LockMode::kExclusive).status()));
}

TEST_F(FileLockTest, SharedHoldersShareAndExcludeAnExclusiveOne) {
  ASSERT_TRUE(Take(LockMode::kExclusive).ok());  // makes the file
  auto first = Take(LockMode::kShared);
  auto second = Take(LockMode::kShared);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(absl::IsUnavailable(Take(LockMode::kExclusive).status()));
  first->reset();
  EXPECT_TRUE(absl::IsUnavailable(Take(LockMode::kExclusive).status()));
  second->reset();
  EXPECT_TRUE(Take(LockMode::kExclusive).ok());
}

TEST_F(FileLockTest, ASharedLockNeedsTheFileAndMakesNone) {
  EXPECT_TRUE(absl::IsNotFound(Take(LockMode::kShared).status()));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(FileLockTest, TheFileStaysWhenTheLockGoes) {
  ASSERT_TRUE(Take(LockMode::kExclusive).ok());
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(FileLockTest, ASharedLockWorksOnAReadOnlyFile) {
  ASSERT_TRUE(Take(LockMode::kExclusive).ok());
  ASSERT_EQ(::chmod(path_.c_str(), 0444), 0);
  ASSERT_EQ(::chmod(folder_.c_str(), 0555), 0);
  RunInChild([&] {
    BecomeNobody();
    EXPECT_TRUE(Take(LockMode::kShared).ok());
    EXPECT_TRUE(absl::IsPermissionDenied(Take(LockMode::kExclusive).status()));
    return 0;
  });
}

// Holds the lock in a child process for the life of this object.
class LockingChild final {
 public:
  explicit LockingChild(const std::string& path) {
    int ready[2];
    int release[2];
    EXPECT_EQ(::pipe(ready), 0);
    EXPECT_EQ(::pipe(release), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(release[1]);
      const auto lock = PosixFileSystem().Lock(path, LockMode::kExclusive);
      const char answer = lock.ok() ? 'y' : 'n';
      if (::write(ready[1], &answer, 1) != 1) ::_exit(2);
      char ignored;
      if (::read(release[0], &ignored, 1) < 0) ::_exit(3);  // until the parent closes its end
      ::_exit(0);
    }
    ::close(release[0]);
    ::close(ready[1]);
    release_ = release[1];
    char answer = 0;
    EXPECT_EQ(::read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    ::close(ready[0]);
  }
  ~LockingChild() {
    ::close(release_);
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    EXPECT_EQ(status, 0);
  }
  LockingChild(const LockingChild&) = delete;
  LockingChild& operator=(const LockingChild&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  int release_ = -1;
};

TEST_F(FileLockTest, AnotherProcessKeepsUsOutAndIsNamed) {
  {
    const LockingChild child(path_);
    for (const LockMode mode : {LockMode::kExclusive, LockMode::kShared}) {
      const absl::Status status = Take(mode).status();
      EXPECT_TRUE(absl::IsUnavailable(status)) << status;
      EXPECT_THAT(status.ToString(), HasSubstr("pid " + std::to_string(child.pid())));
    }
  }
  EXPECT_TRUE(Take(LockMode::kExclusive).ok());
}

TEST_F(FileLockTest, ARefusedSecondLockDoesNotDropTheFirst) {
  const auto first = Take(LockMode::kExclusive);
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(Take(LockMode::kShared).ok());
  RunInChild([&] {
    // Another open file description, past the register of this process: what the system says.
    const int descriptor = ::open(path_.c_str(), O_RDONLY);
    EXPECT_EQ(::flock(descriptor, LOCK_SH | LOCK_NB), -1);
    return 0;
  });
}

TEST_F(FileLockTest, AForkedChildThatLetsGoDoesNotTakeTheLockFromItsParent) {
  auto lock = Take(LockMode::kExclusive);
  ASSERT_TRUE(lock.ok());
  RunInChild([&] {
    lock->reset();
    EXPECT_TRUE(absl::IsUnavailable(Take(LockMode::kExclusive).status()));
    return 0;
  });
}

}  // namespace
}  // namespace varve
