#include "kernel/io/internal/errno_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <initializer_list>

namespace varve::internal {
namespace {

using absl::StatusCode;

void ExpectCode(std::initializer_list<int> errors, StatusCode code) {
  for (const int error : errors) {
    EXPECT_EQ(ErrnoStatus(error, "open", "a").code(), code) << "errno " << error;
  }
}

TEST(ErrnoStatus, MapsEveryErrnoToTheCodeThatTellsTheCallerWhatToDo) {
  ExpectCode({ENOENT, ENOTDIR}, StatusCode::kNotFound);
  ExpectCode({EEXIST}, StatusCode::kAlreadyExists);
  ExpectCode({EACCES, EPERM, EROFS}, StatusCode::kPermissionDenied);
  ExpectCode({ENOSPC, EDQUOT, EMFILE, ENFILE, EFBIG, ENOMEM}, StatusCode::kResourceExhausted);
  ExpectCode({ENOTEMPTY}, StatusCode::kFailedPrecondition);
  ExpectCode({EIO, EINVAL, EBADF, ESTALE, ENXIO}, StatusCode::kUnknown);
}

TEST(ErrnoStatus, NamesTheCallThePathTheReasonAndTheRemedy) {
  EXPECT_EQ(ErrnoStatus(ENOSPC, "pwrite", "a/b").ToString(),
            "RESOURCE_EXHAUSTED: pwrite a/b: No space left on device; free space on this volume");
  EXPECT_EQ(ErrnoStatus(EBADF, "fstat", "x").ToString(), "UNKNOWN: fstat x: Bad file descriptor");
  for (const int error : {EACCES, EPERM, EROFS, EDQUOT, EMFILE, ENFILE, EFBIG, ENOMEM, EIO}) {
    EXPECT_THAT(ErrnoStatus(error, "open", "a").ToString(), ::testing::HasSubstr("; "));
  }
}

}  // namespace
}  // namespace varve::internal
