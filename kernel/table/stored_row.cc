#include "kernel/table/stored_row.h"

namespace varve::table {
namespace {

constexpr std::uint32_t kLayoutVersion = 1;
constexpr std::uint32_t kFlagLoading = 1;

}  // namespace

RowHead EncodeRowHead(const RowVersion& version) {
  RowHead head;
  StoreLittleEndian(head.data(), version.lsn.value());
  StoreLittleEndian(head.data() + 8, version.commit_time.micros());
  return head;
}

SupersededHead EncodeSupersededHead(const SupersededVersion& version) {
  SupersededHead head;
  StoreLittleEndian(head.data(), version.version.lsn.value());
  StoreLittleEndian(head.data() + 8, version.version.commit_time.micros());
  StoreLittleEndian(head.data() + 16, version.superseded_lsn.value());
  StoreLittleEndian(head.data() + 24, version.superseded_time.micros());
  return head;
}

std::optional<SupersededVersion> ParseSuperseded(std::string_view content) {
  ByteReader reader(content);
  SupersededVersion version;
  version.version.lsn = Lsn(reader.Read<std::uint64_t>());
  version.version.commit_time = Timestamp(reader.Read<std::uint64_t>());
  version.superseded_lsn = Lsn(reader.Read<std::uint64_t>());
  version.superseded_time = Timestamp(reader.Read<std::uint64_t>());
  version.version.value = reader.rest();
  if (!reader.ok()) return std::nullopt;
  return version;
}

std::string EncodeMark(const StoredMark& stored) {
  std::string content;
  AppendLittleEndian(content, kLayoutVersion);
  AppendLittleEndian(content, stored.loading ? kFlagLoading : std::uint32_t{0});
  content.append(stored.mark.store.view());
  AppendLittleEndian(content, stored.mark.applied.value());
  AppendLittleEndian(content, stored.mark.commit_time.micros());
  AppendLittleEndian(content, stored.mark.history_from.value());
  AppendLittleEndian(content, stored.next_continuation);
  AppendLittleEndian(content, stored.history_entries);
  AppendLittleEndian(content, stored.long_key_heads);
  AppendLittleEndian(content, std::uint32_t{0});  // reserved
  return content;
}

std::optional<StoredMark> ParseMark(std::string_view content) {
  ByteReader reader(content);
  if (content.size() != kMarkBytes || reader.Read<std::uint32_t>() != kLayoutVersion) {
    return std::nullopt;
  }
  StoredMark stored;
  const auto flags = reader.Read<std::uint32_t>();
  if (flags > kFlagLoading) return std::nullopt;
  stored.loading = flags == kFlagLoading;
  stored.mark.store = Uuid::FromBytes(reader.ReadBytes(16)).value_or(Uuid());
  stored.mark.applied = Lsn(reader.Read<std::uint64_t>());
  stored.mark.commit_time = Timestamp(reader.Read<std::uint64_t>());
  stored.mark.history_from = Lsn(reader.Read<std::uint64_t>());
  stored.next_continuation = reader.Read<std::uint64_t>();
  stored.history_entries = reader.Read<std::uint64_t>();
  stored.long_key_heads = reader.Read<std::uint64_t>();
  if (reader.Read<std::uint32_t>() != 0) return std::nullopt;
  return stored;
}

}  // namespace varve::table
