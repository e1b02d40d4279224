#include "primitives/json/json_payload.h"

#include <utility>

#include "kernel/base/check.h"
#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "primitives/json/json_encoding.h"
#include "primitives/json/json_limits.h"

namespace varve::json {
namespace {

template <typename... Parts>
absl::Status DataLoss(const Parts&... parts) {
  return MakeStatus(absl::StatusCode::kDataLoss, "JSON: ", parts...);
}

bool IsName(std::string_view name) { return !name.empty() && name.size() <= kJsonNameBytesMax; }

absl::StatusOr<IndexKind> ToIndexKind(std::uint8_t kind) {
  if (kind != static_cast<std::uint8_t>(IndexKind::kNumber) &&
      kind != static_cast<std::uint8_t>(IndexKind::kString)) {
    return DataLoss("the kind of an index is ", kind, "; 1 and 2 are defined");
  }
  return static_cast<IndexKind>(kind);
}

}  // namespace

void EncodeTarget(std::string& to, std::string_view name, std::string_view pointer) {
  VARVE_CHECK(IsName(name));
  VARVE_CHECK(pointer.size() <= kJsonPathTextBytesMax);
  to.clear();
  AppendLittleEndian(to, static_cast<std::uint16_t>(name.size()));
  AppendLittleEndian(to, static_cast<std::uint16_t>(pointer.size()));
  to.append(name);
  to.append(pointer);
}

absl::StatusOr<Target> DecodeTarget(std::string_view payload) {
  ByteReader reader(payload);
  const auto name_bytes = reader.Read<std::uint16_t>();
  const auto pointer_bytes = reader.Read<std::uint16_t>();
  Target target;
  target.name = reader.ReadBytes(name_bytes);
  target.pointer = reader.ReadBytes(pointer_bytes);
  target.operand = reader.rest();
  if (!reader.ok()) {
    return DataLoss("a payload of ", payload.size(), " bytes cannot hold a name of ", name_bytes,
                    " and a path of ", pointer_bytes);
  }
  if (!IsName(target.name)) {
    return DataLoss("the name has ", name_bytes, " bytes; names have 1 to ", kJsonNameBytesMax);
  }
  return target;
}

void AppendPatchOperand(std::string& to, PatchKind kind, const JsonValue& patch) {
  to.push_back(static_cast<char>(kind));
  AppendEncoded(to, patch);
}

void AppendInsertOperand(std::string& to, std::uint32_t index, const JsonValue& value) {
  AppendLittleEndian(to, index);
  AppendEncoded(to, value);
}

void AppendIndexOperand(std::string& to, IndexKind kind) { to.push_back(static_cast<char>(kind)); }

absl::StatusOr<PatchOperand> DecodePatchOperand(std::string_view operand) {
  ByteReader reader(operand);
  const auto kind = reader.Read<std::uint8_t>();
  if (kind != static_cast<std::uint8_t>(PatchKind::kPatch) &&
      kind != static_cast<std::uint8_t>(PatchKind::kMergePatch)) {
    return DataLoss("the kind of a patch is ", kind, "; 1 and 2 are defined");
  }
  PatchOperand patch;
  patch.kind = static_cast<PatchKind>(kind);
  VARVE_ASSIGN_OR_RETURN(patch.patch, Decode(reader.rest()));
  return patch;
}

absl::StatusOr<InsertOperand> DecodeInsertOperand(std::string_view operand) {
  ByteReader reader(operand);
  InsertOperand insert;
  insert.index = reader.Read<std::uint32_t>();
  if (!reader.ok()) return DataLoss("an insert ends before its index");
  VARVE_ASSIGN_OR_RETURN(insert.value, Decode(reader.rest()));
  return insert;
}

absl::StatusOr<IndexKind> DecodeIndexOperand(std::string_view operand) {
  if (operand.size() != 1) return DataLoss("an index has not the one byte of its kind");
  return ToIndexKind(static_cast<std::uint8_t>(operand.front()));
}

absl::StatusOr<JsonValue> DecodeNumberOperand(std::string_view operand) {
  VARVE_ASSIGN_OR_RETURN(JsonValue number, Decode(operand));
  if (!number.is_number()) return DataLoss("an increment is not by a number");
  return number;
}

absl::Status DecodeNoOperand(const Target& target) {
  if (target.pointer.empty() && target.operand.empty()) return absl::OkStatus();
  return DataLoss("a payload goes on behind its name");
}

absl::StatusOr<Path> DecodePointer(std::string_view pointer) {
  absl::StatusOr<Path> path = ParsePointer(pointer);
  if (!path.ok()) return DataLoss("in a payload: ", FromAbsl(path.status().message()));
  return path;
}

void AppendSetOfMany(std::string& to, std::string_view set_payload) {
  AppendLittleEndian(to, static_cast<std::uint32_t>(set_payload.size()));
  to.append(set_payload);
}

absl::Status VisitSetsOfMany(std::string_view payload,
                             const std::function<absl::Status(std::string_view)>& visit) {
  ByteReader reader(payload);
  while (!reader.rest().empty()) {
    const auto bytes = reader.Read<std::uint32_t>();
    const std::string_view set = reader.ReadBytes(bytes);
    if (!reader.ok()) return DataLoss("one of several sets is cut off");
    VARVE_RETURN_IF_ERROR(visit(set));
  }
  return reader.ok() ? absl::OkStatus() : DataLoss("one of several sets is cut off");
}

std::string EncodeDocumentRow(std::uint64_t bytes) {
  std::string row;
  AppendLittleEndian(row, bytes);
  return row;
}

absl::StatusOr<std::uint64_t> DecodeDocumentRow(std::string_view row) {
  if (row.size() != sizeof(std::uint64_t)) {
    return DataLoss("the row of a document has ", row.size(), " bytes instead of 8");
  }
  return LoadLittleEndian<std::uint64_t>(row.data());
}

std::string EncodeIndexRow(IndexKind kind, std::string_view pointer) {
  std::string row(1, static_cast<char>(kind));
  row.append(pointer);
  return row;
}

absl::StatusOr<IndexRow> DecodeIndexRow(std::string_view row) {
  if (row.empty()) return DataLoss("the row of an index is empty");
  IndexRow index;
  VARVE_ASSIGN_OR_RETURN(index.kind, ToIndexKind(static_cast<std::uint8_t>(row.front())));
  VARVE_ASSIGN_OR_RETURN(index.path, DecodePointer(row.substr(1)));
  return index;
}

}  // namespace varve::json
