#include "primitives/json/json_patch.h"

#include <algorithm>
#include <string>
#include <utility>

#include "kernel/base/status.h"

namespace varve::json {
namespace {

enum class Operation { kAdd, kRemove, kReplace, kMove, kCopy, kTest };

// One operation of a patch. `value` borrows from the patch.
struct Step {
  Operation operation{};
  Path path;
  Path from;                         // of move and copy
  const JsonValue* value = nullptr;  // of add, replace and test
};

absl::StatusOr<Operation> ToOperation(std::string_view name) {
  if (name == "add") return Operation::kAdd;
  if (name == "remove") return Operation::kRemove;
  if (name == "replace") return Operation::kReplace;
  if (name == "move") return Operation::kMove;
  if (name == "copy") return Operation::kCopy;
  if (name == "test") return Operation::kTest;
  return InvalidArgument("\"op\" is \"", name,
                         "\": it must be add, remove, replace, move, copy or test");
}

absl::StatusOr<std::string_view> TextMember(const JsonValue& operation, const char* key) {
  const auto member = operation.find(key);
  if (member == operation.end() || !member->is_string()) {
    return InvalidArgument("it has no \"", std::string_view(key), "\" that is a string");
  }
  return std::string_view(member->get_ref<const std::string&>());
}

absl::StatusOr<Step> ToStep(const JsonValue& operation) {
  if (!operation.is_object()) return InvalidArgument("it is not an object");
  Step step;
  VARVE_ASSIGN_OR_RETURN(const std::string_view name, TextMember(operation, "op"));
  VARVE_ASSIGN_OR_RETURN(step.operation, ToOperation(name));
  VARVE_ASSIGN_OR_RETURN(const std::string_view pointer, TextMember(operation, "path"));
  VARVE_ASSIGN_OR_RETURN(step.path, ParsePointer(pointer));
  if (step.operation == Operation::kMove || step.operation == Operation::kCopy) {
    VARVE_ASSIGN_OR_RETURN(const std::string_view from, TextMember(operation, "from"));
    VARVE_ASSIGN_OR_RETURN(step.from, ParsePointer(from));
  } else if (step.operation != Operation::kRemove) {
    const auto value = operation.find("value");
    if (value == operation.end()) return InvalidArgument("it has no \"value\"");
    step.value = &*value;
  }
  return step;
}

bool IsWithin(const Path& path, const Path& outer) {
  return path.size() > outer.size() && std::equal(outer.begin(), outer.end(), path.begin());
}

absl::Status RemoveExisting(JsonEditor& editor, const Path& path) {
  if (path.empty()) {
    return FailedPrecondition("a document cannot be removed by a patch: destroy it");
  }
  VARVE_ASSIGN_OR_RETURN(const bool removed, editor.Remove(path));
  return removed ? absl::OkStatus() : NothingAt(path);
}

absl::StatusOr<JsonValue> ReadExisting(JsonEditor& editor, const Path& path) {
  VARVE_ASSIGN_OR_RETURN(std::optional<JsonValue> value, editor.tree().Read(path));
  if (!value.has_value()) return NothingAt(path);
  return *std::move(value);
}

absl::Status Move(JsonEditor& editor, const Step& step) {
  if (IsWithin(step.path, step.from)) {
    return InvalidArgument("it moves a value into itself");
  }
  VARVE_ASSIGN_OR_RETURN(JsonValue value, ReadExisting(editor, step.from));
  if (step.path == step.from) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(RemoveExisting(editor, step.from));
  return editor.Set(step.path, std::move(value), SetMode::kAdd);
}

absl::Status Test(JsonEditor& editor, const Step& step) {
  VARVE_ASSIGN_OR_RETURN(const JsonValue value, ReadExisting(editor, step.path));
  if (JsonEquals(value, *step.value)) return absl::OkStatus();
  return FailedPrecondition("the value at \"", FormatPointer(step.path),
                            "\" is not the one that is tested for");
}

absl::Status Run(JsonEditor& editor, const Step& step) {
  switch (step.operation) {
    case Operation::kAdd:
      return editor.Set(step.path, *step.value, SetMode::kAdd);
    case Operation::kRemove:
      return RemoveExisting(editor, step.path);
    case Operation::kReplace:
      return editor.Set(step.path, *step.value, SetMode::kReplace);
    case Operation::kMove:
      return Move(editor, step);
    case Operation::kCopy: {
      VARVE_ASSIGN_OR_RETURN(JsonValue value, ReadExisting(editor, step.from));
      return editor.Set(step.path, std::move(value), SetMode::kAdd);
    }
    case Operation::kTest:
      return Test(editor, step);
  }
  return absl::OkStatus();
}

absl::Status NoArray() {
  return InvalidArgument("a JSON patch is an array of operations; a merge patch is another call");
}

std::string Which(std::size_t number) {
  return "operation " + std::to_string(number) + " of the JSON patch";
}

// RFC 7396, section 2, on a value in memory.
JsonValue Merge(JsonValue target, const JsonValue& patch) {
  if (!patch.is_object()) return patch;
  if (!target.is_object()) target = JsonValue::object();
  for (auto member = patch.begin(); member != patch.end(); ++member) {
    if (member->is_null()) {
      target.erase(member.key());
    } else {
      JsonValue& child = target[member.key()];
      child = Merge(std::move(child), *member);
    }
  }
  return target;
}

// The same on rows: nothing is read or written that the patch does not name.
absl::Status MergeAt(JsonEditor& editor, Path& path, const JsonValue& patch) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Tag> kind, editor.tree().KindAt(path));
  if (!patch.is_object() || kind != Tag::kObject) {
    return editor.Set(path, Merge(nullptr, patch), SetMode::kPut);
  }
  for (auto member = patch.begin(); member != patch.end(); ++member) {
    path.push_back(member.key());
    if (member->is_null()) {
      VARVE_RETURN_IF_ERROR(editor.Remove(path).status());
    } else {
      VARVE_RETURN_IF_ERROR(MergeAt(editor, path, *member));
    }
    path.pop_back();
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPatch(const JsonValue& patch) {
  if (!patch.is_array()) return NoArray();
  for (std::size_t i = 0; i < patch.size(); ++i) {
    const absl::Status status = ToStep(patch[i]).status();
    if (!status.ok()) return AddContext(status, Which(i));
  }
  return absl::OkStatus();
}

absl::Status ApplyPatch(JsonEditor& editor, const JsonValue& patch) {
  if (!patch.is_array()) return NoArray();
  VARVE_ASSIGN_OR_RETURN(const std::optional<Tag> root, editor.tree().KindAt({}));
  if (!root.has_value()) {
    return MakeStatus(absl::StatusCode::kNotFound, "there is no such document");
  }
  for (std::size_t i = 0; i < patch.size(); ++i) {
    const absl::StatusOr<Step> step = ToStep(patch[i]);
    const absl::Status status = step.ok() ? Run(editor, *step) : step.status();
    if (!status.ok()) return AddContext(status, Which(i));
  }
  return absl::OkStatus();
}

absl::Status ApplyMergePatch(JsonEditor& editor, const JsonValue& patch) {
  Path path;
  VARVE_ASSIGN_OR_RETURN(const std::optional<Tag> root, editor.tree().KindAt(path));
  if (!root.has_value()) {
    return MakeStatus(absl::StatusCode::kNotFound, "there is no such document");
  }
  return MergeAt(editor, path, patch);
}

}  // namespace varve::json
