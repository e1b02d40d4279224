#include "kernel/base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <limits>

#include "kernel/base/codec.h"

namespace varve {
namespace {

// Rows are mostly this short, and checked at every read: for them the processor's own instruction,
// in line, is done before ISA-L has chosen its way.
constexpr std::size_t kShortBytesMax = 256;

#if defined(__x86_64__)

bool HasInstruction() { return __builtin_cpu_supports("sse4.2") != 0; }

__attribute__((target("sse4.2"))) std::uint32_t ExtendState(std::uint32_t state,
                                                            std::string_view bytes) {
  const char* from = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t wide = state;
  for (; left >= 8; left -= 8, from += 8) {
    wide = __builtin_ia32_crc32di(wide, LoadLittleEndian<std::uint64_t>(from));
  }
  auto narrow = static_cast<std::uint32_t>(wide);
  if ((left & 4) != 0) {
    narrow = __builtin_ia32_crc32si(narrow, LoadLittleEndian<std::uint32_t>(from));
    from += 4;
  }
  if ((left & 2) != 0) {
    narrow = __builtin_ia32_crc32hi(narrow, LoadLittleEndian<std::uint16_t>(from));
    from += 2;
  }
  if ((left & 1) != 0) narrow = __builtin_ia32_crc32qi(narrow, static_cast<unsigned char>(*from));
  return narrow;
}

#else

bool HasInstruction() { return false; }
std::uint32_t ExtendState(std::uint32_t state, std::string_view /*bytes*/) { return state; }

#endif

}  // namespace

std::uint32_t ExtendCrc32c(std::uint32_t crc, std::string_view bytes) {
  if (bytes.size() <= kShortBytesMax && HasInstruction()) return ~ExtendState(~crc, bytes);
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
