// Allocations that fail, for the tests of this binary: its operator new, which asks here first.
// What C libraries allocate (LMDB, zstd) comes from malloc and never fails.
#ifndef VARVE_TESTS_CRASH_ALLOCATION_FAULTS_H_
#define VARVE_TESTS_CRASH_ALLOCATION_FAULTS_H_

#include <cstdint>

namespace varve::crash {

// While one is alive, the allocations of this thread are counted, and the `ordinal`-th of them
// (counted from 1) throws std::bad_alloc: that one, or that one and all that follow.
class AllocationFault final {
 public:
  enum class Lasts : std::uint8_t { kOnce, kForEver };
  AllocationFault(std::uint64_t ordinal, Lasts lasts);
  ~AllocationFault();
  AllocationFault(const AllocationFault&) = delete;
  AllocationFault& operator=(const AllocationFault&) = delete;

  // Whether there were so many.
  [[nodiscard]] bool fired() const;
};

}  // namespace varve::crash

#endif  // VARVE_TESTS_CRASH_ALLOCATION_FAULTS_H_
