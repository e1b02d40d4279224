#include "kernel/primitive.h"

namespace varve {

absl::Status Primitive::Save(table::VersionStream& rows, SectionSink& sink) const {
  return SaveRows(rows, sink);
}

absl::Status Primitive::Load(std::uint8_t /*section_version*/, SectionSource& source,
                             RowSink& sink) const {
  return LoadRows(spec().id, source, sink);
}

absl::Status Primitive::RebuildIndexes(Reader& /*reader*/) { return absl::OkStatus(); }

void Primitive::OnCommitted(Lsn /*lsn*/, Timestamp /*commit_time*/,
                            std::span<const Mutation> /*mutations*/) {}

}  // namespace varve
