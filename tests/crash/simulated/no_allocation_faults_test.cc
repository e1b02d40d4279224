// In a program that is not linked with varve_allocation_faults, as this one: nothing of it fails.
//
// Tests: crash/allocations/allocation_fault.cc
#include <gtest/gtest.h>

#include <memory>

#include "crash/allocations/allocation_fault.h"

namespace varve::crash {
namespace {

TEST(AllocationFault, NothingFailsWhereTheProgramIsNotLinkedWithWhatMakesItFail) {
  EXPECT_FALSE(AllocationsCanFail());
  const AllocationFault fault(1, AllocationFault::Lasts::kForEver);
  EXPECT_NE(std::make_unique<int>(7), nullptr);
  EXPECT_FALSE(fault.fired());
}

}  // namespace
}  // namespace varve::crash
