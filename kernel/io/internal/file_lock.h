// FileLock by flock(2), and a register of this process's own locks.
#ifndef VARVE_KERNEL_IO_INTERNAL_FILE_LOCK_H_
#define VARVE_KERNEL_IO_INTERNAL_FILE_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "kernel/io/file_system.h"

namespace varve::internal {

// FileSystem::Lock.
[[nodiscard]] absl::StatusOr<std::unique_ptr<FileLock>> TakeFileLock(const std::string& path,
                                                                     LockMode mode);

}  // namespace varve::internal

#endif  // VARVE_KERNEL_IO_INTERNAL_FILE_LOCK_H_
