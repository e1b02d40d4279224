// The bytes of JSON's entries and of its tables beside the nodes. Normative text:
// docs/format/json.md.
#ifndef VARVE_PRIMITIVES_JSON_JSON_PAYLOAD_H_
#define VARVE_PRIMITIVES_JSON_JSON_PAYLOAD_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "primitives/json/json_pointer.h"
#include "primitives/json/json_value.h"

namespace varve::json {

struct TargetLayout {  // docs/format/json.md, JSON-8. Frozen at payload version 1.
  static constexpr std::size_t kNameLengthOffset = 0;  // u16
  static constexpr std::size_t kPathLengthOffset = 2;  // u16
  static constexpr std::size_t kNameOffset = 4;        // then the path, then the operand
};

enum class PatchKind : std::uint8_t { kPatch = 1, kMergePatch = 2 };  // RFC 6902, RFC 7396
enum class IndexKind : std::uint8_t { kNumber = 1, kString = 2 };     // which values it finds
inline constexpr std::uint32_t kAtEnd = ~std::uint32_t{0};            // the index of an insert

// What every payload but that of JsonSetMany begins with, and what follows. Borrows.
struct Target {
  std::string_view name{};     // of the document; of the index for JsonIndexCreate and -Drop
  std::string_view pointer{};  // empty where the operation has none
  std::string_view operand{};  // what is left
};

// Encoders replace `to`. Name and pointer are within their limits (the caller's bug where not).
void EncodeTarget(std::string& to, std::string_view name, std::string_view pointer = {});
[[nodiscard]] absl::StatusOr<Target> DecodeTarget(std::string_view payload);

// Operands, appended to a target. Decoders answer kDataLoss for what cannot have been written.
void AppendPatchOperand(std::string& to, PatchKind kind, const JsonValue& patch);
void AppendInsertOperand(std::string& to, std::uint32_t index, const JsonValue& value);
void AppendIndexOperand(std::string& to, IndexKind kind);

struct PatchOperand {
  PatchKind kind{};
  JsonValue patch;
};
struct InsertOperand {
  std::uint32_t index = kAtEnd;
  JsonValue value;
};
[[nodiscard]] absl::StatusOr<PatchOperand> DecodePatchOperand(std::string_view operand);
[[nodiscard]] absl::StatusOr<InsertOperand> DecodeInsertOperand(std::string_view operand);
[[nodiscard]] absl::StatusOr<IndexKind> DecodeIndexOperand(std::string_view operand);
[[nodiscard]] absl::StatusOr<JsonValue> DecodeNumberOperand(std::string_view operand);
[[nodiscard]] absl::Status DecodeNoOperand(const Target& target);  // and no pointer
[[nodiscard]] absl::StatusOr<Path> DecodePointer(std::string_view pointer);

// JsonSetMany: JsonSet payloads, each behind its length.
void AppendSetOfMany(std::string& to, std::string_view set_payload);
[[nodiscard]] absl::Status VisitSetsOfMany(
    std::string_view payload, const std::function<absl::Status(std::string_view)>& visit);

[[nodiscard]] std::string EncodeDocumentRow(std::uint64_t bytes);
[[nodiscard]] absl::StatusOr<std::uint64_t> DecodeDocumentRow(std::string_view row);

// A row of the index table.
struct IndexRow {
  IndexKind kind{};
  Path path;
};
[[nodiscard]] std::string EncodeIndexRow(IndexKind kind, std::string_view pointer);
[[nodiscard]] absl::StatusOr<IndexRow> DecodeIndexRow(std::string_view row);

}  // namespace varve::json

#endif  // VARVE_PRIMITIVES_JSON_JSON_PAYLOAD_H_
