// The bytes of Vector: entry payloads, table keys, row values. Normative text:
// docs/format/vector.md.
//
// A VectorInsert carries table key and row value ready made (VEC-4), so that Apply stores slices of
// the payload without building anything.
#ifndef VARVE_PRIMITIVES_VECTOR_VECTOR_PAYLOAD_H_
#define VARVE_PRIMITIVES_VECTOR_VECTOR_PAYLOAD_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "primitives/vector/vector_types.h"

namespace varve::vector {

struct ShapeLayout {  // docs/format/vector.md, VEC-1. Frozen at payload version 1.
  static constexpr std::size_t kDimensionOffset = 0;  // u16
  static constexpr std::size_t kMetricOffset = 2;     // u8
  static constexpr std::size_t kReservedOffset = 3;   // u8, zero
  static constexpr std::size_t kBytes = 4;
};

struct VectorKeyLayout {                               // VEC-2
  static constexpr std::size_t kNameLengthOffset = 0;  // u16, big-endian
  static constexpr std::size_t kNameOffset = 2;        // then the key, to the end
};

struct VectorRowLayout {  // VEC-3: a shape, then the components, then the metadata
  static constexpr std::size_t kComponentsOffset = ShapeLayout::kBytes;  // f32 each
};

struct KeyedLayout {  // VEC-4, VEC-6, VEC-7: of every payload that holds a table key and more
  static constexpr std::size_t kKeyLengthOffset = 0;  // u16
  static constexpr std::size_t kKeyOffset = 2;        // then what belongs to the key, to the end
};

// A key of the table of vectors, taken apart. Views borrow from what it was decoded from.
struct VectorKey {
  std::string_view collection{};
  std::string_view key{};
};

struct RowImage {
  VectorShape shape{};
  std::string_view components{};  // 4 bytes each, little-endian
  std::string_view metadata{};

  [[nodiscard]] std::vector<float> ToVector() const;
};

struct KeyedPayload {
  std::string_view table_key{};
  std::string_view rest{};
};

// Names, keys and shapes are within their limits (the caller's bug where not).
[[nodiscard]] std::string EncodeShape(const VectorShape& shape);
[[nodiscard]] std::string MakeCollectionPrefix(std::string_view collection);
[[nodiscard]] std::string MakeVectorKey(std::string_view collection, std::string_view key);
[[nodiscard]] std::string EncodeRow(const VectorShape& shape, std::string_view components,
                                    std::string_view metadata);
[[nodiscard]] std::string EncodeCreate(const VectorShape& shape, std::string_view collection);
[[nodiscard]] std::string EncodeKeyed(std::string_view table_key, std::string_view rest);
[[nodiscard]] std::string EncodeComponents(std::span<const float> vector);

// kDataLoss for whatever the encoders cannot have written: VEC-8.
[[nodiscard]] absl::StatusOr<VectorShape> DecodeShape(std::string_view bytes);
[[nodiscard]] absl::StatusOr<std::string_view> DecodeName(std::string_view bytes);
[[nodiscard]] absl::StatusOr<VectorKey> DecodeVectorKey(std::string_view bytes);
[[nodiscard]] absl::StatusOr<RowImage> DecodeRow(std::string_view bytes);
[[nodiscard]] absl::StatusOr<KeyedPayload> DecodeKeyed(std::string_view payload);

// Whether each of the components (whole ones, 4 bytes each) is a finite number.
[[nodiscard]] bool AllFinite(std::string_view components);

}  // namespace varve::vector

#endif  // VARVE_PRIMITIVES_VECTOR_VECTOR_PAYLOAD_H_
