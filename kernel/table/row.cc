#include "kernel/table/row.h"

namespace varve::table {
namespace {

constexpr std::size_t kTableBytes = 2;  // primitive id, table number
constexpr char kNilRun = 0x00;
constexpr char kOtherRun = 0x01;
constexpr std::size_t kRunBytes = 16;

}  // namespace

void AppendRowKeyPrefix(std::string& to, TableId table, const RunId& run) {
  to.push_back(static_cast<char>(table.primitive.value()));
  to.push_back(static_cast<char>(table.number));
  if (run.is_nil()) {
    to.push_back(kNilRun);
  } else {
    to.push_back(kOtherRun);
    to.append(run.view());
  }
}

std::string MakeRowKey(TableId table, const RunId& run, std::string_view key) {
  std::string row_key;
  row_key.reserve(kRowKeyPrefixBytesMax + key.size());
  AppendRowKeyPrefix(row_key, table, run);
  row_key.append(key);
  return row_key;
}

std::optional<RowKeyParts> ParseRowKey(std::string_view row_key) {
  if (row_key.size() <= kTableBytes) return std::nullopt;
  RowKeyParts parts;
  parts.table.primitive = PrimitiveId(static_cast<std::uint8_t>(row_key[0]));
  parts.table.number = static_cast<std::uint8_t>(row_key[1]);
  const char run_mark = row_key[kTableBytes];
  std::string_view rest = row_key.substr(kTableBytes + 1);
  if (run_mark == kOtherRun) {
    const std::optional<Uuid> run = Uuid::FromBytes(rest.substr(0, kRunBytes));
    // A second spelling of the nil run would be a second identity of the same row.
    if (!run.has_value() || run->is_nil()) return std::nullopt;
    parts.run = *run;
    rest.remove_prefix(kRunBytes);
  } else if (run_mark != kNilRun) {
    return std::nullopt;
  }
  parts.key = rest;
  return parts;
}

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xFF') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(end.back() + 1);
  return end;
}

}  // namespace varve::table
