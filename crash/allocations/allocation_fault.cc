#include "crash/allocations/allocation_fault.h"

namespace varve::crash {
namespace {

constinit bool can_fail = false;

}  // namespace

namespace allocations {

constinit thread_local AllocationState allocation_state;

bool AllocationCounts(AllocationState& state) {
  if (state.left > 0 && --state.left > 0) return false;
  if (state.fired && !state.for_ever) return false;
  state.fired = true;
  return true;
}

void SetAllocationsCanFail() { can_fail = true; }

}  // namespace allocations

bool AllocationsCanFail() { return can_fail; }

AllocationFault::AllocationFault(std::uint64_t ordinal, Lasts lasts) {
  allocations::allocation_state = {true, lasts == Lasts::kForEver, false, ordinal};
}
AllocationFault::~AllocationFault() { allocations::allocation_state.counts = false; }
bool AllocationFault::fired() const { return allocations::allocation_state.fired; }

AllocationsSucceed::AllocationsSucceed() : counted_(allocations::allocation_state.counts) {
  allocations::allocation_state.counts = false;
}
AllocationsSucceed::~AllocationsSucceed() { allocations::allocation_state.counts = counted_; }

}  // namespace varve::crash
