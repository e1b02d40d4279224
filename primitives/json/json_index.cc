#include "primitives/json/json_index.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "primitives/json/json_keys.h"

namespace varve::json {
namespace {

__extension__ using Wide = __int128;  // holds every 64-bit integer

constexpr char kNumberMark = 0x01;
constexpr char kStringMark = 0x02;
constexpr std::size_t kNumberBytes = 10;  // behind the mark

// A number as the largest double that is not above it, and what is left to an integer: so integers
// and doubles have one order, and each number its own place in it.
struct NumberPlace {
  double floor = 0;
  std::uint16_t rest = 0;
};

NumberPlace PlaceOf(const JsonValue& number) {
  if (number.is_number_float()) {
    const auto real = number.get<double>();
    return {.floor = real == 0 ? 0.0 : real};  // -0 is 0
  }
  const Wide integer = number.is_number_unsigned() ? static_cast<Wide>(number.get<std::uint64_t>())
                                                   : static_cast<Wide>(number.get<std::int64_t>());
  auto floor = static_cast<double>(integer);
  if (static_cast<Wide>(floor) > integer) {
    floor = std::nextafter(floor, -std::numeric_limits<double>::infinity());
  }
  return {.floor = floor, .rest = static_cast<std::uint16_t>(integer - static_cast<Wide>(floor))};
}

void AppendNumberKey(std::string& key, const JsonValue& number) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  const NumberPlace place = PlaceOf(number);
  const auto bits = std::bit_cast<std::uint64_t>(place.floor);
  key.push_back(kNumberMark);
  AppendBigEndian64(key, (bits & kSign) != 0 ? ~bits : bits | kSign);
  key.push_back(static_cast<char>(place.rest >> 8));
  key.push_back(static_cast<char>(place.rest));
}

// True where a change of what is at `changed` can change what is at `path`.
bool Touches(PathView changed, const Path& path) {
  const std::size_t common = std::min(changed.size(), path.size());
  return std::equal(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(common),
                    changed.begin());
}

std::string LineKey(std::string_view index, const JsonValue& value, std::string_view document) {
  std::string key = IndexValuePrefix(index, value);
  key.append(document);
  return key;
}

}  // namespace

absl::StatusOr<std::vector<Index>> ReadIndexes(JsonRows& rows) {
  std::vector<Index> indexes;
  const auto scan = rows.Scan(kJsonIndexes, KeyRange::All(), Order::kForward);
  for (; scan->valid(); scan->Next()) {
    VARVE_ASSIGN_OR_RETURN(IndexRow row, DecodeIndexRow(scan->row().value));
    indexes.push_back(
        {.name = std::string(scan->row().key), .kind = row.kind, .path = std::move(row.path)});
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  return indexes;
}

bool IsIndexed(IndexKind kind, const JsonValue& value) {
  return kind == IndexKind::kNumber ? value.is_number() : value.is_string();
}

std::string IndexPrefix(std::string_view index) {
  std::string key;
  AppendTerminated(key, index);
  return key;
}

std::string IndexValuePrefix(std::string_view index, const JsonValue& value) {
  std::string key = IndexPrefix(index);
  if (value.is_number()) {
    AppendNumberKey(key, value);
  } else {
    key.push_back(kStringMark);
    const std::string_view text = value.get_ref<const std::string&>();
    AppendTerminated(key, text.substr(0, kIndexedStringBytesMax));
  }
  return key;
}

absl::StatusOr<std::string> LineOf(JsonRows& rows, const Index& index, std::string_view document) {
  JsonTree tree(rows, document);
  VARVE_ASSIGN_OR_RETURN(const std::optional<JsonValue> value, tree.ReadScalar(index.path));
  if (!value.has_value() || !IsIndexed(index.kind, *value)) return std::string();
  return LineKey(index.name, *value, document);
}

std::optional<LineParts> ParseLine(std::string_view line) {
  LineParts parts;
  if (!TakeTerminated(line, parts.index) || line.empty()) return std::nullopt;
  const char mark = line.front();
  line.remove_prefix(1);
  std::string text;
  if (mark == kNumberMark) {
    if (line.size() < kNumberBytes) return std::nullopt;
    line.remove_prefix(kNumberBytes);
  } else if (mark != kStringMark || !TakeTerminated(line, text)) {
    return std::nullopt;
  }
  parts.document = std::string(line);
  return parts;
}

absl::Status IndexKeeper::Before(PathView changed) {
  VARVE_ASSIGN_OR_RETURN(std::vector<Index> indexes, ReadIndexes(rows_));
  for (Index& index : indexes) {
    if (!Touches(changed, index.path)) continue;
    VARVE_ASSIGN_OR_RETURN(std::string line, LineOf(rows_, index, name_));
    watched_.push_back({std::move(index), std::move(line)});
  }
  return absl::OkStatus();
}

absl::Status IndexKeeper::After() {
  for (const Watched& watched : watched_) {
    VARVE_ASSIGN_OR_RETURN(const std::string line, LineOf(rows_, watched.index, name_));
    if (line == watched.line) continue;
    if (!watched.line.empty()) {
      VARVE_RETURN_IF_ERROR(context_->Delete(kJsonIndexEntries.number, watched.line));
    }
    if (!line.empty()) {
      VARVE_RETURN_IF_ERROR(context_->Put(kJsonIndexEntries.number, line, {}));
    }
  }
  return absl::OkStatus();
}

absl::Status CreateIndex(ApplyContext& context, const Index& index) {
  ContextRows rows(context);
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> existing, rows.Get(kJsonIndexes, index.name));
  if (existing.has_value()) {
    return MakeStatus(absl::StatusCode::kAlreadyExists, "there is an index of this name: drop it",
                      " first, or give another name");
  }
  std::vector<std::string> lines;
  const auto documents = rows.Scan(kJsonDocuments, KeyRange::All(), Order::kForward);
  for (; documents->valid(); documents->Next()) {
    const std::string name(documents->row().key);
    VARVE_ASSIGN_OR_RETURN(std::string line, LineOf(rows, index, name));
    if (!line.empty()) lines.push_back(std::move(line));
  }
  VARVE_RETURN_IF_ERROR(documents->status());
  for (const std::string& line : lines) {
    VARVE_RETURN_IF_ERROR(context.Put(kJsonIndexEntries.number, line, {}));
  }
  return context.Put(kJsonIndexes.number, index.name,
                     EncodeIndexRow(index.kind, FormatPointer(index.path)));
}

absl::Status DropIndex(ApplyContext& context, std::string_view name) {
  std::vector<std::string> lines;
  const auto scan =
      context.Scan(kJsonIndexEntries.number, KeyRange::Prefix(IndexPrefix(name)), Order::kForward);
  for (; scan->valid(); scan->Next()) lines.emplace_back(scan->row().key);
  VARVE_RETURN_IF_ERROR(scan->status());
  for (const std::string& line : lines) {
    VARVE_RETURN_IF_ERROR(context.Delete(kJsonIndexEntries.number, line));
  }
  return context.Delete(kJsonIndexes.number, name);
}

}  // namespace varve::json
