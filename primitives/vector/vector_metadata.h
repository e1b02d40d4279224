// Metadata of a vector: checked when it is written, and flattened for filters to look at.
#ifndef VARVE_PRIMITIVES_VECTOR_VECTOR_METADATA_H_
#define VARVE_PRIMITIVES_VECTOR_VECTOR_METADATA_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace varve::vector {

// kInvalidArgument: not a JSON object (RFC 8259; empty is none and is right), a duplicate member, a
// number that no double holds. kResourceExhausted: past kVectorMetadataBytesMax or
// kVectorMetadataDepthMax.
[[nodiscard]] absl::Status CheckMetadata(std::string_view json);

enum class FieldType : std::uint8_t {
  kNull,
  kFalse,
  kTrue,
  kSigned,    // i64
  kUnsigned,  // u64, above the range of i64
  kDouble,
  kText,
  kObject,  // that it is there; its members are fields of their own
  kArray,   // that it is there; its scalar elements follow as fields with `element`
};

struct Field {
  std::string_view path{};  // a JSON Pointer: "/author/name"
  bool element = false;     // of the array at `path`
  FieldType type = FieldType::kNull;
  std::uint64_t number = 0;  // the bits of a number
  std::string_view text{};
};

// The fields of a metadata text, in memory only, never on disk. Text that is no such JSON gives the
// fields up to there: what cannot be read cannot match.
[[nodiscard]] std::string MakeMetadataImage(std::string_view json);

// Walks an image, which must outlive it.
class FieldReader final {
 public:
  explicit FieldReader(std::string_view image) : rest_(image) {}
  bool Next(Field& field);

 private:
  std::string_view rest_;
};

// One part of a JSON Pointer as it is written in it.
void AppendPointerPart(std::string& pointer, std::string_view name);

}  // namespace varve::vector

#endif  // VARVE_PRIMITIVES_VECTOR_VECTOR_METADATA_H_
