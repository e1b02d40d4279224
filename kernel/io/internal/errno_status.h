// How a failed system call becomes a Status. The table is in kernel/io/file_system.h.
#ifndef VARVE_KERNEL_IO_INTERNAL_ERRNO_STATUS_H_
#define VARVE_KERNEL_IO_INTERNAL_ERRNO_STATUS_H_

#include <string_view>

#include "absl/status/status.h"

namespace varve::internal {

// `error` is an errno value, not 0. The message names the call, the path, the system's words and,
// where there is one, the remedy.
[[nodiscard]] absl::Status ErrnoStatus(int error, std::string_view call, std::string_view path);

}  // namespace varve::internal

#endif  // VARVE_KERNEL_IO_INTERNAL_ERRNO_STATUS_H_
