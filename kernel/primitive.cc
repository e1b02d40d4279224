#include "kernel/primitive.h"

namespace varve {

absl::Status Primitive::Save(table::VersionStream& rows, SectionSink& sink) const {
  return SaveRows(rows, sink);
}

absl::Status Primitive::Load(std::uint8_t /*section_version*/, SectionSource& source,
                             RowSink& sink) const {
  return LoadRows(spec().id, source, sink);
}

absl::Status Primitive::AdmitRun(const RunId& /*run*/, Reader& /*reader*/) const {
  return absl::OkStatus();
}

absl::Status Primitive::Observe(const Entry& /*entry*/, ApplyContext& /*context*/) const {
  return absl::OkStatus();
}

absl::Status Primitive::CheckRows(ReadView& /*view*/, const CheckProgress& /*progress*/) const {
  return absl::OkStatus();
}

RowDescription Primitive::DescribeRow(std::uint8_t /*table*/, std::string_view key,
                                      std::string_view value) const {
  constexpr std::size_t kBytesMax = 80;
  return {std::string(key.substr(0, kBytesMax)), std::string(value.substr(0, kBytesMax))};
}

absl::Status Primitive::RebuildIndexes(ReadView& /*view*/) { return absl::OkStatus(); }

void Primitive::OnCommitted(Lsn /*lsn*/, Timestamp /*commit_time*/,
                            std::span<const Mutation> /*mutations*/) {}

}  // namespace varve
