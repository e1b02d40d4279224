#include "kernel/io/internal/posix_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/kernel/io/child_process.h"

namespace varve {
namespace {

using ::testing::HasSubstr;
using testing_support::MakeTestFolder;
using testing_support::RunInChild;

class PosixFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto file = PosixFileSystem().Open(path_, OpenMode::kCreate);
    ASSERT_TRUE(file.ok()) << file.status();
    file_ = *std::move(file);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string Read(std::uint64_t offset, std::size_t count) {
    std::string buffer(count, '?');
    const auto read = file_->ReadAt(offset, buffer);
    EXPECT_TRUE(read.ok()) << read.status();
    return buffer.substr(0, *read);
  }

  const std::string folder_ = MakeTestFolder();
  const std::string path_ = folder_ + "/a";
  std::unique_ptr<File> file_;
};

TEST_F(PosixFileTest, ReadsBackBothKindsOfWrites) {
  ASSERT_TRUE(file_->WriteAt(0, "hello").ok());
  ASSERT_TRUE(file_->WriteDurablyAt(5, " world").ok());
  ASSERT_TRUE(file_->WriteDurablyAt(0, "").ok());
  ASSERT_TRUE(file_->Sync().ok());
  EXPECT_EQ(Read(0, 11), "hello world");
  EXPECT_EQ(*file_->Size(), 11u);
}

TEST_F(PosixFileTest, ReadsFewerBytesOnlyWhereTheFileEnds) {
  ASSERT_TRUE(file_->WriteAt(0, "12345").ok());
  EXPECT_EQ(Read(3, 10), "45");
  EXPECT_EQ(Read(5, 10), "");
  EXPECT_EQ(Read(100, 10), "");
}

TEST_F(PosixFileTest, AGapReadsAsZeros) {
  ASSERT_TRUE(file_->WriteDurablyAt(4, "x").ok());
  EXPECT_EQ(Read(0, 5), std::string("\0\0\0\0x", 5));
}

TEST_F(PosixFileTest, TruncateCutsAndExtendsWithZeros) {
  ASSERT_TRUE(file_->WriteAt(0, "12345").ok());
  ASSERT_TRUE(file_->Truncate(2).ok());
  ASSERT_TRUE(file_->Truncate(4).ok());
  EXPECT_EQ(Read(0, 10), std::string("12\0\0", 4));
}

TEST_F(PosixFileTest, MovesBuffersLargerThanOneTransfer) {
  std::string large(std::size_t{9} << 20, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 8);
  ASSERT_TRUE(file_->WriteAt(1, large).ok());
  EXPECT_EQ(Read(1, large.size() + 1), large);
}

TEST_F(PosixFileTest, AShortWriteIsContinuedUntilTheRealErrorShows) {
  RunInChild([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{64, 64};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (const bool durably : {false, true}) {
      const std::string bytes(100, 'x');  // the system takes 64 of them, then refuses
      const absl::Status status =
          durably ? file_->WriteDurablyAt(0, bytes) : file_->WriteAt(0, bytes);
      EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
      EXPECT_THAT(status.ToString(), HasSubstr("ulimit -f"));
      EXPECT_EQ(*file_->Size(), 64u);
    }
    EXPECT_TRUE(absl::IsResourceExhausted(file_->Truncate(65)));
    return 0;
  });
}

TEST_F(PosixFileTest, AFullDeviceIsResourceExhaustedForBothKindsOfWrites) {
  const auto full = PosixFileSystem().Open("/dev/full", OpenMode::kWrite);
  if (!full.ok()) GTEST_SKIP() << "no /dev/full here: " << full.status();
  EXPECT_TRUE(absl::IsResourceExhausted((*full)->WriteAt(0, "x")));
  EXPECT_TRUE(absl::IsResourceExhausted((*full)->WriteDurablyAt(0, "x")));
  EXPECT_THAT((*full)->WriteAt(0, "x").ToString(), HasSubstr("/dev/full"));
}

// From now on this process's `call` fails with `error`.
void MakeCallFail(long call, int error) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{std::size(program), program};
  ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0), 0);
}

TEST_F(PosixFileTest, DurableWritesFallBackToWriteAndSyncWhereTheSystemLacksThem) {
  for (const int error : {EOPNOTSUPP, EINVAL, ENOSYS}) {
    RunInChild([&] {
      MakeCallFail(SYS_pwritev2, error);
      EXPECT_TRUE(file_->WriteDurablyAt(0, "first").ok());
      EXPECT_TRUE(file_->WriteDurablyAt(5, " second").ok());
      EXPECT_EQ(Read(0, 20), "first second");
      MakeCallFail(SYS_fdatasync, EIO);  // without it, the write is not durable
      EXPECT_TRUE(absl::IsUnknown(file_->WriteDurablyAt(0, "third")));
      return 0;
    });
  }
}

TEST_F(PosixFileTest, DurableWritesDoNotFallBackAfterADeviceError) {
  RunInChild([&] {
    MakeCallFail(SYS_pwritev2, EIO);
    const absl::Status status = file_->WriteDurablyAt(0, "x");
    EXPECT_TRUE(absl::IsUnknown(status)) << status;
    EXPECT_EQ(*file_->Size(), 0u);
    return 0;
  });
}

TEST_F(PosixFileTest, AFailedSyncIsUnknown) {
  RunInChild([&] {
    MakeCallFail(SYS_fdatasync, EIO);
    const absl::Status status = file_->Sync();
    EXPECT_TRUE(absl::IsUnknown(status));
    EXPECT_THAT(status.ToString(), HasSubstr("fdatasync " + path_));
    return 0;
  });
}

TEST_F(PosixFileTest, ErrorsNameTheCallThePathAndTheSystemsWords) {
  const auto folder = PosixFileSystem().Open(folder_, OpenMode::kRead);
  ASSERT_TRUE(folder.ok());
  std::string buffer(1, '?');
  const absl::Status status = (*folder)->ReadAt(0, buffer).status();
  EXPECT_TRUE(absl::IsUnknown(status));
  EXPECT_THAT(status.ToString(), HasSubstr("pread " + folder_ + ": Is a directory"));
  const auto reader = PosixFileSystem().Open(path_, OpenMode::kRead);
  EXPECT_FALSE((*reader)->WriteAt(0, "x").ok());
  EXPECT_FALSE((*reader)->WriteDurablyAt(0, "x").ok());
  EXPECT_FALSE((*reader)->Truncate(0).ok());
}

TEST_F(PosixFileTest, ThreadsReadAndWriteBesideEachOther) {
  ASSERT_TRUE(file_->Truncate(64 * 100).ok());
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string bytes(16, static_cast<char>('a' + t));
      for (std::uint64_t i = 0; i < 100; ++i) {
        const std::uint64_t offset = i * 64 + t * 16;
        EXPECT_TRUE(file_->WriteAt(offset, bytes).ok());
        EXPECT_EQ(Read(offset, 16), bytes);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace varve
