#include "kernel/io/internal/errno_status.h"

#include <cerrno>
#include <string>
#include <system_error>

#include "kernel/base/status.h"

namespace varve::internal {
namespace {

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::StatusCode::kNotFound;
    case EEXIST:
      return absl::StatusCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::StatusCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case EFBIG:
    case ENOMEM:
      return absl::StatusCode::kResourceExhausted;
    case ENOTEMPTY:
      return absl::StatusCode::kFailedPrecondition;
    default:
      return absl::StatusCode::kUnknown;
  }
}

std::string_view RemedyOf(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return "; check the owner and the mode of the file and of its folders";
    case EROFS:
      return "; the medium is read-only: open the store with read_only";
    case ENOSPC:
      return "; free space on this volume";
    case EDQUOT:
      return "; raise the quota or free space";
    case EMFILE:
      return "; raise this process's limit of open files (ulimit -n)";
    case ENFILE:
      return "; raise the system's limit of open files (fs.file-max)";
    case EFBIG:
      return "; raise the file size limit (ulimit -f) or use another file system";
    case ENOMEM:
      return "; try again when there is memory";
    case EIO:
      return "; the device failed: see the kernel log, then check or replace the medium";
    default:
      return "";
  }
}

}  // namespace

absl::Status ErrnoStatus(int error, std::string_view call, std::string_view path) {
  // strerror is not thread-safe; this is.
  const std::string words = std::generic_category().message(error);
  return MakeStatus(CodeOf(error), call, " ", path, ": ", words, RemedyOf(error));
}

}  // namespace varve::internal
