#include "primitives/json/json.h"

#include <algorithm>
#include <set>
#include <utility>

#include "kernel/base/status.h"
#include "primitives/json/json_arguments.h"
#include "primitives/json/json_index.h"
#include "primitives/json/json_path.h"
#include "primitives/json/json_payload.h"
#include "primitives/json/json_primitive.h"
#include "primitives/json/json_tree.h"

namespace varve {
namespace {

using json::JsonTree;
using json::Path;
using json::ReaderRows;

absl::Status CheckLimit(std::uint64_t limit) {
  if (limit > 0) return absl::OkStatus();
  return InvalidArgument("the limit 0 gives nothing: the least limit is 1");
}

absl::StatusOr<JsonInfo> InfoOf(const Row& row) {
  JsonInfo info{.name = std::string(row.key), .lsn = row.lsn, .commit_time = row.commit_time};
  VARVE_ASSIGN_OR_RETURN(info.bytes, json::DecodeDocumentRow(row.value));
  return info;
}

// The names behind `after` that begin with `prefix`.
KeyRange NamesBehind(std::string_view prefix, std::string_view after) {
  KeyRange range = prefix.empty() ? KeyRange::All() : KeyRange::Prefix(prefix);
  if (!after.empty() && after >= range.begin) {
    range.begin = after;
    range.begin.push_back('\0');
  }
  return range;
}

bool IsEmpty(const KeyRange& range) { return !range.end.empty() && range.begin >= range.end; }

// Whether the document `name` has `value` at `path`.
absl::StatusOr<bool> Holds(ReaderRows& rows, std::string_view name, const Path& path,
                           const JsonValue& value) {
  JsonTree tree(rows, name);
  VARVE_ASSIGN_OR_RETURN(const std::optional<JsonValue> there,
                         value.is_structured() ? tree.Read(path) : tree.ReadScalar(path));
  return there.has_value() && JsonEquals(*there, value);
}

// The candidates that `scan` gives, `skip` bytes into their keys, until the limit.
absl::Status Collect(ReaderRows& rows, RowScan& scan, std::size_t skip, const Path& path,
                     const JsonValue& value, std::uint64_t limit, bool verify, JsonNames& found) {
  for (; scan.valid(); scan.Next()) {
    const std::string_view name = scan.row().key.substr(skip);
    bool holds = true;
    if (verify) {
      VARVE_ASSIGN_OR_RETURN(holds, Holds(rows, name, path, value));
    }
    if (!holds) continue;
    found.more = found.names.size() == limit;
    if (found.more) return absl::OkStatus();
    found.names.emplace_back(name);
  }
  return scan.status();
}

// Whether a string is longer than what an index keeps of it.
bool IsCutInIndex(const JsonValue& value) {
  return value.is_string() &&
         value.get_ref<const std::string&>().size() >= json::kIndexedStringBytesMax;
}

}  // namespace

Json::Json(Transaction& transaction, const RunId& run)
    : reader_(&transaction), transaction_(&transaction), run_(run) {}

Json::Json(Reader& reader, const RunId& run) : reader_(&reader), transaction_(nullptr), run_(run) {}

absl::StatusOr<std::optional<JsonValue>> Json::GetDocument(std::string_view name) const {
  return Get(name, {});
}

absl::StatusOr<std::optional<JsonValue>> Json::Get(std::string_view name,
                                                   std::string_view pointer) const {
  VARVE_RETURN_IF_ERROR(json::CheckName(name));
  VARVE_ASSIGN_OR_RETURN(const Path path, json::ParsePointer(pointer));
  ReaderRows rows(*reader_, run_);
  return JsonTree(rows, name).Read(path);
}

absl::StatusOr<std::vector<std::optional<JsonValue>>> Json::GetMany(
    std::span<const JsonPlace> places) const {
  std::vector<std::optional<JsonValue>> values;
  values.reserve(places.size());
  for (const JsonPlace& place : places) {
    VARVE_ASSIGN_OR_RETURN(std::optional<JsonValue> value, Get(place.name, place.pointer));
    values.push_back(std::move(value));
  }
  return values;
}

absl::StatusOr<bool> Json::Exists(std::string_view name, std::string_view pointer) const {
  VARVE_RETURN_IF_ERROR(json::CheckName(name));
  VARVE_ASSIGN_OR_RETURN(const Path path, json::ParsePointer(pointer));
  ReaderRows rows(*reader_, run_);
  VARVE_ASSIGN_OR_RETURN(const std::optional<json::Tag> kind, JsonTree(rows, name).KindAt(path));
  return kind.has_value();
}

absl::StatusOr<std::optional<std::uint32_t>> Json::ArrayLength(std::string_view name,
                                                               std::string_view pointer) const {
  VARVE_RETURN_IF_ERROR(json::CheckName(name));
  VARVE_ASSIGN_OR_RETURN(const Path path, json::ParsePointer(pointer));
  ReaderRows rows(*reader_, run_);
  return JsonTree(rows, name).ArrayLength(path);
}

absl::StatusOr<std::optional<JsonInfo>> Json::Info(std::string_view name) const {
  VARVE_RETURN_IF_ERROR(json::CheckName(name));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, reader_->Get(kJsonDocuments, run_, name));
  if (!row.has_value()) return std::nullopt;
  VARVE_ASSIGN_OR_RETURN(JsonInfo info, InfoOf(*row));
  return info;
}

absl::StatusOr<JsonList> Json::List(const JsonListOptions& options) const {
  VARVE_RETURN_IF_ERROR(CheckLimit(options.limit));
  JsonList list;
  const KeyRange range = NamesBehind(options.prefix, options.after);
  if (IsEmpty(range)) return list;
  const auto scan = reader_->Scan(kJsonDocuments, run_, range);
  for (; scan->valid(); scan->Next()) {
    list.more = list.documents.size() == options.limit;
    if (list.more) return list;
    VARVE_ASSIGN_OR_RETURN(JsonInfo info, InfoOf(scan->row()));
    list.documents.push_back(std::move(info));
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  return list;
}

absl::StatusOr<std::vector<JsonMatch>> Json::Query(std::string_view name,
                                                   std::string_view json_path) const {
  VARVE_RETURN_IF_ERROR(json::CheckName(name));
  VARVE_ASSIGN_OR_RETURN(const json::JsonPath query, json::JsonPath::Parse(json_path));
  // A filter may look at the whole document ("$"); otherwise the names that a query begins with say
  // which part of it is enough.
  const Path base = query.FixedPrefix();
  ReaderRows rows(*reader_, run_);
  VARVE_ASSIGN_OR_RETURN(const std::optional<JsonValue> value, JsonTree(rows, name).Read(base));
  std::vector<JsonMatch> matches;
  if (!value.has_value()) return matches;
  for (json::Node& node : query.Select(*value, base.size())) {
    Path path = base;
    path.insert(path.end(), std::make_move_iterator(node.path.begin()),
                std::make_move_iterator(node.path.end()));
    matches.push_back({json::FormatPointer(path), *node.value});
  }
  return matches;
}

absl::StatusOr<JsonNames> Json::Find(std::string_view pointer, const JsonValue& value,
                                     const JsonFindOptions& options) const {
  VARVE_RETURN_IF_ERROR(CheckLimit(options.limit));
  VARVE_RETURN_IF_ERROR(json::CheckOperand(value));
  VARVE_ASSIGN_OR_RETURN(const Path path, json::ParsePointer(pointer));
  ReaderRows rows(*reader_, run_);
  VARVE_ASSIGN_OR_RETURN(const std::vector<json::Index> indexes, json::ReadIndexes(rows));
  const auto index = std::find_if(indexes.begin(), indexes.end(), [&](const json::Index& one) {
    return one.path == path && json::IsIndexed(one.kind, value);
  });
  JsonNames found;
  if (index == indexes.end()) {
    const KeyRange range = NamesBehind({}, options.after);
    const auto scan = rows.Scan(kJsonDocuments, range, Order::kForward);
    VARVE_RETURN_IF_ERROR(Collect(rows, *scan, 0, path, value, options.limit, true, found));
    return found;
  }
  found.index = index->name;
  const std::string prefix = json::IndexValuePrefix(index->name, value);
  const KeyRange range = NamesBehind(prefix, prefix + std::string(options.after));
  const auto scan = rows.Scan(kJsonIndexEntries, range, Order::kForward);
  VARVE_RETURN_IF_ERROR(
      Collect(rows, *scan, prefix.size(), path, value, options.limit, IsCutInIndex(value), found));
  return found;
}

absl::StatusOr<std::vector<JsonIndexInfo>> Json::Indexes() const {
  ReaderRows rows(*reader_, run_);
  VARVE_ASSIGN_OR_RETURN(std::vector<json::Index> indexes, json::ReadIndexes(rows));
  std::vector<JsonIndexInfo> infos;
  infos.reserve(indexes.size());
  for (json::Index& index : indexes) {
    infos.push_back(
        {std::move(index.name), json::FormatPointer(index.path),
         index.kind == json::IndexKind::kNumber ? JsonIndexKind::kNumber : JsonIndexKind::kString});
  }
  return infos;
}

}  // namespace varve
