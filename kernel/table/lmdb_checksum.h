// The checksum at the end of every entry of state.mdb: CRC32C over the physical key and all of the
// entry before it (docs/format/state.md, STATE-4). Since it needs nothing but the entry itself,
// reads, the guard and a verification all check it the same way.
#ifndef VARVE_KERNEL_TABLE_LMDB_CHECKSUM_H_
#define VARVE_KERNEL_TABLE_LMDB_CHECKSUM_H_

#include <cstdint>
#include <string_view>

#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"

namespace varve::table {

inline constexpr std::size_t kChecksumBytes = 4;

[[nodiscard]] inline std::uint32_t EntryChecksum(std::string_view physical_key,
                                                 std::string_view content) {
  // In a page a value follows its key: one pass.
  if (physical_key.data() + physical_key.size() == content.data()) {
    return Crc32c(std::string_view(physical_key.data(), physical_key.size() + content.size()));
  }
  return ExtendCrc32c(Crc32c(physical_key), content);
}

// Whether `entry` ends with the checksum of the bytes before it; these are then its content.
[[nodiscard]] inline bool EntryIsSound(std::string_view physical_key, std::string_view entry) {
  if (entry.size() < kChecksumBytes) return false;
  const std::string_view content = entry.substr(0, entry.size() - kChecksumBytes);
  return EntryChecksum(physical_key, content) ==
         LoadLittleEndian<std::uint32_t>(content.data() + content.size());
}

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_CHECKSUM_H_
