#include "kernel/table/history.h"

#include "kernel/base/codec.h"
#include "kernel/table/materialized_map.h"

namespace varve::table {
namespace {

constexpr char kEscaped = '\xFF';
constexpr char kEnd = '\x01';
constexpr char kAboveEnd = '\x02';

std::string Escaped(std::string_view row_key, char terminator) {
  std::string key;
  key.reserve(row_key.size() + 24);
  key.push_back(static_cast<char>(Space::kHistory));
  for (const char byte : row_key) {
    key.push_back(byte);
    if (byte == '\0') key.push_back(kEscaped);
  }
  key.push_back('\0');
  key.push_back(terminator);
  return key;
}

}  // namespace

std::string HistoryGroupPrefix(std::string_view row_key) { return Escaped(row_key, kEnd); }
std::string HistoryGroupEnd(std::string_view row_key) { return Escaped(row_key, kAboveEnd); }

std::string HistoryKey(std::string_view row_key, Lsn lsn) {
  std::string key = Escaped(row_key, kEnd);
  AppendBigEndian64(key, ~lsn.value());
  return key;
}

std::string_view HistoryGroupOf(std::string_view map_key) {
  if (map_key.size() < 1 + 2 + 8) return {};
  const std::string_view group = map_key.substr(0, map_key.size() - 8);
  if (group[group.size() - 2] != '\0' || group.back() != kEnd) return {};
  return group;
}

std::optional<std::string> RowKeyOfHistory(std::string_view map_key) {
  std::string_view group = HistoryGroupOf(map_key);
  if (group.empty()) return std::nullopt;
  group.remove_prefix(1);
  group.remove_suffix(2);
  std::string row_key;
  row_key.reserve(group.size());
  for (std::size_t i = 0; i < group.size(); ++i) {
    row_key.push_back(group[i]);
    if (group[i] != '\0') continue;
    ++i;
    if (i == group.size() || group[i] != kEscaped) return std::nullopt;
  }
  return row_key;
}

Timestamp HistoryHorizon(const HistoryPolicy& policy, Timestamp now) {
  if (policy.keep == std::chrono::microseconds::max()) return Timestamp();
  const auto keep = static_cast<std::uint64_t>(policy.keep.count());
  return keep >= now.micros() ? Timestamp() : Timestamp(now.micros() - keep);
}

}  // namespace varve::table
