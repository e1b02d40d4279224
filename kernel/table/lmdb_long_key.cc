#include "kernel/table/lmdb_long_key.h"

#include "kernel/base/codec.h"
#include "kernel/table/materialized_map.h"

namespace varve::table {

std::string ContinuationPrefix(std::uint64_t number) {
  std::string prefix(1, static_cast<char>(Space::kContinuation));
  AppendBigEndian64(prefix, number);
  return prefix;
}

std::string EncodeHead(std::uint64_t number) {
  std::string content;
  AppendLittleEndian(content, number);
  return content;
}

std::optional<std::uint64_t> ParseHead(std::string_view content) {
  if (content.size() != sizeof(std::uint64_t)) return std::nullopt;
  return LoadLittleEndian<std::uint64_t>(content.data());
}

}  // namespace varve::table
