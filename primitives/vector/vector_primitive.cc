#include "primitives/vector/vector_primitive.h"

#include "absl/strings/escaping.h"
#include "kernel/base/status.h"
#include "primitives/vector/vector_index.h"
#include "primitives/vector/vector_payload.h"

namespace varve {

namespace {

using vector::KeyedPayload;
using vector::RowImage;
using vector::VectorKey;

constexpr std::size_t kDescribedBytesMax = 120;
constexpr std::size_t kDescribedComponentsMax = 4;

absl::Status ApplyInsert(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const KeyedPayload insert, vector::DecodeKeyed(entry.payload));
  VARVE_RETURN_IF_ERROR(vector::DecodeRow(insert.rest).status());
  return context.Put(kVectorRows.number, insert.table_key, insert.rest);
}

absl::Status ApplyDelete(const Entry& entry, ApplyContext& context) {
  VARVE_RETURN_IF_ERROR(vector::DecodeVectorKey(entry.payload).status());
  return context.Delete(kVectorRows.number, entry.payload);
}

// The row that a change of one of its parts is made to. The handle has read it, so it is there
// whenever what the handle logged is applied.
absl::StatusOr<Row> ExistingRow(std::string_view table_key, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row, context.Get(kVectorRows.number, table_key));
  if (row.has_value()) return *row;
  return absl::NotFoundError("the vector that the entry changes does not exist");
}

absl::Status ApplyUpdate(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const KeyedPayload update, vector::DecodeKeyed(entry.payload));
  VARVE_ASSIGN_OR_RETURN(const Row row, ExistingRow(update.table_key, context));
  VARVE_ASSIGN_OR_RETURN(const RowImage image, vector::DecodeRow(row.value));
  if (update.rest.size() != image.components.size() || !vector::AllFinite(update.rest)) {
    return MakeStatus(absl::StatusCode::kDataLoss, "VectorUpdate: ", update.rest.size(),
                      " bytes are not ", image.shape.dimension, " finite components");
  }
  return context.Put(kVectorRows.number, update.table_key,
                     vector::EncodeRow(image.shape, update.rest, image.metadata));
}

absl::Status ApplySetMetadata(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const KeyedPayload change, vector::DecodeKeyed(entry.payload));
  if (change.rest.size() > kVectorMetadataBytesMax) {
    return MakeStatus(absl::StatusCode::kDataLoss, "VectorSetMetadata: ", change.rest.size(),
                      " bytes of metadata are beyond the limit");
  }
  VARVE_ASSIGN_OR_RETURN(const Row row, ExistingRow(change.table_key, context));
  VARVE_ASSIGN_OR_RETURN(const RowImage image, vector::DecodeRow(row.value));
  return context.Put(kVectorRows.number, change.table_key,
                     vector::EncodeRow(image.shape, image.components, change.rest));
}

absl::Status ApplyCreate(const Entry& entry, ApplyContext& context) {
  VARVE_RETURN_IF_ERROR(vector::DecodeShape(entry.payload).status());
  VARVE_ASSIGN_OR_RETURN(const std::string_view name,
                         vector::DecodeName(entry.payload.substr(vector::ShapeLayout::kBytes)));
  return context.Put(kVectorCollections.number, name,
                     entry.payload.substr(0, vector::ShapeLayout::kBytes));
}

absl::Status ApplyDrop(const Entry& entry, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const std::string_view name, vector::DecodeName(entry.payload));
  std::vector<std::string> keys;  // copied: the deletions change what the scan reads
  const std::unique_ptr<RowScan> scan =
      context.Scan(kVectorRows.number, KeyRange::Prefix(vector::MakeCollectionPrefix(name)));
  for (; scan->valid(); scan->Next()) keys.emplace_back(scan->row().key);
  VARVE_RETURN_IF_ERROR(scan->status());
  for (const std::string& key : keys) {
    VARVE_RETURN_IF_ERROR(context.Delete(kVectorRows.number, key));
  }
  return context.Delete(kVectorCollections.number, name);
}

std::string ForPeople(std::string_view bytes) {
  std::string text = absl::CHexEscape(ToAbsl(bytes.substr(0, kDescribedBytesMax)));
  if (bytes.size() > kDescribedBytesMax) text += "... (" + std::to_string(bytes.size()) + " bytes)";
  return text;
}

std::string ForPeople(const VectorShape& shape) {
  return std::to_string(shape.dimension) + " " + std::string(VectorMetricName(shape.metric));
}

std::string ForPeople(const VectorKey& key) {
  return ForPeople(key.collection) + "/" + ForPeople(key.key);
}

// "[1, -0.5, ... (128)] {...}"
std::string ComponentsForPeople(std::string_view components) {
  const std::size_t count = components.size() / sizeof(float);
  std::string text = "[";
  for (std::size_t at = 0; at < std::min(count, kDescribedComponentsMax); ++at) {
    float component = 0;
    std::memcpy(&component, components.data() + at * sizeof component, sizeof component);
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.6g", static_cast<double>(component));
    text.append(at == 0 ? "" : ", ").append(digits);
  }
  if (count > kDescribedComponentsMax) text += ", ... (" + std::to_string(count) + ")";
  return text + "]";
}

std::string ForPeople(const RowImage& row) {
  std::string text = ComponentsForPeople(row.components);
  if (!row.metadata.empty()) text += " " + ForPeople(row.metadata);
  return text;
}

EntryDescription Undecodable(std::string_view operation, const absl::Status& status) {
  return {std::string(operation), "?", ForPeople(FromAbsl(status.message()))};
}

EntryDescription DescribeKeyed(std::string_view operation, const Entry& entry) {
  const absl::StatusOr<KeyedPayload> keyed = vector::DecodeKeyed(entry.payload);
  if (!keyed.ok()) return Undecodable(operation, keyed.status());
  const std::string subject = ForPeople(*vector::DecodeVectorKey(keyed->table_key));
  if (entry.type == kVectorSetMetadata) {
    return {std::string(operation), subject, ForPeople(keyed->rest)};
  }
  if (entry.type == kVectorUpdate) {
    return {std::string(operation), subject, ComponentsForPeople(keyed->rest)};
  }
  const absl::StatusOr<RowImage> row = vector::DecodeRow(keyed->rest);
  if (!row.ok()) return Undecodable(operation, row.status());
  return {std::string(operation), subject, ForPeople(*row)};
}

EntryDescription DescribeDelete(std::string_view payload) {
  const absl::StatusOr<VectorKey> key = vector::DecodeVectorKey(payload);
  if (!key.ok()) return Undecodable("delete", key.status());
  return {"delete", ForPeople(*key), ""};
}

EntryDescription DescribeCreate(std::string_view payload) {
  const absl::StatusOr<VectorShape> shape = vector::DecodeShape(payload);
  if (!shape.ok()) return Undecodable("create", shape.status());
  return {"create", ForPeople(payload.substr(vector::ShapeLayout::kBytes)), ForPeople(*shape)};
}

}  // namespace

VectorPrimitive::VectorPrimitive(const VectorOptions& options)
    : index_(std::make_unique<vector::VectorIndex>(options)) {
  spec_.id = kVectorId;
  spec_.name = "varve.vector";
  spec_.entry_range = kVectorInsert;
  spec_.entries = {{.type = kVectorInsert, .name = "VectorInsert"},
                   {.type = kVectorDelete, .name = "VectorDelete"},
                   {.type = kVectorUpdate, .name = "VectorUpdate"},
                   {.type = kVectorCollectionCreate, .name = "VectorCollectionCreate"},
                   {.type = kVectorCollectionDelete, .name = "VectorCollectionDelete"},
                   {.type = kVectorSetMetadata, .name = "VectorSetMetadata"}};
  spec_.tables = {{.number = kVectorCollections.number, .name = "collections"},
                  {.number = kVectorRows.number, .name = "vectors"}};
  spec_.wants_committed = true;
}

VectorPrimitive::~VectorPrimitive() = default;

absl::Status VectorPrimitive::Apply(const Entry& entry, ApplyContext& context) const {
  if (entry.payload_version != 1) {
    return Unimplemented("Vector: payload version ", entry.payload_version, " of entry type ",
                         entry.type, " is newer than this build, which reads 1: open with a newer",
                         " Varve");
  }
  switch (entry.type) {
    case kVectorInsert:
      return ApplyInsert(entry, context);
    case kVectorDelete:
      return ApplyDelete(entry, context);
    case kVectorUpdate:
      return ApplyUpdate(entry, context);
    case kVectorCollectionCreate:
      return ApplyCreate(entry, context);
    case kVectorCollectionDelete:
      return ApplyDrop(entry, context);
    case kVectorSetMetadata:
      return ApplySetMetadata(entry, context);
    default:
      return Unimplemented("Vector: entry type ", entry.type, " is not one of 112 to 117");
  }
}

EntryDescription VectorPrimitive::Describe(const Entry& entry) const {
  switch (entry.type) {
    case kVectorInsert:
      return DescribeKeyed("insert", entry);
    case kVectorDelete:
      return DescribeDelete(entry.payload);
    case kVectorUpdate:
      return DescribeKeyed("update", entry);
    case kVectorCollectionCreate:
      return DescribeCreate(entry.payload);
    case kVectorCollectionDelete:
      return {"drop", ForPeople(entry.payload), ""};
    case kVectorSetMetadata:
      return DescribeKeyed("set metadata", entry);
    default:
      return {"unknown", "?", ForPeople(entry.payload)};
  }
}

RowDescription VectorPrimitive::DescribeRow(std::uint8_t table, std::string_view key,
                                            std::string_view value) const {
  if (table == kVectorCollections.number) {
    const absl::StatusOr<VectorShape> shape = vector::DecodeShape(value);
    return {ForPeople(key), shape.ok() ? ForPeople(*shape) : ForPeople(value)};
  }
  const absl::StatusOr<VectorKey> parts = vector::DecodeVectorKey(key);
  const absl::StatusOr<RowImage> row = vector::DecodeRow(value);
  return {parts.ok() ? ForPeople(*parts) : ForPeople(key),
          row.ok() ? ForPeople(*row) : ForPeople(value)};
}

absl::Status VectorPrimitive::RebuildIndexes(ReadView& view) {
  index_->Rebuild(view);
  return absl::OkStatus();
}

void VectorPrimitive::OnCommitted(Lsn lsn, Timestamp /*commit_time*/,
                                  std::span<const Mutation> mutations) {
  index_->Queue(lsn, mutations);
}

}  // namespace varve
