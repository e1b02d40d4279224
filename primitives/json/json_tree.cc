#include "primitives/json/json_tree.h"

#include <utility>
#include <vector>

#include "kernel/base/codec.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"

namespace varve::json {
namespace {

template <typename... Parts>
absl::Status DataLoss(const Parts&... parts) {
  return MakeStatus(absl::StatusCode::kDataLoss, "JSON rows: ", parts...);
}

// Puts rows together that come in the order of their keys: each parent before its children.
class Assembler final {
 public:
  // The base row, then the rows below it.
  absl::Status Add(std::string_view key, std::string_view row) {
    VARVE_ASSIGN_OR_RETURN(const Tag tag, TagOf(row));
    while (!open_.empty() && !key.starts_with(open_.back().key)) open_.pop_back();
    if (open_.empty() && started_) return DataLoss("a row has no parent");
    VARVE_ASSIGN_OR_RETURN(JsonValue* const place, Place(key));
    started_ = true;
    if (!IsSplit(tag)) {
      VARVE_ASSIGN_OR_RETURN(*place, Decode(row));
      return absl::OkStatus();
    }
    *place = tag == Tag::kSplitArray ? JsonValue::array() : JsonValue::object();
    open_.push_back({std::string(key), place});
    return absl::OkStatus();
  }

  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] JsonValue TakeValue() { return std::move(value_); }

 private:
  struct Open {
    std::string key;
    JsonValue* value;  // stays where it is while it is open: only its own children are added
  };

  absl::StatusOr<JsonValue*> Place(std::string_view key) {
    if (!started_) return &value_;
    key.remove_prefix(open_.back().key.size());
    const std::optional<Segment> segment = TakeSegment(key);
    if (!segment.has_value() || !key.empty()) return DataLoss("a row has no parent");
    JsonValue& parent = *open_.back().value;
    if (segment->is_element != parent.is_array()) return DataLoss("a member is in an array");
    if (!segment->is_element) return &parent[segment->member];
    if (segment->index != parent.size()) return DataLoss("an element of an array is missing");
    parent.push_back(nullptr);
    return &parent.back();
  }

  JsonValue value_;
  bool started_ = false;
  std::vector<Open> open_;
};

// The key of the child of a split container that `token` names. nullopt: it can have none.
std::optional<std::string> ChildKey(const Spot& parent, const std::string& token) {
  std::string key = parent.key;
  if (parent.tag == Tag::kSplitObject) {
    AppendMember(key, token);
    if (key.size() > kTableKeyBytesMax) return std::nullopt;
    return key;
  }
  const std::optional<std::uint32_t> index = ParseArrayIndex(token);
  if (!index.has_value()) return std::nullopt;
  AppendElement(key, *index);
  return key;
}

}  // namespace

absl::StatusOr<std::optional<Spot>> JsonTree::Locate(PathView path) {
  VARVE_ASSIGN_OR_RETURN(std::optional<Row> row, rows_->Get(kJsonNodes, root_key_));
  if (!row.has_value()) return std::nullopt;
  Spot spot{.key = root_key_, .value = row->value};
  VARVE_ASSIGN_OR_RETURN(spot.tag, TagOf(spot.value));
  while (spot.used < path.size() && IsSplit(spot.tag)) {
    std::optional<std::string> key = ChildKey(spot, path[spot.used]);
    if (!key.has_value()) break;
    VARVE_ASSIGN_OR_RETURN(row, rows_->Get(kJsonNodes, *key));
    if (!row.has_value()) break;
    spot.in_array = spot.tag == Tag::kSplitArray;
    spot.key = *std::move(key);
    spot.value = row->value;
    VARVE_ASSIGN_OR_RETURN(spot.tag, TagOf(spot.value));
    ++spot.used;
  }
  return spot;
}

absl::StatusOr<std::optional<std::string_view>> JsonTree::FindInline(const Spot& spot,
                                                                     PathView path) const {
  if (IsSplit(spot.tag)) return std::nullopt;
  return FindEncoded(spot.value, path.subspan(spot.used));
}

absl::StatusOr<std::optional<JsonValue>> JsonTree::Read(PathView path) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Spot> spot, Locate(path));
  if (!spot.has_value()) return std::nullopt;
  if (IsSplit(spot->tag)) {
    if (spot->used < path.size()) return std::nullopt;
    return Assemble(spot->key);
  }
  VARVE_ASSIGN_OR_RETURN(const std::optional<std::string_view> found, FindInline(*spot, path));
  if (!found.has_value()) return std::nullopt;
  return Decode(*found);
}

absl::StatusOr<std::optional<JsonValue>> JsonTree::ReadScalar(PathView path) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Spot> spot, Locate(path));
  if (!spot.has_value()) return std::nullopt;
  VARVE_ASSIGN_OR_RETURN(const std::optional<std::string_view> found, FindInline(*spot, path));
  if (!found.has_value()) return std::nullopt;
  VARVE_ASSIGN_OR_RETURN(const Tag tag, TagOf(*found));
  if (tag == Tag::kArray || tag == Tag::kObject) return std::nullopt;
  return Decode(*found);
}

absl::StatusOr<std::optional<Tag>> JsonTree::KindAt(PathView path) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Spot> spot, Locate(path));
  if (!spot.has_value()) return std::nullopt;
  if (IsSplit(spot->tag)) {
    if (spot->used < path.size()) return std::nullopt;
    return spot->tag == Tag::kSplitArray ? Tag::kArray : Tag::kObject;
  }
  VARVE_ASSIGN_OR_RETURN(const std::optional<std::string_view> found, FindInline(*spot, path));
  if (!found.has_value()) return std::nullopt;
  VARVE_ASSIGN_OR_RETURN(const Tag tag, TagOf(*found));
  return tag;
}

absl::StatusOr<std::optional<std::uint32_t>> JsonTree::ArrayLength(PathView path) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Spot> spot, Locate(path));
  if (!spot.has_value()) return std::nullopt;
  if (IsSplit(spot->tag)) {
    if (spot->used < path.size() || spot->tag != Tag::kSplitArray) return std::nullopt;
    return SplitLength(spot->key);
  }
  VARVE_ASSIGN_OR_RETURN(const std::optional<std::string_view> found, FindInline(*spot, path));
  if (!found.has_value()) return std::nullopt;
  VARVE_ASSIGN_OR_RETURN(const Tag tag, TagOf(*found));
  if (tag != Tag::kArray) return std::nullopt;
  return LoadLittleEndian<std::uint32_t>(found->data() + 1);
}

absl::StatusOr<std::uint32_t> JsonTree::SplitLength(const std::string& key) {
  KeyRange children = KeyRange::Prefix(key);
  children.begin.push_back('\0');  // behind the row of the array itself
  const auto last = rows_->Scan(kJsonNodes, children, Order::kReverse);
  VARVE_RETURN_IF_ERROR(last->status());
  if (!last->valid()) return 0;
  std::string_view rest = last->row().key.substr(key.size());
  const std::optional<Segment> segment = TakeSegment(rest);
  if (!segment.has_value() || !segment->is_element) return DataLoss("a member is in an array");
  return segment->index + 1;
}

absl::StatusOr<JsonValue> JsonTree::Assemble(const std::string& key) {
  const auto scan = rows_->Scan(kJsonNodes, KeyRange::Prefix(key), Order::kForward);
  Assembler assembler;
  for (; scan->valid(); scan->Next()) {
    VARVE_RETURN_IF_ERROR(assembler.Add(scan->row().key, scan->row().value));
  }
  VARVE_RETURN_IF_ERROR(scan->status());
  if (!assembler.started()) return DataLoss("a row is gone that was there");
  return assembler.TakeValue();
}

}  // namespace varve::json
