#include "primitives/vector/vector_top_k.h"

#include <algorithm>
#include <utility>

namespace varve::vector {

bool TopK::Wants(const Found& found) const {
  if (found.score < least_) return false;
  return heap_.size() < k_ || ComesBefore(found, heap_.front());
}

void TopK::Add(const Found& found) {
  if (heap_.size() == k_) {
    std::pop_heap(heap_.begin(), heap_.end(), ComesBefore);
    heap_.back() = found;
  } else {
    heap_.push_back(found);
  }
  std::push_heap(heap_.begin(), heap_.end(), ComesBefore);
}

void TopK::Merge(const TopK& other) {
  for (const Found& found : other.heap_) {
    if (Wants(found)) Add(found);
  }
}

std::vector<Found> TopK::TakeSorted() {
  std::sort(heap_.begin(), heap_.end(), ComesBefore);
  return std::move(heap_);
}

}  // namespace varve::vector
