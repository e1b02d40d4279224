#include "kernel/io/page_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace varve {

void UnmapPages::operator()(char* memory) const { ::munmap(memory, bytes_); }

PageMemory MapPages(std::size_t bytes) {
  const std::size_t wanted = (bytes + kLargePageBytes - 1) / kLargePageBytes * kLargePageBytes;
  // mmap aligns to small pages only: so one large page more, and what sticks out goes back.
  const std::size_t mapped = wanted + kLargePageBytes;
  void* const map =
      ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) throw std::bad_alloc();
  char* const begin = static_cast<char*>(map);
  const std::size_t head =
      (kLargePageBytes - reinterpret_cast<std::uintptr_t>(begin) % kLargePageBytes) %
      kLargePageBytes;
  if (head > 0) ::munmap(begin, head);
  ::munmap(begin + head + wanted, kLargePageBytes - head);
  PageMemory memory(begin + head, UnmapPages(wanted));
  static_cast<void>(::madvise(memory.get(), wanted, MADV_HUGEPAGE));  // a wish
  return memory;
}

}  // namespace varve
