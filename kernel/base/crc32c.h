// CRC32C (Castagnoli, polynomial 0x1EDC6F41, reflected; RFC 3720 appendix B.4), by ISA-L.
#ifndef VARVE_KERNEL_BASE_CRC32C_H_
#define VARVE_KERNEL_BASE_CRC32C_H_

#include <cstdint>
#include <string_view>

namespace varve {

// Continues `crc` (0 to start) over `bytes`: ExtendCrc32c(ExtendCrc32c(0, a), b) is the CRC32C of
// a followed by b. Thread-safe.
[[nodiscard]] std::uint32_t ExtendCrc32c(std::uint32_t crc, std::string_view bytes);

[[nodiscard]] inline std::uint32_t Crc32c(std::string_view bytes) { return ExtendCrc32c(0, bytes); }

// The CRC32C of the 8 little-endian bytes of `value`, continued from `crc`: how a checksum is
// bound to a salt, an LSN or an index.
[[nodiscard]] std::uint32_t ExtendCrc32c(std::uint32_t crc, std::uint64_t value);

}  // namespace varve

#endif  // VARVE_KERNEL_BASE_CRC32C_H_
