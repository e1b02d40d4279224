// Map keys longer than LMDB allows, without losing their order.
//
// A key of up to 510 bytes is stored as it is. Of a longer one the first 511 bytes (LMDB's limit)
// are stored as a *head*, whose length is its sign; its entry holds a number. The rest of every key
// that starts with these 511 bytes is stored under the continuation space byte, the number
// big-endian, and the rest; where that is longer than 510 bytes in turn, the same again
// (docs/format/state.md, STATE-2).
#ifndef VARVE_KERNEL_TABLE_LMDB_LONG_KEY_H_
#define VARVE_KERNEL_TABLE_LMDB_LONG_KEY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace varve::table {

inline constexpr std::size_t kHeadBytes = 511;
inline constexpr std::size_t kWholeKeyBytesMax = kHeadBytes - 1;
inline constexpr std::size_t kContinuationPrefixBytes = 1 + 8;

[[nodiscard]] inline bool IsLong(std::string_view key) { return key.size() > kWholeKeyBytesMax; }
[[nodiscard]] inline bool IsHead(std::string_view physical_key) {
  return physical_key.size() == kHeadBytes;
}

// What every key under continuation `number` starts with.
[[nodiscard]] std::string ContinuationPrefix(std::uint64_t number);
// The content of a head.
[[nodiscard]] std::string EncodeHead(std::uint64_t number);
// The number; nullopt where `content` is not that of a head.
[[nodiscard]] std::optional<std::uint64_t> ParseHead(std::string_view content);

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_LONG_KEY_H_
