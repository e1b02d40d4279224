// VectorPrimitive::CheckRows: collections and vectors decode, and every vector is of the shape of a
// collection that exists in its run.
#include <optional>
#include <string>

#include "kernel/row_walk.h"
#include "primitives/vector/vector_payload.h"
#include "primitives/vector/vector_primitive.h"

namespace varve {

namespace {

absl::Status CheckCollection(const Row& row) {
  VARVE_RETURN_IF_ERROR(vector::DecodeName(row.key).status());
  const absl::Status shape = vector::DecodeShape(row.value).status();
  if (!shape.ok()) return AddContext(shape, "collection " + Quoted(row.key));
  if (row.value.size() == vector::ShapeLayout::kBytes) return absl::OkStatus();
  return Broken("collection ", Quoted(row.key), ": its row goes on behind the shape");
}

std::string ForPeople(const VectorShape& shape) {
  return std::to_string(shape.dimension) + " " + std::string(VectorMetricName(shape.metric));
}

absl::Status CheckVector(RowWalk& walk, const RunId& run, const Row& row) {
  VARVE_ASSIGN_OR_RETURN(const vector::VectorKey key, vector::DecodeVectorKey(row.key));
  const auto bad = [&key](std::string_view fault) {
    return Broken("collection ", Quoted(key.collection), ", vector ", Quoted(key.key), ": ", fault);
  };
  const absl::StatusOr<vector::RowImage> image = vector::DecodeRow(row.value);
  if (!image.ok()) return bad(FromAbsl(image.status().message()));
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> collection,
                         walk.view().Get(kVectorCollections, run, key.collection));
  if (!collection.has_value()) return bad("there is no such collection");
  VARVE_ASSIGN_OR_RETURN(const VectorShape shape, vector::DecodeShape(collection->value));
  if (image->shape.dimension == shape.dimension && image->shape.metric == shape.metric) {
    return absl::OkStatus();
  }
  return bad("it is of the shape " + ForPeople(image->shape) + ", its collection of " +
             ForPeople(shape));
}

}  // namespace

absl::Status VectorPrimitive::CheckRows(ReadView& view, const CheckProgress& progress) const {
  RowWalk walk(view, progress);
  VARVE_RETURN_IF_ERROR(walk.Check(
      kVectorCollections, [](const RunId&, const Row& row) { return CheckCollection(row); }));
  return walk.Check(kVectorRows, [&walk](const RunId& run, const Row& row) {
    return CheckVector(walk, run, row);
  });
}

}  // namespace varve
