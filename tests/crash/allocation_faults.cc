#include "tests/crash/allocation_faults.h"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace varve::crash {
namespace {

struct Faults {
  bool armed = false;
  bool for_ever = false;
  bool fired = false;
  std::uint64_t left = 0;  // allocations until the one that fails
};
// No constructor may run where memory is asked for.
constinit thread_local Faults faults;

bool Fails() {
  if (!faults.armed) return false;
  if (faults.left > 0 && --faults.left > 0) return false;
  if (faults.fired && !faults.for_ever) return false;
  faults.fired = true;
  return true;
}

void* Allocate(std::size_t bytes, std::size_t alignment) {
  if (Fails()) return nullptr;
  const std::size_t wanted = bytes == 0 ? 1 : bytes;
  if (alignment <= alignof(std::max_align_t)) return std::malloc(wanted);
  return std::aligned_alloc(alignment, (wanted + alignment - 1) / alignment * alignment);
}

void* AllocateOrThrow(std::size_t bytes, std::size_t alignment) {
  void* const allocated = Allocate(bytes, alignment);
  if (allocated == nullptr) throw std::bad_alloc();
  return allocated;
}

}  // namespace

AllocationFault::AllocationFault(std::uint64_t ordinal, Lasts lasts) {
  faults = {true, lasts == Lasts::kForEver, false, ordinal};
}
AllocationFault::~AllocationFault() { faults.armed = false; }
bool AllocationFault::fired() const { return faults.fired; }

}  // namespace varve::crash

void* operator new(std::size_t bytes) { return varve::crash::AllocateOrThrow(bytes, 1); }
void* operator new[](std::size_t bytes) { return varve::crash::AllocateOrThrow(bytes, 1); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return varve::crash::AllocateOrThrow(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return varve::crash::AllocateOrThrow(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return varve::crash::Allocate(bytes, 1);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return varve::crash::Allocate(bytes, 1);
}
void operator delete(void* allocated) noexcept { std::free(allocated); }
void operator delete[](void* allocated) noexcept { std::free(allocated); }
void operator delete(void* allocated, std::size_t) noexcept { std::free(allocated); }
void operator delete[](void* allocated, std::size_t) noexcept { std::free(allocated); }
void operator delete(void* allocated, std::align_val_t) noexcept { std::free(allocated); }
void operator delete[](void* allocated, std::align_val_t) noexcept { std::free(allocated); }
void operator delete(void* allocated, std::size_t, std::align_val_t) noexcept {
  std::free(allocated);
}
void operator delete[](void* allocated, std::size_t, std::align_val_t) noexcept {
  std::free(allocated);
}
void operator delete(void* allocated, const std::nothrow_t&) noexcept { std::free(allocated); }
void operator delete[](void* allocated, const std::nothrow_t&) noexcept { std::free(allocated); }
