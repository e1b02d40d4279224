// varve_allocation_faults: the malloc of the program that is linked with it, and so what operator
// new, LMDB and zstd allocate with. Each asks first whether it is to fail (allocation_fault.h), and
// else is glibc's; what it gives is freed by glibc's free, which nothing here replaces.
//
// Under a sanitizer malloc is the sanitizer's. There, and without glibc, operator new alone looks.
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>

#include "crash/allocations/allocation_fault.h"
#include "crash/allocations/sanitizer.h"

namespace {

using varve::crash::allocations::AllocationFails;

const bool is_set = [] {
  varve::crash::allocations::SetAllocationsCanFail();
  return true;
}();

}  // namespace

// What the link line asks for by name: without it nothing would take this file from its archive
// before the C library has answered for malloc.
extern "C" bool varve_allocation_faults_are_linked() { return is_set; }

#if defined(__GLIBC__) && !VARVE_HAS_SANITIZER

extern "C" {

void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* allocated, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
void* __libc_valloc(std::size_t bytes);
void* __libc_pvalloc(std::size_t bytes);

static void* NoMemory() {
  errno = ENOMEM;
  return nullptr;
}

void* malloc(std::size_t bytes) noexcept {
  return AllocationFails() ? NoMemory() : __libc_malloc(bytes);
}

void* calloc(std::size_t count, std::size_t bytes) noexcept {
  return AllocationFails() ? NoMemory() : __libc_calloc(count, bytes);
}

void* realloc(void* allocated, std::size_t bytes) noexcept {
  const bool frees = allocated != nullptr && bytes == 0;
  return !frees && AllocationFails() ? NoMemory() : __libc_realloc(allocated, bytes);
}

void* reallocarray(void* allocated, std::size_t count, std::size_t bytes) noexcept {
  std::size_t all = 0;
  return __builtin_mul_overflow(count, bytes, &all) ? NoMemory() : realloc(allocated, all);
}

void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  return AllocationFails() ? NoMemory() : __libc_memalign(alignment, bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  return AllocationFails() ? NoMemory() : __libc_memalign(alignment, bytes);
}

int posix_memalign(void** allocated, std::size_t alignment, std::size_t bytes) noexcept {
  const bool is_power_of_two = alignment != 0 && (alignment & (alignment - 1)) == 0;
  if (!is_power_of_two || alignment % sizeof(void*) != 0) return EINVAL;
  void* const memory = AllocationFails() ? nullptr : __libc_memalign(alignment, bytes);
  if (memory == nullptr) return ENOMEM;
  *allocated = memory;
  return 0;
}

void* valloc(std::size_t bytes) noexcept {
  return AllocationFails() ? NoMemory() : __libc_valloc(bytes);
}

void* pvalloc(std::size_t bytes) noexcept {
  return AllocationFails() ? NoMemory() : __libc_pvalloc(bytes);
}

}  // extern "C"

#else

namespace {

void* Allocate(std::size_t bytes, std::size_t alignment) {
  if (AllocationFails()) return nullptr;
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

void* operator new(std::size_t bytes) { return AllocateOrThrow(bytes, 1); }
void* operator new[](std::size_t bytes) { return AllocateOrThrow(bytes, 1); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return AllocateOrThrow(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return AllocateOrThrow(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return Allocate(bytes, 1); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return Allocate(bytes, 1);
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

#endif
