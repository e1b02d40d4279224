// The writing half of json.h: each call is one entry; what it means is decided by Apply.
#include "primitives/json/json.h"

#include <utility>

#include "kernel/base/status.h"
#include "primitives/json/json_arguments.h"
#include "primitives/json/json_edit.h"
#include "primitives/json/json_encoding.h"
#include "primitives/json/json_limits.h"
#include "primitives/json/json_patch.h"
#include "primitives/json/json_payload.h"
#include "primitives/json/json_primitive.h"

namespace varve {

absl::Status Json::CheckWritable() const {
  if (transaction_ != nullptr) return absl::OkStatus();
  return FailedPrecondition("this Json was made of a view and only reads: make it of a Transaction",
                            " to write");
}

// Checks what every write is given and begins its payload.
absl::Status Json::Begin(std::string_view name, std::string_view pointer, const JsonValue& value) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  VARVE_RETURN_IF_ERROR(json::CheckName(name));
  VARVE_RETURN_IF_ERROR(json::ParsePointer(pointer).status());
  VARVE_RETURN_IF_ERROR(json::CheckOperand(value));
  json::EncodeTarget(payload_, name, pointer);
  return absl::OkStatus();
}

absl::Status Json::WriteEntry(std::uint8_t type) {
  return transaction_->Write({.type = type, .run = run_, .payload = payload_});
}

absl::Status Json::Create(std::string_view name, const JsonValue& value) {
  VARVE_RETURN_IF_ERROR(Begin(name, {}, value));
  json::AppendEncoded(payload_, value);
  return WriteEntry(kJsonCreate);
}

absl::Status Json::Set(std::string_view name, std::string_view pointer, const JsonValue& value) {
  VARVE_RETURN_IF_ERROR(Begin(name, pointer, value));
  json::AppendEncoded(payload_, value);
  return WriteEntry(kJsonSet);
}

absl::Status Json::SetMany(std::span<const JsonAssignment> assignments) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  std::string many;
  for (const JsonAssignment& assignment : assignments) {
    VARVE_RETURN_IF_ERROR(Begin(assignment.name, assignment.pointer, assignment.value));
    json::AppendEncoded(payload_, assignment.value);
    json::AppendSetOfMany(many, payload_);
    if (many.size() > kTransactionBytesMax) {
      return ResourceExhausted("the sets have more than ", kTransactionBytesMax,
                               " bytes, the limit of a transaction: split them");
    }
  }
  if (assignments.empty()) return absl::OkStatus();
  payload_ = std::move(many);
  return WriteEntry(kJsonSetMany);
}

absl::Status Json::Delete(std::string_view name, std::string_view pointer) {
  if (pointer.empty()) {
    return InvalidArgument("the pointer \"\" is the whole document: call Destroy to delete it");
  }
  VARVE_RETURN_IF_ERROR(Begin(name, pointer, nullptr));
  return WriteEntry(kJsonDelete);
}

absl::Status Json::Destroy(std::string_view name) {
  VARVE_RETURN_IF_ERROR(Begin(name, {}, nullptr));
  return WriteEntry(kJsonDestroy);
}

absl::Status Json::MergePatch(std::string_view name, const JsonValue& patch) {
  VARVE_RETURN_IF_ERROR(Begin(name, {}, patch));
  json::AppendPatchOperand(payload_, json::PatchKind::kMergePatch, patch);
  return WriteEntry(kJsonPatch);
}

absl::Status Json::Patch(std::string_view name, const JsonValue& patch) {
  VARVE_RETURN_IF_ERROR(Begin(name, {}, patch));
  VARVE_RETURN_IF_ERROR(json::CheckPatch(patch));
  json::AppendPatchOperand(payload_, json::PatchKind::kPatch, patch);
  return WriteEntry(kJsonPatch);
}

absl::Status Json::Push(std::string_view name, std::string_view pointer, const JsonValue& value) {
  VARVE_RETURN_IF_ERROR(Begin(name, pointer, value));
  json::AppendInsertOperand(payload_, json::kAtEnd, value);
  return WriteEntry(kJsonInsert);
}

absl::Status Json::Insert(std::string_view name, std::string_view pointer, std::uint32_t index,
                          const JsonValue& value) {
  if (index == json::kAtEnd) {
    return MakeStatus(absl::StatusCode::kOutOfRange, "the index ", index,
                      " is beyond every array: call Push to append");
  }
  VARVE_RETURN_IF_ERROR(Begin(name, pointer, value));
  json::AppendInsertOperand(payload_, index, value);
  return WriteEntry(kJsonInsert);
}

absl::StatusOr<std::optional<JsonValue>> Json::Pop(std::string_view name,
                                                   std::string_view pointer) {
  VARVE_RETURN_IF_ERROR(CheckWritable());
  VARVE_ASSIGN_OR_RETURN(const std::optional<std::uint32_t> length, ArrayLength(name, pointer));
  if (!length.has_value()) {
    VARVE_ASSIGN_OR_RETURN(const bool exists, Exists(name, pointer));
    if (!exists) {
      return MakeStatus(absl::StatusCode::kNotFound, "the document has nothing at \"", pointer,
                        "\"");
    }
    return FailedPrecondition("the value at \"", pointer, "\" is not an array: nothing can be",
                              " taken out");
  }
  if (*length == 0) return std::optional<JsonValue>();
  const std::string last = std::string(pointer) + "/" + std::to_string(*length - 1);
  VARVE_ASSIGN_OR_RETURN(std::optional<JsonValue> value, Get(name, last));
  VARVE_RETURN_IF_ERROR(Delete(name, last));
  return absl::StatusOr<std::optional<JsonValue>>(std::move(value));
}

absl::Status Json::Increment(std::string_view name, std::string_view pointer,
                             const JsonValue& amount) {
  if (!amount.is_number()) return InvalidArgument("the amount to add is not a number");
  VARVE_RETURN_IF_ERROR(Begin(name, pointer, amount));
  json::AppendEncoded(payload_, amount);
  return WriteEntry(kJsonIncrement);
}

absl::StatusOr<JsonValue> Json::IncrementAndGet(std::string_view name, std::string_view pointer,
                                                const JsonValue& amount) {
  if (!amount.is_number()) return InvalidArgument("the amount to add is not a number");
  VARVE_ASSIGN_OR_RETURN(const std::optional<JsonValue> old, Get(name, pointer));
  absl::StatusOr<JsonValue> sum(amount);
  if (old.has_value()) sum = json::Add(*old, amount);
  if (!sum.ok()) return sum;
  VARVE_RETURN_IF_ERROR(Increment(name, pointer, amount));
  return sum;
}

absl::StatusOr<bool> Json::CompareAndSet(std::string_view name, Lsn expected,
                                         std::string_view pointer, const JsonValue& value) {
  VARVE_RETURN_IF_ERROR(Begin(name, pointer, value));
  VARVE_ASSIGN_OR_RETURN(const std::optional<JsonInfo> info, Info(name));
  if (!info.has_value() || info->lsn != expected) return false;
  VARVE_RETURN_IF_ERROR(Set(name, pointer, value));
  return true;
}

absl::Status Json::CreateIndex(std::string_view index, std::string_view pointer,
                               JsonIndexKind kind) {
  VARVE_RETURN_IF_ERROR(Begin(index, pointer, nullptr));
  json::AppendIndexOperand(payload_, kind == JsonIndexKind::kNumber ? json::IndexKind::kNumber
                                                                    : json::IndexKind::kString);
  return WriteEntry(kJsonIndexCreate);
}

absl::Status Json::DropIndex(std::string_view index) {
  VARVE_RETURN_IF_ERROR(Begin(index, {}, nullptr));
  return WriteEntry(kJsonIndexDrop);
}

}  // namespace varve
