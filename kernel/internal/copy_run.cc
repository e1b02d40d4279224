#include "kernel/internal/copy_run.h"

#include <memory>
#include <string>

#include "kernel/base/status.h"
#include "kernel/core_entry.h"
#include "kernel/registry.h"

namespace varve::internal {
namespace {

// Rows go into an entry until it holds this much: large enough that framing is nothing, small
// enough that a reader of the log never needs much memory for one.
constexpr std::size_t kEntryBytes = std::size_t{256} << 10;

absl::Status CheckRuns(const RunId& source, const RunId& target) {
  if (source.is_nil() || target.is_nil()) {
    return InvalidArgument("the default run can be neither copied nor copied into");
  }
  if (source == target) return InvalidArgument("run ", source.ToString(), " copied into itself");
  return absl::OkStatus();
}

absl::Status CheckNothingCarried(const PrimitiveRegistry& registry) {
  for (const std::unique_ptr<Primitive>& primitive : registry.primitives()) {
    if (!primitive->spec().carried) continue;
    return FailedPrecondition("the store carries primitive ", primitive->spec().name,
                              ", and nobody knows which of it belongs to the run: register it to ",
                              "copy runs");
  }
  return absl::OkStatus();
}

// Rows of two runs in one would be neither: what a primitive promises of a run (a head, a count, a
// chain) holds for the rows that made it.
absl::Status CheckHoldsNothing(const PrimitiveSpec& spec, const RunId& target,
                               TransactionState& to) {
  for (const TableSpec& table : spec.tables) {
    if (!table.copied) continue;
    const auto scan = to.Scan({spec.id, table.number}, target, KeyRange::All(), Order::kForward);
    VARVE_RETURN_IF_ERROR(scan->status());
    if (!scan->valid()) continue;
    return FailedPrecondition("run ", target.ToString(), " holds rows of ", spec.name,
                              " already: copy into a run that holds none");
  }
  return absl::OkStatus();
}

absl::Status CopyPrimitive(const PrimitiveSpec& spec, Reader& from, const RunId& source,
                           const RunId& target, TransactionState& to) {
  std::string payload = BeginRowsPayload(spec.id);
  const auto flush = [&] {
    const absl::Status status =
        to.Repeat({.type = kCorePutRows, .run = target, .payload = payload});
    payload = BeginRowsPayload(spec.id);
    return status;
  };
  for (const TableSpec& table : spec.tables) {
    if (!table.copied) continue;
    const auto scan = from.Scan({spec.id, table.number}, source, KeyRange::All());
    for (; scan->valid(); scan->Next()) {
      AppendRow(payload, table.number, scan->row().key, scan->row().value);
      if (payload.size() >= kEntryBytes) VARVE_RETURN_IF_ERROR(flush());
    }
    VARVE_RETURN_IF_ERROR(scan->status());
  }
  return payload.size() > RowsPayloadLayout::kHeaderBytes ? flush() : absl::OkStatus();
}

}  // namespace

absl::Status CopyRun(Reader& from, const RunId& source, const RunId& target, TransactionState& to) {
  VARVE_RETURN_IF_ERROR(CheckRuns(source, target));
  VARVE_RETURN_IF_ERROR(CheckNothingCarried(to.registry()));
  for (const std::unique_ptr<Primitive>& primitive : to.registry().primitives()) {
    VARVE_RETURN_IF_ERROR(CheckHoldsNothing(primitive->spec(), target, to));
  }
  for (const std::unique_ptr<Primitive>& primitive : to.registry().primitives()) {
    VARVE_RETURN_IF_ERROR(CopyPrimitive(primitive->spec(), from, source, target, to));
  }
  return absl::OkStatus();
}

}  // namespace varve::internal
