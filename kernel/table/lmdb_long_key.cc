#include "kernel/table/lmdb_long_key.h"

#include "kernel/base/codec.h"
#include "kernel/table/materialized_map.h"
#include "kernel/table/stored_row.h"

namespace varve::table {

std::string ContinuationPrefix(std::uint64_t number) {
  std::string prefix(1, static_cast<char>(Space::kContinuation));
  AppendBigEndian64(prefix, number);
  return prefix;
}

std::string EncodeHeadEntry(std::string_view head, std::uint64_t number) {
  std::string entry;
  AppendLittleEndian(entry, number);
  entry.resize(kHeadEntryBytes);
  SealEntry(head, entry);
  return entry;
}

std::optional<std::uint64_t> DecodeHeadEntry(std::string_view head, std::string_view entry) {
  if (entry.size() != kHeadEntryBytes || !EntryIsSound(head, entry)) return std::nullopt;
  return LoadLittleEndian<std::uint64_t>(entry.data());
}

}  // namespace varve::table
