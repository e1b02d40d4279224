// Large pieces of zeroed memory, taken from the system and given back to it whole.
//
// A memtable is read at random all over, so what its reads wait for is not only the memory but the
// way to it: with pages of 4 KiB nearly every access misses the TLB too, and on a virtual machine
// each such miss walks two page tables. Pages of 2 MiB make that way short (decision 0045).
#ifndef VARVE_KERNEL_IO_PAGE_MEMORY_H_
#define VARVE_KERNEL_IO_PAGE_MEMORY_H_

#include <cstddef>
#include <memory>

namespace varve {

// What the system may hand out at a time where it has large pages: the first write to any byte
// takes all of the aligned piece around it.
inline constexpr std::size_t kLargePageBytes = std::size_t{2} << 20;

class UnmapPages final {
 public:
  explicit UnmapPages(std::size_t bytes = 0) : bytes_(bytes) {}
  void operator()(char* memory) const;

 private:
  std::size_t bytes_;
};
using PageMemory = std::unique_ptr<char, UnmapPages>;

// At least `bytes` of zeroes, aligned to kLargePageBytes, in large pages where the system has them
// (a wish: where it has none, everything works the same). Untouched pages cost nothing. Throws
// std::bad_alloc, as new does. Thread-safe.
[[nodiscard]] PageMemory MapPages(std::size_t bytes);

}  // namespace varve

#endif  // VARVE_KERNEL_IO_PAGE_MEMORY_H_
