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
inline constexpr std::size_t kHeadEntryBytes = 8 + 4;

[[nodiscard]] inline bool IsLong(std::string_view key) { return key.size() > kWholeKeyBytesMax; }
[[nodiscard]] inline bool IsHead(std::string_view physical_key) {
  return physical_key.size() == kHeadBytes;
}

// What every key under continuation `number` starts with.
[[nodiscard]] std::string ContinuationPrefix(std::uint64_t number);
// The entry of a head: the number and a checksum that covers the head.
[[nodiscard]] std::string EncodeHeadEntry(std::string_view head, std::uint64_t number);
// The number; nullopt where the entry is damaged.
[[nodiscard]] std::optional<std::uint64_t> DecodeHeadEntry(std::string_view head,
                                                           std::string_view entry);

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_LONG_KEY_H_
