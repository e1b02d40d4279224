// StatePrimitive::CheckRows: what a row says by itself. That versions and tokens never go down can
// not be seen from the rows of one moment.
#include "kernel/row_walk.h"
#include "primitives/state/state_payload.h"
#include "primitives/state/state_primitive.h"

namespace varve {

namespace {

// `content` is what decoding the row's value answered.
absl::Status CheckNamed(std::string_view what, const Row& row, const absl::Status& content) {
  const absl::Status name = state::CheckName(what, row.key);
  if (!name.ok()) return Broken(FromAbsl(name.message()));
  return content.ok() ? content : AddContext(content, Quoted(row.key));
}

}  // namespace

absl::Status StatePrimitive::CheckRows(ReadView& view, const CheckProgress& progress) const {
  RowWalk walk(view, progress);
  VARVE_RETURN_IF_ERROR(walk.Check(kStateCells, [](const RunId&, const Row& row) {
    return CheckNamed("cell name", row, state::DecodeCell(row.value).status());
  }));
  return walk.Check(kStateLeases, [](const RunId&, const Row& row) {
    return CheckNamed("lease name", row, state::DecodeLease(row.value).status());
  });
}

}  // namespace varve
