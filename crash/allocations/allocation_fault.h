// Allocations that fail on demand: one thread's, counted from the moment a fault is planted.
//
//   const AllocationFault fault(7, AllocationFault::Lasts::kOnce);
//   const absl::Status status = store.Checkpoint();  // its seventh allocation finds no memory
//   if (fault.fired()) ...
//
// In a program that is linked with varve_allocation_faults, which has a malloc and an operator new
// that look here. In any other nothing fails: AllocationsCanFail says which one this is.
#ifndef VARVE_CRASH_ALLOCATIONS_ALLOCATION_FAULT_H_
#define VARVE_CRASH_ALLOCATIONS_ALLOCATION_FAULT_H_

#include <cstdint>

namespace varve::crash {

// Whether this program is linked with varve_allocation_faults.
[[nodiscard]] bool AllocationsCanFail();

// While one is alive, the allocations of this thread are counted, and the `ordinal`-th of them
// (counted from 1) fails: that one, or that one and all that follow. One at a time in a thread.
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

// While one is alive, no allocation of this thread is counted and none fails: for what stands in
// the place of the outside of a store, such as a simulated disk.
class AllocationsSucceed final {
 public:
  AllocationsSucceed();
  ~AllocationsSucceed();
  AllocationsSucceed(const AllocationsSucceed&) = delete;
  AllocationsSucceed& operator=(const AllocationsSucceed&) = delete;

 private:
  const bool counted_;
};

namespace allocations {

// Of the calling thread. Without constructor and destructor: it is looked at where nothing of the
// kind has run yet, or all has.
struct AllocationState {
  bool counts = false;
  bool for_ever = false;
  bool fired = false;
  std::uint64_t left = 0;  // allocations until the one that fails
};
extern constinit thread_local AllocationState allocation_state
    __attribute__((tls_model("initial-exec")));

// Counts an allocation where they are counted: whether it is to fail.
[[nodiscard]] bool AllocationCounts(AllocationState& state);
[[nodiscard]] inline bool AllocationFails() {
  return allocation_state.counts && AllocationCounts(allocation_state);
}

// From varve_allocation_faults, once, before main.
void SetAllocationsCanFail();

}  // namespace allocations
}  // namespace varve::crash

#endif  // VARVE_CRASH_ALLOCATIONS_ALLOCATION_FAULT_H_
