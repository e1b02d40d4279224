#include "tests/crash/proof/failing_primitive.h"

#include "kernel/base/status.h"
#include "tests/crash/proof/place.h"

namespace varve::crash {
namespace {

// As one answers that finds its bytes to be none of its own.
absl::Status AtPlace(std::string_view call) {
  if (!ReadsWrong(call)) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kDataLoss, call, ": not to be decoded (planted)");
}

}  // namespace

FailingPrimitive::FailingPrimitive(std::unique_ptr<Primitive> below, std::uint8_t later)
    : below_(std::move(below)), spec_(below_->spec()) {
  spec_.section_version = static_cast<std::uint8_t>(spec_.section_version + later);
}

absl::Status FailingPrimitive::Apply(const Entry& entry, ApplyContext& context) const {
  VARVE_RETURN_IF_ERROR(AtPlace("reading Apply's entry"));
  return below_->Apply(entry, context);
}

absl::Status FailingPrimitive::Save(table::VersionStream& rows, SectionSink& sink) const {
  VARVE_RETURN_IF_ERROR(AtPlace("reading Save's rows"));
  return below_->Save(rows, sink);
}

absl::Status FailingPrimitive::Load(std::uint8_t section_version, SectionSource& source,
                                    RowSink& sink) const {
  VARVE_RETURN_IF_ERROR(AtPlace("reading Load's section"));
  return below_->Load(section_version, source, sink);
}

absl::Status FailingPrimitive::RebuildIndexes(ReadView& view) {
  VARVE_RETURN_IF_ERROR(AtPlace("reading RebuildIndexes' rows"));
  return below_->RebuildIndexes(view);
}

}  // namespace varve::crash
