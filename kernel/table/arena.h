// Memory that is handed out piece by piece and given back all at once.
#ifndef VARVE_KERNEL_TABLE_ARENA_H_
#define VARVE_KERNEL_TABLE_ARENA_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernel/io/page_memory.h"

namespace varve::table {

// One thread allocates; any thread may ask for bytes(). Destroys nothing: what is put into it must
// not need a destructor.
class Arena final {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // `bytes` of uninitialized memory, aligned to 8, at a fixed address until the arena ends.
  [[nodiscard]] char* Allocate(std::size_t bytes) {
    bytes = (bytes + 7) & ~std::size_t{7};
    used_.store(used_.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
    if (bytes > left_) return AllocateInNewChunk(bytes);
    char* const result = next_;
    next_ += bytes;
    left_ -= bytes;
    return result;
  }

  // What was handed out, not what was taken from the system.
  [[nodiscard]] std::uint64_t bytes() const { return used_.load(std::memory_order_relaxed); }

 private:
  char* AllocateInNewChunk(std::size_t bytes);
  char* TakeChunk(std::size_t bytes);

  char* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t chunk_bytes_ = 0;  // of the newest ordinary chunk
  std::atomic<std::uint64_t> used_{0};
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::vector<PageMemory> large_chunks_;
};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_ARENA_H_
