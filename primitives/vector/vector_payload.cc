#include "primitives/vector/vector_payload.h"

#include <cstring>

#include "kernel/base/check.h"
#include "kernel/base/codec.h"
#include "kernel/base/limits.h"
#include "kernel/base/status.h"

namespace varve::vector {

namespace {

static_assert(sizeof(float) == 4);

template <typename... Parts>
absl::Status DataLoss(const Parts&... parts) {
  return MakeStatus(absl::StatusCode::kDataLoss, parts...);
}

bool IsName(std::string_view name) { return !name.empty() && name.size() <= kNameBytesMax; }
bool IsKey(std::string_view key) {
  return key.size() >= kKeyBytesMin && key.size() <= kKeyBytesMax;
}

void CheckShape(const VectorShape& shape) {
  VARVE_CHECK(shape.dimension >= 1);
  VARVE_CHECK(shape.dimension <= kVectorDimensionMax);
}

}  // namespace

std::vector<float> RowImage::ToVector() const {
  std::vector<float> vector(shape.dimension);
  std::memcpy(vector.data(), components.data(), components.size());
  return vector;
}

std::string EncodeShape(const VectorShape& shape) {
  CheckShape(shape);
  std::string bytes;
  AppendLittleEndian(bytes, static_cast<std::uint16_t>(shape.dimension));
  bytes.push_back(static_cast<char>(shape.metric));
  bytes.push_back('\0');
  return bytes;
}

std::string MakeCollectionPrefix(std::string_view collection) {
  VARVE_CHECK(IsName(collection));
  std::string prefix;
  prefix.push_back(static_cast<char>(collection.size() >> 8));
  prefix.push_back(static_cast<char>(collection.size() & 0xFF));
  prefix.append(collection);
  return prefix;
}

std::string MakeVectorKey(std::string_view collection, std::string_view key) {
  VARVE_CHECK(IsKey(key));
  std::string table_key = MakeCollectionPrefix(collection);
  table_key.append(key);
  return table_key;
}

std::string EncodeRow(const VectorShape& shape, std::string_view components,
                      std::string_view metadata) {
  VARVE_CHECK(components.size() == shape.dimension * sizeof(float));
  VARVE_CHECK(metadata.size() <= kVectorMetadataBytesMax);
  std::string row = EncodeShape(shape);
  row.reserve(row.size() + components.size() + metadata.size());
  row.append(components);
  row.append(metadata);
  return row;
}

std::string EncodeCreate(const VectorShape& shape, std::string_view collection) {
  VARVE_CHECK(IsName(collection));
  return EncodeShape(shape).append(collection);
}

std::string EncodeKeyed(std::string_view table_key, std::string_view rest) {
  VARVE_CHECK(table_key.size() <= kTableKeyBytesMax);
  std::string payload;
  payload.reserve(KeyedLayout::kKeyOffset + table_key.size() + rest.size());
  AppendLittleEndian(payload, static_cast<std::uint16_t>(table_key.size()));
  payload.append(table_key);
  payload.append(rest);
  return payload;
}

std::string EncodeComponents(std::span<const float> vector) {
  return std::string(reinterpret_cast<const char*>(vector.data()), vector.size_bytes());
}

absl::StatusOr<VectorShape> DecodeShape(std::string_view bytes) {
  ByteReader reader(bytes);
  VectorShape shape;
  shape.dimension = reader.Read<std::uint16_t>();
  const std::uint8_t metric = reader.Read<std::uint8_t>();
  const std::uint8_t reserved = reader.Read<std::uint8_t>();
  if (!reader.ok() || shape.dimension < 1 || shape.dimension > kVectorDimensionMax) {
    return DataLoss("Vector: ", bytes.size(), " bytes hold no dimension of 1 to ",
                    kVectorDimensionMax);
  }
  if (metric < 1 || metric > 3) return DataLoss("Vector: the metric ", metric, " is not 1, 2 or 3");
  if (reserved != 0) return DataLoss("Vector: the reserved byte is ", reserved, ", not zero");
  shape.metric = static_cast<VectorMetric>(metric);
  return shape;
}

absl::StatusOr<std::string_view> DecodeName(std::string_view bytes) {
  if (!IsName(bytes)) {
    return DataLoss("Vector: a collection name of ", bytes.size(), " bytes; names have 1 to ",
                    kNameBytesMax);
  }
  return bytes;
}

absl::StatusOr<VectorKey> DecodeVectorKey(std::string_view bytes) {
  ByteReader reader(bytes);
  const std::uint16_t swapped = reader.Read<std::uint16_t>();
  const auto length = static_cast<std::uint16_t>(swapped << 8 | swapped >> 8);
  const std::string_view name = reader.ReadBytes(length);
  if (!reader.ok() || !IsName(name) || !IsKey(reader.rest())) {
    return DataLoss("Vector: ", bytes.size(), " bytes hold no collection name and key");
  }
  return VectorKey{.collection = name, .key = reader.rest()};
}

bool AllFinite(std::string_view components) {
  constexpr std::uint32_t kExponent = 0x7F80'0000;
  bool finite = true;
  for (std::size_t at = 0; at < components.size(); at += sizeof(float)) {
    const auto bits = LoadLittleEndian<std::uint32_t>(components.data() + at);
    finite &= (bits & kExponent) != kExponent;
  }
  return finite;
}

absl::StatusOr<RowImage> DecodeRow(std::string_view bytes) {
  RowImage row;
  VARVE_ASSIGN_OR_RETURN(row.shape, DecodeShape(bytes));
  const std::string_view rest = bytes.substr(VectorRowLayout::kComponentsOffset);
  const std::size_t components_bytes = row.shape.dimension * sizeof(float);
  if (rest.size() < components_bytes) {
    return DataLoss("Vector row: ", bytes.size(), " bytes cannot hold ", row.shape.dimension,
                    " components");
  }
  row.components = rest.substr(0, components_bytes);
  row.metadata = rest.substr(components_bytes);
  if (!AllFinite(row.components)) return DataLoss("Vector row: a component is no finite number");
  if (row.metadata.size() > kVectorMetadataBytesMax) {
    return DataLoss("Vector row: ", row.metadata.size(), " bytes of metadata are beyond the limit");
  }
  return row;
}

absl::StatusOr<KeyedPayload> DecodeKeyed(std::string_view payload) {
  ByteReader reader(payload);
  const std::uint16_t length = reader.Read<std::uint16_t>();
  const std::string_view table_key = reader.ReadBytes(length);
  if (!reader.ok()) {
    return DataLoss("Vector: a payload of ", payload.size(), " bytes cannot hold a key of ",
                    length);
  }
  VARVE_RETURN_IF_ERROR(DecodeVectorKey(table_key).status());
  return KeyedPayload{.table_key = table_key, .rest = reader.rest()};
}

}  // namespace varve::vector
