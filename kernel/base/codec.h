// Little-endian integers by offset, and a checked reader and an appender built on them.
//
// Nothing here trusts a length: `ByteReader` compares every one with what remains before it
// touches memory, and after the first failure stays failed, so a decoder may read all its fields
// and ask `ok()` once.
#ifndef VARVE_KERNEL_BASE_CODEC_H_
#define VARVE_KERNEL_BASE_CODEC_H_

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace varve {

static_assert(std::endian::native == std::endian::little,
              "the integer codec copies native integers; a big-endian port swaps them here");

// `from` must have sizeof(T) readable bytes. No alignment is needed.
template <std::unsigned_integral T>
[[nodiscard]] inline T LoadLittleEndian(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// `to` must have sizeof(T) writable bytes. No alignment is needed.
template <std::unsigned_integral T>
inline void StoreLittleEndian(char* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

template <std::unsigned_integral T>
inline void AppendLittleEndian(std::string& to, T value) {
  char bytes[sizeof value];
  StoreLittleEndian(bytes, value);
  to.append(bytes, sizeof bytes);
}

// Big-endian, for keys whose byte order must be the order of the numbers.
inline void AppendBigEndian64(std::string& to, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) to.push_back(static_cast<char>(value >> shift));
}

[[nodiscard]] inline std::uint64_t LoadBigEndian64(const char* from) {
  return __builtin_bswap64(LoadLittleEndian<std::uint64_t>(from));
}

// `bytes` rounded up to the next multiple of 8.
[[nodiscard]] constexpr std::uint64_t RoundUpTo8(std::uint64_t bytes) {
  return (bytes + 7) & ~7ull;
}

// Reads fields from `bytes`, which must outlive it. Value type; not thread-safe.
class ByteReader final {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  // The next integer; 0 once the reader has failed.
  template <std::unsigned_integral T>
  T Read() {
    const std::string_view bytes = ReadBytes(sizeof(T));
    return ok_ ? LoadLittleEndian<T>(bytes.data()) : T{0};
  }

  // The next `count` bytes, a view into the input; empty once the reader has failed.
  std::string_view ReadBytes(std::uint64_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }

  // False once a read asked for more than was there.
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace varve

#endif  // VARVE_KERNEL_BASE_CODEC_H_
