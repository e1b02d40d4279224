// A byte as documents and messages write it.
#ifndef VARVE_KERNEL_BASE_HEX_H_
#define VARVE_KERNEL_BASE_HEX_H_

#include <cstdint>
#include <string>

namespace varve {

// "0x1F"
[[nodiscard]] inline std::string HexByte(std::uint8_t value) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  return {'0', 'x', kDigits[value >> 4], kDigits[value & 15]};
}

}  // namespace varve

#endif  // VARVE_KERNEL_BASE_HEX_H_
