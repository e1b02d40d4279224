#include "primitives/json/json_primitive.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "kernel/base/status.h"
#include "primitives/json/json_describe.h"
#include "primitives/json/json_editor.h"
#include "primitives/json/json_index.h"
#include "primitives/json/json_patch.h"
#include "primitives/json/json_payload.h"

namespace varve {
namespace {

using json::JsonEditor;
using json::Path;
using json::PathView;
using json::SetMode;
using json::Target;

// Changes one document, its indexes and its row. `change` answers whether anything has changed;
// nothing outside of `changed` may.
absl::Status Change(ApplyContext& context, std::string_view name, PathView changed,
                    const std::function<absl::StatusOr<bool>(JsonEditor&)>& change) {
  json::IndexKeeper keeper(context, name);
  VARVE_RETURN_IF_ERROR(keeper.Before(changed));
  JsonEditor editor(context, name);
  VARVE_ASSIGN_OR_RETURN(const bool has_changed, change(editor));
  if (!has_changed) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(editor.Finish());
  return keeper.After();
}

// For changes that always change something.
absl::StatusOr<bool> Changed(const absl::Status& status) {
  if (!status.ok()) return status;
  return true;
}

absl::Status ApplyCreate(std::string_view payload, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const Target target, json::DecodeTarget(payload));
  VARVE_ASSIGN_OR_RETURN(JsonValue value, json::Decode(target.operand));
  return Change(context, target.name, {}, [&](JsonEditor& editor) -> absl::StatusOr<bool> {
    VARVE_ASSIGN_OR_RETURN(const std::optional<json::Tag> there, editor.tree().KindAt({}));
    if (there.has_value()) {
      return MakeStatus(absl::StatusCode::kAlreadyExists, "there is a document of this name: set",
                        " it, or destroy it first");
    }
    return Changed(editor.Set({}, std::move(value), SetMode::kPut));
  });
}

// What a set at `path` may change: appending with "-" changes an element that has another name.
PathView UpToDash(const Path& path) {
  const auto dash = std::find(path.begin(), path.end(), "-");
  return PathView(path).first(static_cast<std::size_t>(dash - path.begin()));
}

absl::Status ApplySet(std::string_view payload, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const Target target, json::DecodeTarget(payload));
  VARVE_ASSIGN_OR_RETURN(const Path path, json::DecodePointer(target.pointer));
  VARVE_ASSIGN_OR_RETURN(JsonValue value, json::Decode(target.operand));
  return Change(context, target.name, UpToDash(path), [&](JsonEditor& editor) {
    return Changed(editor.Set(path, std::move(value), SetMode::kPut));
  });
}

absl::Status ApplySetMany(std::string_view payload, ApplyContext& context) {
  return json::VisitSetsOfMany(payload,
                               [&](std::string_view set) { return ApplySet(set, context); });
}

absl::Status ApplyDelete(std::string_view payload, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const Target target, json::DecodeTarget(payload));
  VARVE_ASSIGN_OR_RETURN(const Path path, json::DecodePointer(target.pointer));
  if (path.empty() || !target.operand.empty()) {
    return MakeStatus(absl::StatusCode::kDataLoss, "JsonDelete: no path, or more than a path");
  }
  // In an array all elements behind it move.
  const PathView parent = PathView(path).first(path.size() - 1);
  return Change(context, target.name, parent,
                [&](JsonEditor& editor) { return editor.Remove(path); });
}

absl::Status ApplyPatchEntry(std::string_view payload, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const Target target, json::DecodeTarget(payload));
  VARVE_ASSIGN_OR_RETURN(const json::PatchOperand patch, json::DecodePatchOperand(target.operand));
  if (!target.pointer.empty()) {
    return MakeStatus(absl::StatusCode::kDataLoss, "JsonPatch: a path beside the patch");
  }
  return Change(context, target.name, {}, [&](JsonEditor& editor) {
    return Changed(patch.kind == json::PatchKind::kPatch
                       ? json::ApplyPatch(editor, patch.patch)
                       : json::ApplyMergePatch(editor, patch.patch));
  });
}

absl::Status ApplyDestroy(std::string_view payload, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const Target target, json::DecodeTarget(payload));
  VARVE_RETURN_IF_ERROR(json::DecodeNoOperand(target));
  return Change(context, target.name, {},
                [&](JsonEditor& editor) { return Changed(editor.Destroy()); });
}

absl::Status ApplyInsert(std::string_view payload, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const Target target, json::DecodeTarget(payload));
  VARVE_ASSIGN_OR_RETURN(const Path path, json::DecodePointer(target.pointer));
  VARVE_ASSIGN_OR_RETURN(json::InsertOperand insert, json::DecodeInsertOperand(target.operand));
  std::optional<std::uint32_t> index;
  if (insert.index != json::kAtEnd) index = insert.index;
  return Change(context, target.name, path, [&](JsonEditor& editor) {
    return Changed(editor.Insert(path, index, std::move(insert.value)));
  });
}

absl::Status ApplyIncrement(std::string_view payload, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const Target target, json::DecodeTarget(payload));
  VARVE_ASSIGN_OR_RETURN(const Path path, json::DecodePointer(target.pointer));
  VARVE_ASSIGN_OR_RETURN(JsonValue amount, json::DecodeNumberOperand(target.operand));
  return Change(
      context, target.name, UpToDash(path), [&](JsonEditor& editor) -> absl::StatusOr<bool> {
        VARVE_ASSIGN_OR_RETURN(const std::optional<json::Tag> kind, editor.tree().KindAt(path));
        if (kind == json::Tag::kArray || kind == json::Tag::kObject) {
          return FailedPrecondition("the value at \"", target.pointer,
                                    "\" is an array or an object, not a number");
        }
        VARVE_ASSIGN_OR_RETURN(const std::optional<JsonValue> old, editor.tree().ReadScalar(path));
        if (old.has_value()) {
          VARVE_ASSIGN_OR_RETURN(amount, json::Add(*old, amount));
        }
        return Changed(editor.Set(path, std::move(amount), SetMode::kPut));
      });
}

absl::Status ApplyIndexCreate(std::string_view payload, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const Target target, json::DecodeTarget(payload));
  json::Index index;
  index.name = target.name;
  VARVE_ASSIGN_OR_RETURN(index.path, json::DecodePointer(target.pointer));
  VARVE_ASSIGN_OR_RETURN(index.kind, json::DecodeIndexOperand(target.operand));
  return json::CreateIndex(context, index);
}

absl::Status ApplyIndexDrop(std::string_view payload, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const Target target, json::DecodeTarget(payload));
  VARVE_RETURN_IF_ERROR(json::DecodeNoOperand(target));
  return json::DropIndex(context, target.name);
}

using ApplyOne = absl::Status (*)(std::string_view payload, ApplyContext& context);

// In the order of the entry types, from kJsonCreate on.
constexpr ApplyOne kAppliers[] = {ApplyCreate,      ApplySet,      ApplyDelete,    ApplyPatchEntry,
                                  ApplyDestroy,     ApplyInsert,   ApplyIncrement, ApplySetMany,
                                  ApplyIndexCreate, ApplyIndexDrop};

}  // namespace

JsonPrimitive::JsonPrimitive() {
  spec_.id = kJsonId;
  spec_.name = "varve.json";
  spec_.entry_range = kJsonCreate;
  spec_.entries = {{.type = kJsonCreate, .name = "JsonCreate"},
                   {.type = kJsonSet, .name = "JsonSet"},
                   {.type = kJsonDelete, .name = "JsonDelete"},
                   {.type = kJsonPatch, .name = "JsonPatch"},
                   {.type = kJsonDestroy, .name = "JsonDestroy"},
                   {.type = kJsonInsert, .name = "JsonInsert"},
                   {.type = kJsonIncrement, .name = "JsonIncrement"},
                   {.type = kJsonSetMany, .name = "JsonSetMany"},
                   {.type = kJsonIndexCreate, .name = "JsonIndexCreate"},
                   {.type = kJsonIndexDrop, .name = "JsonIndexDrop"}};
  spec_.tables = {{.number = kJsonNodes.number, .name = "nodes"},
                  {.number = kJsonDocuments.number, .name = "documents", .derived = true},
                  {.number = kJsonIndexes.number, .name = "indexes"},
                  {.number = kJsonIndexEntries.number, .name = "index_entries", .derived = true}};
}

absl::Status JsonPrimitive::Apply(const Entry& entry, ApplyContext& context) const {
  if (entry.payload_version != 1) {
    return Unimplemented("JSON: payload version ", entry.payload_version, " of entry type ",
                         entry.type, " is newer than this build, which reads 1: open with a newer",
                         " Varve");
  }
  const std::size_t which = static_cast<std::size_t>(entry.type) - kJsonCreate;
  if (entry.type < kJsonCreate || which >= std::size(kAppliers)) {
    return Unimplemented("JSON: entry type ", entry.type, " is not one of 32 to 41");
  }
  return kAppliers[which](entry.payload, context);
}

RowDescription JsonPrimitive::DescribeRow(std::uint8_t table, std::string_view key,
                                          std::string_view value) const {
  return json::DescribeRow(table, key, value);
}

EntryDescription JsonPrimitive::Describe(const Entry& entry) const {
  return json::DescribeEntry(entry);
}

}  // namespace varve
