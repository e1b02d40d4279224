#include "kernel/io/file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crash/simulated/strict_file_system.h"

namespace varve {
namespace {

using crash::CallKind;
using crash::CrashChoice;
using crash::StrictFileSystem;

TEST(JoinPath, PutsOneSlashBetween) {
  EXPECT_EQ(JoinPath("a/b", "c"), "a/b/c");
  EXPECT_EQ(JoinPath("", "c"), "/c");
}

TEST(ZeroFill, WritesRealZerosInChunksAndSyncsThem) {
  StrictFileSystem files;
  const auto file = files.Open("a", OpenMode::kCreate);
  ASSERT_TRUE(files.SyncDirectory("").ok());
  constexpr std::uint64_t kBytes = (std::uint64_t{2} << 20) + 5;
  ASSERT_TRUE((*file)->WriteAt(0, "old").ok());
  ASSERT_TRUE(ZeroFill(**file, kBytes).ok());
  EXPECT_EQ(files.CrashImage(CrashChoice::Nothing())->Contents()["a"], std::string(kBytes, '\0'));
  std::uint64_t writes = 0;
  for (const auto& call : files.calls()) writes += call.kind == CallKind::kWrite ? 1u : 0u;
  EXPECT_EQ(writes, 1u + 3u);
}

TEST(ZeroFill, TouchesNothingBehindItsEnd) {
  StrictFileSystem files;
  const auto file = files.Open("a", OpenMode::kCreate);
  ASSERT_TRUE((*file)->WriteAt(0, "abcdef").ok());
  ASSERT_TRUE(ZeroFill(**file, 4).ok());
  EXPECT_EQ(files.Contents()["a"], std::string("\0\0\0\0ef", 6));
}

TEST(ZeroFill, ReportsWriteAndSyncErrors) {
  StrictFileSystem files;
  const auto file = files.Open("a", OpenMode::kCreate);
  files.AddFault({.kind = CallKind::kWrite, .status = crash::DiskFull()});
  EXPECT_TRUE(absl::IsResourceExhausted(ZeroFill(**file, 8)));
  files.AddFault({.kind = CallKind::kSync});
  EXPECT_TRUE(absl::IsUnknown(ZeroFill(**file, 8)));
}

TEST(ReadWholeFile, ReadsUpToTheLimitAndRefusesOneByteMore) {
  StrictFileSystem files;
  const auto file = files.Open("a", OpenMode::kCreate);
  ASSERT_TRUE((*file)->WriteAt(0, "12345").ok());
  EXPECT_EQ(*ReadWholeFile(files, "a", 5), "12345");
  const absl::Status status = ReadWholeFile(files, "a", 4).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_THAT(status.ToString(), ::testing::HasSubstr("5 bytes"));
  EXPECT_TRUE(absl::IsNotFound(ReadWholeFile(files, "b", 4).status()));
}

}  // namespace
}  // namespace varve
