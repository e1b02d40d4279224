// The content of one entry of a materialized store: rows, superseded versions and the mark. What
// keeps it sound (a checksum, in a file) belongs to the map that holds it.
// Layout: docs/format/state.md (STATE-5 to STATE-7).
#ifndef VARVE_KERNEL_TABLE_STORED_ROW_H_
#define VARVE_KERNEL_TABLE_STORED_ROW_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/codec.h"
#include "kernel/base/ids.h"
#include "kernel/table/materialized_store.h"
#include "kernel/table/row.h"

namespace varve::table {

inline constexpr std::size_t kRowHeadBytes = 16;
inline constexpr std::size_t kSupersededHeadBytes = 32;
inline constexpr std::size_t kMarkBytes = 76;

// Current row: lsn u64, commit time u64, then the value.
using RowHead = std::array<char, kRowHeadBytes>;
[[nodiscard]] RowHead EncodeRowHead(const RowVersion& version);
// `content` has at least kRowHeadBytes. The value borrows from it.
inline void ParseRowInto(std::string_view content, RowVersion& version) {
  version.lsn = Lsn(LoadLittleEndian<std::uint64_t>(content.data()));
  version.commit_time = Timestamp(LoadLittleEndian<std::uint64_t>(content.data() + 8));
  version.deleted = false;
  version.value = {content.data() + kRowHeadBytes, content.size() - kRowHeadBytes};
}
// nullopt where `content` is too short to be one.
[[nodiscard]] inline std::optional<RowVersion> ParseRow(std::string_view content) {
  if (content.size() < kRowHeadBytes) return std::nullopt;
  RowVersion version;
  ParseRowInto(content, version);
  return version;
}

// A version that a later one took the place of. Tombstones are not stored: where the version after
// it is younger than `superseded_lsn`, the row was deleted at `superseded_lsn`.
struct SupersededVersion {
  RowVersion version;
  Lsn superseded_lsn;
  Timestamp superseded_time;
};

// lsn u64, commit time u64, superseded lsn u64, superseded time u64, then the value.
using SupersededHead = std::array<char, kSupersededHeadBytes>;
[[nodiscard]] SupersededHead EncodeSupersededHead(const SupersededVersion& version);
[[nodiscard]] std::optional<SupersededVersion> ParseSuperseded(std::string_view content);

// The one entry of the meta space.
struct StoredMark {
  AppliedMark mark;
  bool loading = false;                 // a load was begun and not finished: not a state
  std::uint64_t next_continuation = 1;  // numbers for the rest of long keys, never reused
  std::uint64_t history_entries = 0;
  std::uint64_t long_key_heads = 0;  // entries that only lead to the rest of long keys
};
[[nodiscard]] std::string EncodeMark(const StoredMark& mark);
// nullopt where it is of another layout.
[[nodiscard]] std::optional<StoredMark> ParseMark(std::string_view content);

// The map key of the mark.
inline constexpr std::string_view kMarkKey{"\0", 1};

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_STORED_ROW_H_
