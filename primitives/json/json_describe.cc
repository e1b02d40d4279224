#include "primitives/json/json_describe.h"

#include <string>

#include "absl/strings/escaping.h"
#include "kernel/base/status.h"
#include "primitives/json/json_encoding.h"
#include "primitives/json/json_keys.h"
#include "primitives/json/json_payload.h"
#include "primitives/json/json_primitive.h"

namespace varve::json {
namespace {

constexpr std::size_t kShownBytesMax = 200;

std::string ForPeople(std::string_view bytes) {
  std::string text = absl::CHexEscape(ToAbsl(bytes.substr(0, kShownBytesMax)));
  if (bytes.size() > kShownBytesMax) text += "... (" + std::to_string(bytes.size()) + " bytes)";
  return text;
}

std::string ForPeople(const absl::Status& status) { return ForPeople(FromAbsl(status.message())); }

// The text of an encoded value.
std::string ValueText(std::string_view encoded) {
  const absl::StatusOr<JsonValue> value = Decode(encoded);
  return value.ok() ? ForPeople(value->dump()) : ForPeople(value.status());
}

std::string SubjectOf(const Target& target) {
  std::string subject = ForPeople(target.name);
  if (!target.pointer.empty()) subject += " " + ForPeople(target.pointer);
  return subject;
}

std::string DetailOf(EntryType type, std::string_view operand) {
  if (type == kJsonCreate || type == kJsonSet || type == kJsonIncrement) return ValueText(operand);
  if (type == kJsonPatch) return operand.empty() ? "?" : ValueText(operand.substr(1));
  if (type == kJsonInsert) {
    const absl::StatusOr<InsertOperand> insert = DecodeInsertOperand(operand);
    if (!insert.ok()) return ForPeople(insert.status());
    const std::string at = insert->index == kAtEnd ? "end" : std::to_string(insert->index);
    return ForPeople(insert->value.dump()) + " at " + at;
  }
  if (type == kJsonIndexCreate) {
    const absl::StatusOr<IndexKind> kind = DecodeIndexOperand(operand);
    if (!kind.ok()) return ForPeople(kind.status());
    return *kind == IndexKind::kNumber ? "numbers" : "strings";
  }
  return "";
}

std::string_view OperationOf(EntryType type, std::string_view operand) {
  constexpr std::string_view kNames[] = {"create",       "set",       "delete",    "patch",
                                         "destroy",      "insert",    "increment", "set-many",
                                         "create-index", "drop-index"};
  const std::size_t which = static_cast<std::size_t>(type) - kJsonCreate;
  if (type < kJsonCreate || which >= std::size(kNames)) return "unknown";
  const bool is_merge = type == kJsonPatch && !operand.empty() &&
                        operand.front() == static_cast<char>(PatchKind::kMergePatch);
  return is_merge ? "merge-patch" : kNames[which];
}

EntryDescription DescribeSetMany(std::string_view payload) {
  std::string subjects;
  std::uint64_t count = 0;
  const absl::Status status = VisitSetsOfMany(payload, [&](std::string_view set) {
    const absl::StatusOr<Target> target = DecodeTarget(set);
    if (!target.ok()) return target.status();
    if (++count <= 3) subjects += (subjects.empty() ? "" : ", ") + SubjectOf(*target);
    return absl::OkStatus();
  });
  if (!status.ok()) return {"set-many", "?", ForPeople(status)};
  return {"set-many", subjects.substr(0, 2 * kShownBytesMax), std::to_string(count) + " values"};
}

// "name /path" of the key of a node.
std::string NodeSubject(std::string_view key) {
  const std::string_view whole = key;
  std::string name;
  if (!TakeTerminated(key, name)) return ForPeople(whole);
  std::string pointer;
  while (!key.empty()) {
    const std::optional<Segment> segment = TakeSegment(key);
    if (!segment.has_value()) return ForPeople(whole);
    AppendPointerToken(pointer,
                       segment->is_element ? std::to_string(segment->index) : segment->member);
  }
  return ForPeople(name) + (pointer.empty() ? "" : " " + ForPeople(pointer));
}

std::string NodeContent(std::string_view row) {
  const absl::StatusOr<Tag> tag = TagOf(row);
  if (!tag.ok()) return ForPeople(tag.status());
  if (*tag == Tag::kSplitArray) return "an array, its elements in rows of their own";
  if (*tag == Tag::kSplitObject) return "an object, its members in rows of their own";
  return ValueText(row);
}

}  // namespace

EntryDescription DescribeEntry(const Entry& entry) {
  if (entry.type == kJsonSetMany) return DescribeSetMany(entry.payload);
  const absl::StatusOr<Target> target = DecodeTarget(entry.payload);
  if (!target.ok()) {
    return {std::string(OperationOf(entry.type, {})), "?", ForPeople(target.status())};
  }
  return {std::string(OperationOf(entry.type, target->operand)), SubjectOf(*target),
          DetailOf(entry.type, target->operand)};
}

RowDescription DescribeRow(std::uint8_t table, std::string_view key, std::string_view value) {
  if (table == kJsonNodes.number) return {NodeSubject(key), NodeContent(value)};
  if (table == kJsonDocuments.number) {
    const absl::StatusOr<std::uint64_t> bytes = DecodeDocumentRow(value);
    return {ForPeople(key), bytes.ok() ? std::to_string(*bytes) + " bytes" : ForPeople(value)};
  }
  if (table == kJsonIndexes.number) {
    const absl::StatusOr<IndexRow> index = DecodeIndexRow(value);
    if (!index.ok()) return {ForPeople(key), ForPeople(index.status())};
    const bool numbers = index->kind == IndexKind::kNumber;
    return {"index " + ForPeople(key),
            (numbers ? "numbers at " : "strings at ") + ForPeople(FormatPointer(index->path))};
  }
  return {ForPeople(key), ForPeople(value)};
}

}  // namespace varve::json
