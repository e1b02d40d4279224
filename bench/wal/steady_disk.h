// The real file system, except that a durable write takes a fixed time and reaches only the page
// cache: for comparing ways to group commits on a machine whose disk others are using.
#ifndef VARVE_BENCH_WAL_STEADY_DISK_H_
#define VARVE_BENCH_WAL_STEADY_DISK_H_

#include <chrono>
#include <memory>

#include "kernel/io/file_system.h"

namespace varve::bench {

// Lives for the whole process.
[[nodiscard]] FileSystem& SteadyDisk(std::chrono::microseconds flush_time);

}  // namespace varve::bench

#endif  // VARVE_BENCH_WAL_STEADY_DISK_H_
