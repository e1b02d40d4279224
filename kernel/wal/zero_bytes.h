// Whether bytes are all zero, at memory speed: zeros are most of a fresh segment.
#ifndef VARVE_KERNEL_WAL_ZERO_BYTES_H_
#define VARVE_KERNEL_WAL_ZERO_BYTES_H_

#include <cstdint>
#include <string_view>

#include "kernel/base/codec.h"

namespace varve::wal {

[[nodiscard]] inline bool IsZero(std::string_view bytes) {
  constexpr std::size_t kBlockBytes = 256;
  while (bytes.size() >= kBlockBytes) {
    std::uint64_t any = 0;
    for (std::size_t at = 0; at < kBlockBytes; at += 8) {
      any |= LoadLittleEndian<std::uint64_t>(bytes.data() + at);
    }
    if (any != 0) return false;
    bytes.remove_prefix(kBlockBytes);
  }
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace varve::wal

#endif  // VARVE_KERNEL_WAL_ZERO_BYTES_H_
