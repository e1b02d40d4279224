// Noticing that this process is a fork of the one that opened a store.
#ifndef VARVE_KERNEL_IO_FORK_H_
#define VARVE_KERNEL_IO_FORK_H_

#include <cstdint>

namespace varve {

// A number that every fork() changes in the child and nothing else does. One load; any thread.
[[nodiscard]] std::uint32_t ForkGeneration();

}  // namespace varve

#endif  // VARVE_KERNEL_IO_FORK_H_
