// Tests: crash/allocations/program_allocations.cc
#include "crash/allocations/allocation_fault.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <thread>

#include "crash/allocations/sanitizer.h"

namespace varve::crash {
namespace {

using Lasts = AllocationFault::Lasts;

// Out of the compiler's sight, which may leave out an allocation that nobody uses.
void* volatile last_allocated = nullptr;

bool NewSucceeds() {
  void* const allocated = ::operator new(100, std::nothrow);
  last_allocated = allocated;
  ::operator delete(allocated);
  return last_allocated != nullptr;
}

TEST(AllocationFault, TheOneWithItsOrdinalFailsAndNoOther) {
  ASSERT_TRUE(AllocationsCanFail());
  const AllocationFault fault(2, Lasts::kOnce);
  const bool first = NewSucceeds();
  const bool fired_early = fault.fired();
  const bool second = NewSucceeds();
  const bool fired = fault.fired();
  const bool third = NewSucceeds();
  EXPECT_TRUE(first && third);
  EXPECT_FALSE(second || fired_early);
  EXPECT_TRUE(fired);
}

TEST(AllocationFault, FromItsOrdinalOnAllFailUntilItEnds) {
  bool succeeded = false;
  {
    const AllocationFault fault(1, Lasts::kForEver);
    for (int i = 0; i < 3; ++i) succeeded = NewSucceeds() || succeeded;
  }
  EXPECT_FALSE(succeeded);
  EXPECT_TRUE(NewSucceeds());
}

TEST(AllocationFault, NewThrowsWhereThereIsNoMemory) {
  bool caught = false;
  {
    const AllocationFault fault(1, Lasts::kForEver);
    try {
      last_allocated = ::operator new(100);
    } catch (const std::bad_alloc&) {
      caught = true;
    }
  }
  EXPECT_TRUE(caught);
}

TEST(AllocationFault, NothingFailsForWhatStandsOutside) {
  const AllocationFault fault(1, Lasts::kForEver);
  bool succeeded = false;
  {
    const AllocationsSucceed outside;
    const AllocationsSucceed twice;
    succeeded = NewSucceeds();
  }
  const bool later = NewSucceeds();
  EXPECT_TRUE(succeeded);
  EXPECT_FALSE(later);
}

TEST(AllocationFault, OtherThreadsDoNotMind) {
  bool succeeded = false;
  std::atomic<bool> may_begin{false};
  std::thread other([&] {
    may_begin.wait(false);
    succeeded = NewSucceeds();
  });
  bool fired = false;
  {
    const AllocationFault fault(1, Lasts::kForEver);
    may_begin = true;
    may_begin.notify_one();
    other.join();
    fired = fault.fired();
  }
  EXPECT_TRUE(succeeded);
  EXPECT_FALSE(fired);
}

#if !VARVE_HAS_SANITIZER

// What C libraries call: LMDB, zstd, and the C library itself.
TEST(AllocationFault, EveryFunctionOfCFailsAsItSaysItDoes) {
  const std::function<void*()> calls[] = {
      [] { return std::malloc(10); },
      [] { return std::calloc(10, 10); },
      [] { return std::realloc(nullptr, 10); },
      [] { return ::reallocarray(nullptr, 10, 10); },
      [] { return std::aligned_alloc(64, 128); },
      [] { return ::memalign(64, 100); },
      [] { return ::valloc(10); },
      [] { return ::pvalloc(10); },
      [] { return static_cast<void*>(::strdup("ten bytes")); },
  };
  int ordinal = 0;
  for (const auto& call : calls) {
    SCOPED_TRACE(++ordinal);
    errno = 0;
    void* failed = nullptr;
    {
      const AllocationFault fault(1, Lasts::kOnce);
      failed = call();
    }
    EXPECT_EQ(failed, nullptr);
    EXPECT_EQ(errno, ENOMEM);
    void* const allocated = call();
    EXPECT_NE(allocated, nullptr);
    std::free(allocated);
  }
}

TEST(AllocationFault, WhatWasAllocatedOutlivesAFailedRealloc) {
  char* const allocated = static_cast<char*>(std::malloc(10));
  allocated[9] = 'x';
  char* volatile kept = allocated;
  void* failed = nullptr;
  {
    const AllocationFault fault(1, Lasts::kOnce);
    failed = std::realloc(allocated, 1'000);
  }
  EXPECT_EQ(failed, nullptr);
  EXPECT_EQ(kept[9], 'x');
  std::free(kept);
}

TEST(AllocationFault, AnAlignmentIsCheckedBeforeMemoryIsAskedFor) {
  void* allocated = nullptr;
  EXPECT_EQ(::posix_memalign(&allocated, 24, 100), EINVAL);
  EXPECT_EQ(::posix_memalign(&allocated, 4, 100), EINVAL);
  int failed = 0;
  {
    const AllocationFault fault(1, Lasts::kOnce);
    failed = ::posix_memalign(&allocated, 64, 100);
  }
  EXPECT_EQ(failed, ENOMEM);
  ASSERT_EQ(::posix_memalign(&allocated, 64, 100), 0);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(allocated) % 64, 0u);
  std::free(allocated);
}

#endif

}  // namespace
}  // namespace varve::crash
