// Memory for framed records: grows without zeroing, keeps its room when emptied.
#ifndef VARVE_KERNEL_WAL_RECORD_BUFFER_H_
#define VARVE_KERNEL_WAL_RECORD_BUFFER_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace varve::wal {

// Movable; not thread-safe.
class RecordBuffer final {
 public:
  // `count` more bytes, to be filled by the caller. Invalidates what earlier calls returned.
  [[nodiscard]] char* Extend(std::size_t count) {
    if (size_ + count > capacity_) Grow(size_ + count);
    char* const added = bytes_.get() + size_;
    size_ += count;
    return added;
  }

  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  void Clear() { size_ = 0; }

 private:
  static constexpr std::size_t kBytesMin = std::size_t{64} << 10;

  void Grow(std::size_t needed) {
    const std::size_t capacity = std::max({needed, 2 * capacity_, kBytesMin});
    auto grown = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(grown.get(), bytes_.get(), size_);
    bytes_ = std::move(grown);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace varve::wal

#endif  // VARVE_KERNEL_WAL_RECORD_BUFFER_H_
