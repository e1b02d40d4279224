// The best of what one thread has seen so far.
#ifndef VARVE_PRIMITIVES_VECTOR_VECTOR_TOP_K_H_
#define VARVE_PRIMITIVES_VECTOR_VECTOR_TOP_K_H_

#include <cstddef>
#include <string_view>
#include <vector>

namespace varve::vector {

// A row that was found. The key borrows from a matrix or from a reader.
struct Found {
  float score = 0;
  std::string_view key{};
};

// The order of results: the higher score first, among equal scores the lesser key. No two rows of
// a collection have the same key, so it is a total one.
[[nodiscard]] inline bool ComesBefore(const Found& a, const Found& b) {
  return a.score != b.score ? a.score > b.score : a.key < b.key;
}

class TopK final {
 public:
  // `least`: no score below it is wanted.
  TopK(std::size_t k, float least) : k_(k), least_(least) {}

  // What a score must reach to be looked at at all.
  [[nodiscard]] float threshold() const { return heap_.size() < k_ ? least_ : heap_.front().score; }
  [[nodiscard]] bool Wants(const Found& found) const;
  // Requires Wants(found).
  void Add(const Found& found);
  // The best k of this and `other`.
  void Merge(const TopK& other);
  // In the order of results. Ends the use of it.
  [[nodiscard]] std::vector<Found> TakeSorted();

 private:
  std::size_t k_;
  float least_;
  std::vector<Found> heap_;  // the last of the results in front
};

}  // namespace varve::vector

#endif  // VARVE_PRIMITIVES_VECTOR_VECTOR_TOP_K_H_
