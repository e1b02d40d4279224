// File over one descriptor.
#ifndef VARVE_KERNEL_IO_INTERNAL_POSIX_FILE_H_
#define VARVE_KERNEL_IO_INTERNAL_POSIX_FILE_H_

#include <memory>
#include <string>

#include "kernel/io/file_system.h"

namespace varve::internal {

// Takes over `descriptor`. `path` is for messages only.
[[nodiscard]] std::unique_ptr<File> MakePosixFile(int descriptor, std::string path);

// Closes `descriptor`, once whatever the answer: after EINTR or EIO Linux has closed it all the
// same, and a second close could hit a descriptor that another thread has just been given. The
// error is of no use either: durability is Sync's answer, not this one.
void CloseDescriptor(int descriptor);

}  // namespace varve::internal

#endif  // VARVE_KERNEL_IO_INTERNAL_POSIX_FILE_H_
