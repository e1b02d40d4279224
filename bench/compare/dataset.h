// The entries that every engine is given: the same keys and values in the same order.
#ifndef VARVE_BENCH_COMPARE_DATASET_H_
#define VARVE_BENCH_COMPARE_DATASET_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace varve::compare {

struct Entry {
  std::string_view key;
  std::string_view value;
};

// `count` entries with distinct 16-byte keys in random order and 100-byte values that do not
// compress. Immutable; any thread.
class Dataset final {
 public:
  static constexpr std::size_t kKeyBytes = 16;
  static constexpr std::size_t kValueBytes = 100;

  explicit Dataset(std::size_t count);
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const Entry& operator[](std::size_t index) const { return entries_[index]; }
  [[nodiscard]] std::span<const Entry> Range(std::size_t first, std::size_t count) const {
    return std::span(entries_).subspan(first, count);
  }
  // What users gave: keys and values, nothing else.
  [[nodiscard]] std::uint64_t user_bytes() const {
    return std::uint64_t{size()} * (kKeyBytes + kValueBytes);
  }

 private:
  std::string bytes_;
  std::vector<Entry> entries_;
};

// A bijection of 64 bits that looks random.
[[nodiscard]] std::uint64_t Scramble(std::uint64_t number);

// Folds what an engine returned into one number, so that nothing is optimised away and every
// engine's answers can be compared. Independent of order for Add.
class AnswerDigest final {
 public:
  void Add(std::string_view bytes);
  [[nodiscard]] std::uint64_t value() const { return sum_; }

 private:
  std::uint64_t sum_ = 0;
};

}  // namespace varve::compare

#endif  // VARVE_BENCH_COMPARE_DATASET_H_
