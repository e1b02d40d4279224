#include "primitives/json/json_editor.h"

#include <map>
#include <utility>

#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "primitives/json/json_limits.h"
#include "primitives/json/json_payload.h"

namespace varve::json {
namespace {

constexpr std::size_t kElementSegmentBytes = 5;

template <typename... Parts>
absl::Status DataLoss(const Parts&... parts) {
  return MakeStatus(absl::StatusCode::kDataLoss, "JSON rows: ", parts...);
}

absl::Status PathTooLong() {
  return ResourceExhausted("a path of the document has more than ", kJsonPathBytesMax,
                           " bytes: shorten the keys of its objects");
}

// Whether every part of `value` can be reached, and have a row of its own one day.
absl::Status CheckFits(const JsonValue& value, std::size_t depth_left, std::size_t bytes_left) {
  if (!value.is_structured()) return absl::OkStatus();
  if (depth_left == 0) {
    return InvalidArgument("the document would be more than ", kJsonDepthMax,
                           " arrays and objects deep");
  }
  std::string segment;
  for (auto child = value.begin(); child != value.end(); ++child) {
    std::size_t bytes = kElementSegmentBytes;
    if (value.is_object()) {
      segment.clear();
      AppendMember(segment, child.key());
      bytes = segment.size();
    }
    if (bytes > bytes_left) return PathTooLong();
    VARVE_RETURN_IF_ERROR(CheckFits(*child, depth_left - 1, bytes_left - bytes));
  }
  return absl::OkStatus();
}

// What the last segment of a row's key adds to the encoding. `below` leads from a row to one
// below it.
absl::StatusOr<std::size_t> SegmentBytes(std::string_view below) {
  std::size_t bytes = 0;
  while (!below.empty()) {
    const std::optional<Segment> segment = TakeSegment(below);
    if (!segment.has_value()) return DataLoss("a key of a row has a segment that is none");
    bytes = segment->is_element ? 0 : EncodedKeyBytes(segment->member);
  }
  return bytes;
}

std::int64_t Signed(std::size_t bytes) { return static_cast<std::int64_t>(bytes); }

}  // namespace

absl::Status JsonEditor::Set(PathView path, JsonValue value, SetMode mode) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Spot> spot, tree_.Locate(path));
  if (!spot.has_value()) {
    if (mode != SetMode::kPut) {
      return MakeStatus(absl::StatusCode::kNotFound, "there is no such document");
    }
    return Write(tree_.root_key(), 0, Wrap(path, std::move(value)));
  }
  if (spot->used == path.size()) {
    if (mode == SetMode::kAdd && spot->in_array) {
      const std::string array = spot->key.substr(0, spot->key.size() - kElementSegmentBytes);
      VARVE_ASSIGN_OR_RETURN(const std::uint32_t length, tree_.SplitLength(array));
      const std::uint32_t index = ParseArrayIndex(path.back()).value_or(length);
      return InsertElement(array, spot->used - 1, length, index, value);
    }
    if (!IsSplit(spot->tag)) return Rewrite(*spot, value);
    VARVE_RETURN_IF_ERROR(Erase(spot->key));
    return Write(spot->key, spot->used, value);
  }
  if (IsSplit(spot->tag)) return SetInSplit(*spot, path, std::move(value), mode);
  VARVE_ASSIGN_OR_RETURN(JsonValue whole, Decode(spot->value));
  VARVE_RETURN_IF_ERROR(SetIn(whole, path.subspan(spot->used), std::move(value), mode));
  return Rewrite(*spot, whole);
}

absl::Status JsonEditor::SetInSplit(const Spot& spot, PathView path, JsonValue value,
                                    SetMode mode) {
  const std::string& token = path[spot.used];
  const PathView inner = path.subspan(spot.used + 1);
  const bool may_create = mode == SetMode::kPut || (mode == SetMode::kAdd && inner.empty());
  if (!may_create) return NothingAt(path);
  value = Wrap(inner, std::move(value));
  if (spot.tag == Tag::kSplitArray) {
    VARVE_ASSIGN_OR_RETURN(const std::uint32_t length, tree_.SplitLength(spot.key));
    VARVE_ASSIGN_OR_RETURN(const std::uint32_t index, ArrayPosition(token, length));
    return InsertElement(spot.key, spot.used, length, index, value);
  }
  std::string key = spot.key;
  AppendMember(key, token);
  growth_ += Signed(EncodedKeyBytes(token));
  return Write(key, spot.used + 1, value);
}

absl::StatusOr<bool> JsonEditor::Remove(PathView path) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Spot> spot, tree_.Locate(path));
  if (!spot.has_value()) return false;
  if (spot->used == path.size()) {
    VARVE_RETURN_IF_ERROR(Erase(spot->key));
    if (!spot->in_array) {
      growth_ -= Signed(EncodedKeyBytes(path.back()));
      return true;
    }
    const std::string array = spot->key.substr(0, spot->key.size() - kElementSegmentBytes);
    VARVE_RETURN_IF_ERROR(Shift(array, *ParseArrayIndex(path.back()) + 1, -1));
    return true;
  }
  if (IsSplit(spot->tag)) return false;
  VARVE_ASSIGN_OR_RETURN(JsonValue whole, Decode(spot->value));
  VARVE_ASSIGN_OR_RETURN(const bool removed, RemoveIn(whole, path.subspan(spot->used)));
  if (removed) VARVE_RETURN_IF_ERROR(Rewrite(*spot, whole));
  return removed;
}

absl::Status JsonEditor::Insert(PathView path, std::optional<std::uint32_t> index,
                                JsonValue value) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Spot> spot, tree_.Locate(path));
  if (!spot.has_value()) {
    return MakeStatus(absl::StatusCode::kNotFound, "there is no such document");
  }
  const auto position = [&](std::uint32_t length) -> absl::StatusOr<std::uint32_t> {
    return ArrayPosition(index.has_value() ? std::to_string(*index) : "-", length);
  };
  const absl::Status no_array = FailedPrecondition("the value at \"", FormatPointer(path),
                                                   "\" is not an array: nothing can be inserted");
  if (IsSplit(spot->tag)) {
    if (spot->used < path.size()) return NothingAt(path);
    if (spot->tag != Tag::kSplitArray) return no_array;
    VARVE_ASSIGN_OR_RETURN(const std::uint32_t length, tree_.SplitLength(spot->key));
    VARVE_ASSIGN_OR_RETURN(const std::uint32_t at, position(length));
    return InsertElement(spot->key, spot->used, length, at, value);
  }
  VARVE_ASSIGN_OR_RETURN(JsonValue whole, Decode(spot->value));
  JsonValue* const array = FindIn(whole, path.subspan(spot->used));
  if (array == nullptr) return NothingAt(path);
  if (!array->is_array()) return no_array;
  VARVE_ASSIGN_OR_RETURN(const std::uint32_t at,
                         position(static_cast<std::uint32_t>(array->size())));
  array->insert(array->begin() + at, std::move(value));
  return Rewrite(*spot, whole);
}

absl::Status JsonEditor::Destroy() {
  destroyed_ = true;
  VARVE_RETURN_IF_ERROR(Erase(tree_.root_key()));
  return context_->Delete(kJsonDocuments.number, name_);
}

absl::Status JsonEditor::Finish() {
  if (destroyed_) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, rows_.Get(kJsonDocuments, name_));
  std::uint64_t bytes = 0;
  if (row.has_value()) {
    VARVE_ASSIGN_OR_RETURN(bytes, DecodeDocumentRow(row->value));
  }
  bytes += static_cast<std::uint64_t>(growth_);
  if (bytes > kJsonDocumentBytesMax) {
    return ResourceExhausted("the document would have ", bytes, " bytes, more than the limit of ",
                             kJsonDocumentBytesMax, ": split it into several documents");
  }
  return context_->Put(kJsonDocuments.number, name_, EncodeDocumentRow(bytes));
}

absl::Status JsonEditor::Rewrite(const Spot& spot, const JsonValue& value) {
  growth_ -= Signed(spot.value.size());
  return Write(spot.key, spot.used, value);
}

absl::Status JsonEditor::Write(const std::string& key, std::size_t depth, const JsonValue& value) {
  const std::size_t path_bytes = key.size() - tree_.root_key().size();
  if (path_bytes > kJsonPathBytesMax) return PathTooLong();
  if (depth > kJsonDepthMax) {
    return InvalidArgument("the document would be more than ", kJsonDepthMax,
                           " arrays and objects deep");
  }
  VARVE_RETURN_IF_ERROR(CheckFits(value, kJsonDepthMax - depth, kJsonPathBytesMax - path_bytes));
  growth_ += Signed(EncodedBytes(value));
  return WriteRows(key, value);
}

absl::Status JsonEditor::WriteRows(const std::string& key, const JsonValue& value) {
  if (!value.is_structured() || EncodedBytes(value, kWholeRowBytesMax) <= kWholeRowBytesMax) {
    return context_->Put(kJsonNodes.number, key, Encode(value));
  }
  const Tag tag = value.is_array() ? Tag::kSplitArray : Tag::kSplitObject;
  const char mark = static_cast<char>(tag);
  VARVE_RETURN_IF_ERROR(context_->Put(kJsonNodes.number, key, std::string_view(&mark, 1)));
  std::string child_key;
  std::uint32_t index = 0;
  for (auto child = value.begin(); child != value.end(); ++child) {
    child_key = key;
    if (value.is_object()) {
      AppendMember(child_key, child.key());
    } else {
      AppendElement(child_key, index++);
    }
    VARVE_RETURN_IF_ERROR(WriteRows(child_key, *child));
  }
  return absl::OkStatus();
}

absl::Status JsonEditor::Erase(const std::string& key) {
  std::vector<std::string> keys;
  const auto scan = rows_.Scan(kJsonNodes, KeyRange::Prefix(key), Order::kForward);
  for (; scan->valid(); scan->Next()) {
    const Row& row = scan->row();
    VARVE_ASSIGN_OR_RETURN(const Tag tag, TagOf(row.value));
    VARVE_ASSIGN_OR_RETURN(const std::size_t key_bytes, SegmentBytes(row.key.substr(key.size())));
    growth_ -= Signed(key_bytes + (IsSplit(tag) ? kContainerHeaderBytes : row.value.size()));
    keys.emplace_back(row.key);
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  for (const std::string& row_key : keys) {
    VARVE_RETURN_IF_ERROR(context_->Delete(kJsonNodes.number, row_key));
  }
  return absl::OkStatus();
}

absl::Status JsonEditor::InsertElement(const std::string& array, std::size_t depth,
                                       std::uint32_t length, std::uint32_t index,
                                       const JsonValue& value) {
  if (index < length) VARVE_RETURN_IF_ERROR(Shift(array, index, 1));
  std::string key = array;
  AppendElement(key, index);
  return Write(key, depth + 1, value);
}

absl::Status JsonEditor::Shift(const std::string& array, std::uint32_t first, int by) {
  KeyRange elements = KeyRange::Prefix(array);
  elements.begin = array;
  AppendElement(elements.begin, first);
  std::map<std::string, std::optional<std::string>> rows;  // what will stand under each key
  std::vector<std::pair<std::string, std::string>> moved;
  const auto scan = rows_.Scan(kJsonNodes, elements, Order::kForward);
  for (; scan->valid(); scan->Next()) {
    const Row& row = scan->row();
    std::string_view below = row.key.substr(array.size());
    const std::optional<Segment> segment = TakeSegment(below);
    if (!segment.has_value() || !segment->is_element) return DataLoss("a member is in an array");
    std::string key = array;
    AppendElement(key, segment->index + static_cast<std::uint32_t>(by));
    key.append(below);
    moved.emplace_back(std::move(key), row.value);
    rows.emplace(row.key, std::nullopt);
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  for (auto& [key, value] : moved) rows.insert_or_assign(std::move(key), std::move(value));
  for (const auto& [key, value] : rows) {
    VARVE_RETURN_IF_ERROR(value.has_value() ? context_->Put(kJsonNodes.number, key, *value)
                                            : context_->Delete(kJsonNodes.number, key));
  }
  return absl::OkStatus();
}

}  // namespace varve::json
