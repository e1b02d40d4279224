// What the machine can do at best: the figures that stand beside every table.
#ifndef VARVE_BENCH_COMPARE_PHYSICAL_FLOOR_H_
#define VARVE_BENCH_COMPARE_PHYSICAL_FLOOR_H_

#include <cstddef>
#include <string>

namespace varve::compare {

struct PhysicalFloor {
  double memory_read_bytes_per_second = 0;
  double memory_copy_bytes_per_second = 0;
  double file_read_bytes_per_second = 0;  // from the page cache
  double durable_writes_per_second = 0;   // of 4 KiB, O_DSYNC, into a zero-filled file
};

// Measures in `directory`, which must exist, with buffers of `bytes`.
[[nodiscard]] PhysicalFloor MeasurePhysicalFloor(const std::string& directory, std::size_t bytes,
                                                 std::size_t durable_writes);

// "Processor, 2 CPUs, Linux 6.1.0, ext4" of this machine and `directory`.
[[nodiscard]] std::string DescribeMachine(const std::string& directory);

}  // namespace varve::compare

#endif  // VARVE_BENCH_COMPARE_PHYSICAL_FLOOR_H_
