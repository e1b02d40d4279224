#include "kernel/base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <limits>

#include "kernel/base/codec.h"

namespace varve {

std::uint32_t ExtendCrc32c(std::uint32_t crc, std::string_view bytes) {
  constexpr std::size_t kChunkBytesMax = std::size_t{1} << 30;  // ISA-L takes the length as an int
  static_assert(kChunkBytesMax < std::numeric_limits<int>::max());
  std::uint32_t state = ~crc;
  while (!bytes.empty()) {
    const std::string_view chunk = bytes.substr(0, kChunkBytesMax);
    // ISA-L's prototype lacks const; it only reads.
    auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(chunk.data()));
    state = crc32_iscsi(data, static_cast<int>(chunk.size()), state);
    bytes.remove_prefix(chunk.size());
  }
  return ~state;
}

std::uint32_t ExtendCrc32c(std::uint32_t crc, std::uint64_t value) {
  char bytes[sizeof value];
  StoreLittleEndian(bytes, value);
  return ExtendCrc32c(crc, std::string_view(bytes, sizeof bytes));
}

}  // namespace varve
