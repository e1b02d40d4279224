#include "tests/crash/proof/planted.h"

#include <sys/mman.h>

#include "kernel/base/check.h"

namespace varve::crash {

SiteCounts* CountsOfSites() {
  static auto* const counts = [] {
    // Zero-filled, and shared with children: what they meet counts as well.
    const std::size_t bytes = (Sites().size() + 1) * sizeof(SiteCounts);
    void* const memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    VARVE_CHECK(memory != MAP_FAILED);
    return static_cast<SiteCounts*>(memory);
  }();
  return counts;
}

}  // namespace varve::crash
