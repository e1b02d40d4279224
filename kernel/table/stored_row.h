// The bytes of one entry of a materialized store: rows, superseded versions and the mark, each with
// a checksum that covers its map key too. Layout: docs/format/state.md (STATE-4 to STATE-6).
#ifndef VARVE_KERNEL_TABLE_STORED_ROW_H_
#define VARVE_KERNEL_TABLE_STORED_ROW_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kernel/base/codec.h"
#include "kernel/base/crc32c.h"
#include "kernel/base/ids.h"
#include "kernel/table/materialized_store.h"
#include "kernel/table/row.h"

namespace varve::table {

inline constexpr std::size_t kStoredRowBytes = 20;      // beside the value
inline constexpr std::size_t kStoredHistoryBytes = 36;  // beside the value
inline constexpr std::size_t kStoredMarkBytes = 80;
inline constexpr std::size_t kChecksumBytes = 4;

// Current row: lsn u64, commit time u64, value, checksum u32. The checksum stands last so that in a
// page, where a key is followed by its value, key and row are checked in one pass.
// `to` is kStoredRowBytes + version.value.size() long.
void EncodeStoredRow(std::string_view map_key, const RowVersion& version, std::span<char> to);

// Appends the checksum of `map_key` and of all but the last four bytes of `entry` to `entry`.
void SealEntry(std::string_view map_key, std::span<char> entry);
// Whether `entry` ends with the checksum of `map_key` and the bytes before it.
[[nodiscard]] bool EntryIsSound(std::string_view map_key, std::string_view entry);

// A row whose checksum was verified. `entry` is at least kStoredRowBytes long.
[[nodiscard]] inline RowVersion ParseSoundRow(std::string_view entry) {
  RowVersion version;
  version.lsn = Lsn(LoadLittleEndian<std::uint64_t>(entry.data()));
  version.commit_time = Timestamp(LoadLittleEndian<std::uint64_t>(entry.data() + 8));
  version.value = entry.substr(16, entry.size() - kStoredRowBytes);
  return version;
}

// nullopt where the checksum fails or the entry is too short. The value borrows from `entry`.
[[nodiscard]] std::optional<RowVersion> DecodeStoredRow(std::string_view map_key,
                                                        std::string_view entry);

// The same where `entry` directly follows its `map_key_bytes` bytes of map key in memory.
[[nodiscard]] inline std::optional<RowVersion> DecodeAdjacentRow(std::string_view entry,
                                                                 std::size_t map_key_bytes) {
  if (entry.size() < kStoredRowBytes) return std::nullopt;
  const std::size_t covered = entry.size() - kChecksumBytes;
  const auto expected = LoadLittleEndian<std::uint32_t>(entry.data() + covered);
  const std::string_view bytes(entry.data() - map_key_bytes, map_key_bytes + covered);
  if (Crc32c(bytes) != expected) return std::nullopt;
  return ParseSoundRow(entry);
}

// A version that a later one took the place of. Tombstones are not stored: where the version after
// it is younger than `superseded_lsn`, the row was deleted at `superseded_lsn`.
struct SupersededVersion {
  RowVersion version;
  Lsn superseded_lsn;
  Timestamp superseded_time;
};

// lsn u64, commit time u64, superseded lsn u64, superseded time u64, value, checksum u32.
// `to` is kStoredHistoryBytes + value size long.
void EncodeSuperseded(std::string_view map_key, const SupersededVersion& version,
                      std::span<char> to);
[[nodiscard]] std::optional<SupersededVersion> DecodeSuperseded(std::string_view map_key,
                                                                std::string_view entry);

// The one entry of the meta space.
struct StoredMark {
  AppliedMark mark;
  bool loading = false;                 // a load was begun and not finished: not a state
  std::uint64_t next_continuation = 1;  // ids for the rest of long keys, never reused
  std::uint64_t history_entries = 0;
  std::uint64_t long_key_heads = 0;  // entries that only lead to the rest of long keys
};
[[nodiscard]] std::string EncodeMark(const StoredMark& mark);
// nullopt where it is damaged or of another layout.
[[nodiscard]] std::optional<StoredMark> DecodeMark(std::string_view entry);

// The map key of the mark.
inline constexpr std::string_view kMarkKey{"\0", 1};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_STORED_ROW_H_
