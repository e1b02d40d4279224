#include "primitives/vector/vector_block.h"

#include <cmath>
#include <cstring>
#include <new>

namespace varve::vector {

namespace {

constexpr std::size_t kCacheLineBytes = 64;

}  // namespace

void FreeFloats::operator()(float* floats) const {
  ::operator delete[](floats, std::align_val_t{kCacheLineBytes});
}

Floats MakeFloats(std::size_t count) {
  void* const memory = ::operator new[](count * sizeof(float), std::align_val_t{kCacheLineBytes});
  std::memset(memory, 0, count * sizeof(float));
  return Floats(static_cast<float*>(memory));
}

void PrepareVector(VectorMetric metric, std::span<const float> vector, std::span<float> prepared) {
  if (metric != VectorMetric::kCosine) {
    std::memcpy(prepared.data(), vector.data(), vector.size_bytes());
    return;
  }
  double square = 0;
  for (const float component : vector) {
    square += static_cast<double>(component) * static_cast<double>(component);
  }
  const double norm = square > 0 ? std::sqrt(square) : 1;
  for (std::size_t at = 0; at < vector.size(); ++at) {
    prepared[at] = static_cast<float>(static_cast<double>(vector[at]) / norm);
  }
}

// A search on an earlier snapshot loads whole blocks, so it may load this lane while it is written;
// it never looks at lanes behind the rows that its snapshot counts, and a snapshot that counts this
// one is handed over under a lock. ThreadSanitizer cannot know which lanes of a load are used.
__attribute__((no_sanitize("thread"))) void StoreLane(std::span<const float> prepared,
                                                      std::size_t lane, float* block) {
  for (std::size_t at = 0; at < prepared.size(); ++at) block[at * kLanes + lane] = prepared[at];
}

}  // namespace varve::vector
