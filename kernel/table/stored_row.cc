#include "kernel/table/stored_row.h"

#include <algorithm>

#include "kernel/base/check.h"

namespace varve::table {
namespace {

constexpr std::uint32_t kLayoutVersion = 1;
constexpr std::uint32_t kFlagLoading = 1;

std::uint32_t EntryChecksum(std::string_view map_key, std::string_view covered) {
  return ExtendCrc32c(Crc32c(map_key), covered);
}

}  // namespace

void SealEntry(std::string_view map_key, std::span<char> entry) {
  const std::size_t covered = entry.size() - kChecksumBytes;
  StoreLittleEndian(entry.data() + covered,
                    EntryChecksum(map_key, std::string_view(entry.data(), covered)));
}

bool EntryIsSound(std::string_view map_key, std::string_view entry) {
  if (entry.size() < kChecksumBytes) return false;
  const std::size_t covered = entry.size() - kChecksumBytes;
  return EntryChecksum(map_key, entry.substr(0, covered)) ==
         LoadLittleEndian<std::uint32_t>(entry.data() + covered);
}

void EncodeStoredRow(std::string_view map_key, const RowVersion& version, std::span<char> to) {
  VARVE_CHECK(to.size() == kStoredRowBytes + version.value.size());
  StoreLittleEndian(to.data(), version.lsn.value());
  StoreLittleEndian(to.data() + 8, version.commit_time.micros());
  std::copy(version.value.begin(), version.value.end(), to.data() + 16);
  SealEntry(map_key, to);
}

std::optional<RowVersion> DecodeStoredRow(std::string_view map_key, std::string_view entry) {
  if (entry.size() < kStoredRowBytes) return std::nullopt;
  if (!EntryIsSound(map_key, entry)) return std::nullopt;
  return ParseSoundRow(entry);
}

void EncodeSuperseded(std::string_view map_key, const SupersededVersion& version,
                      std::span<char> to) {
  const std::string_view value = version.version.value;
  VARVE_CHECK(to.size() == kStoredHistoryBytes + value.size());
  StoreLittleEndian(to.data(), version.version.lsn.value());
  StoreLittleEndian(to.data() + 8, version.version.commit_time.micros());
  StoreLittleEndian(to.data() + 16, version.superseded_lsn.value());
  StoreLittleEndian(to.data() + 24, version.superseded_time.micros());
  std::copy(value.begin(), value.end(), to.data() + 32);
  SealEntry(map_key, to);
}

std::optional<SupersededVersion> DecodeSuperseded(std::string_view map_key,
                                                  std::string_view entry) {
  if (entry.size() < kStoredHistoryBytes) return std::nullopt;
  if (!EntryIsSound(map_key, entry)) return std::nullopt;
  SupersededVersion version;
  version.version.lsn = Lsn(LoadLittleEndian<std::uint64_t>(entry.data()));
  version.version.commit_time = Timestamp(LoadLittleEndian<std::uint64_t>(entry.data() + 8));
  version.superseded_lsn = Lsn(LoadLittleEndian<std::uint64_t>(entry.data() + 16));
  version.superseded_time = Timestamp(LoadLittleEndian<std::uint64_t>(entry.data() + 24));
  version.version.value = entry.substr(32, entry.size() - kStoredHistoryBytes);
  return version;
}

std::string EncodeMark(const StoredMark& stored) {
  std::string entry;
  entry.reserve(kStoredMarkBytes);
  AppendLittleEndian(entry, kLayoutVersion);
  AppendLittleEndian(entry, stored.loading ? kFlagLoading : std::uint32_t{0});
  entry.append(stored.mark.store.view());
  AppendLittleEndian(entry, stored.mark.applied.value());
  AppendLittleEndian(entry, stored.mark.commit_time.micros());
  AppendLittleEndian(entry, stored.mark.history_from.value());
  AppendLittleEndian(entry, stored.next_continuation);
  AppendLittleEndian(entry, stored.history_entries);
  AppendLittleEndian(entry, stored.long_key_heads);
  AppendLittleEndian(entry, std::uint32_t{0});  // reserved
  entry.resize(kStoredMarkBytes);
  SealEntry(kMarkKey, entry);
  return entry;
}

std::optional<StoredMark> DecodeMark(std::string_view entry) {
  if (entry.size() != kStoredMarkBytes || !EntryIsSound(kMarkKey, entry)) return std::nullopt;
  ByteReader reader(entry);
  if (reader.Read<std::uint32_t>() != kLayoutVersion) return std::nullopt;
  StoredMark stored;
  stored.loading = reader.Read<std::uint32_t>() == kFlagLoading;
  stored.mark.store = Uuid::FromBytes(reader.ReadBytes(16)).value_or(Uuid());
  stored.mark.applied = Lsn(reader.Read<std::uint64_t>());
  stored.mark.commit_time = Timestamp(reader.Read<std::uint64_t>());
  stored.mark.history_from = Lsn(reader.Read<std::uint64_t>());
  stored.next_continuation = reader.Read<std::uint64_t>();
  stored.history_entries = reader.Read<std::uint64_t>();
  stored.long_key_heads = reader.Read<std::uint64_t>();
  return stored;
}

}  // namespace varve::table
