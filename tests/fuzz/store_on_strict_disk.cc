#include "tests/fuzz/store_on_strict_disk.h"

#include <chrono>
#include <utility>

#include "kernel/row_walk.h"
#include "snapshot/digest.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/primitive_instances.h"

namespace varve::fuzz {
namespace {

absl::Status DescribeRows(const Primitive& primitive, RowWalk& walk) {
  for (const TableSpec& table : primitive.spec().tables) {
    VARVE_RETURN_IF_ERROR(walk.Visit(
        {primitive.spec().id, table.number}, [&](const RunId&, const Row& row) -> absl::Status {
          return CheckDescription(primitive.DescribeRow(table.number, row.key, row.value));
        }));
  }
  return absl::OkStatus();
}

}  // namespace

OpenOptions StrictOptions(crash::SimulatedEnvironment& world) {
  OpenOptions options;
  options.store.background_threads = false;
  options.store.log.background_threads = false;
  options.store.log.segment_bytes_min = std::uint64_t{64} << 10;
  options.store.log.segment_bytes_max = std::uint64_t{64} << 10;
  options.store.history.keep = std::chrono::microseconds::max();
  options.store.memtable_bytes = std::uint64_t{1} << 20;
  options.environment = world.environment();
  options.materialized = [](const table::MaterializedOptions& wanted,
                            const table::AppliedMark& fresh)
      -> absl::StatusOr<std::shared_ptr<table::MaterializedStore>> {
    return std::shared_ptr<table::MaterializedStore>(table::MakeMemoryStore(wanted, fresh));
  };
  return options;
}

absl::Status WriteFiles(crash::StrictFileSystem& files,
                        const std::map<std::string, std::string>& contents) {
  for (const auto& [path, bytes] : contents) {
    if (path.ends_with('/')) {
      VARVE_RETURN_IF_ERROR(files.CreateDirectory(path.substr(0, path.size() - 1)));
      continue;
    }
    VARVE_ASSIGN_OR_RETURN(const auto file, files.Open(path, OpenMode::kCreate));
    VARVE_RETURN_IF_ERROR(file->WriteAt(0, bytes));
  }
  return absl::OkStatus();
}

absl::Status UseStore(Store& store) {
  VARVE_ASSIGN_OR_RETURN(ReadView view, store.View());
  const Primitive::CheckProgress progress = [](std::uint64_t) { return absl::OkStatus(); };
  RowWalk walk(view, progress);
  for (const std::unique_ptr<Primitive>& primitive : store.registry().primitives()) {
    VARVE_RETURN_IF_ERROR(DescribeRows(*primitive, walk));
    const absl::Status status = primitive->CheckRows(view, progress);
    if (!status.ok()) VARVE_RETURN_IF_ERROR(RefusedAsDamage(status));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> DigestOf(Store& store) {
  VARVE_RETURN_IF_ERROR(store.Checkpoint());
  VARVE_ASSIGN_OR_RETURN(const auto state, store.OpenMaterialized());
  VARVE_ASSIGN_OR_RETURN(const snapshot::Digest digest,
                         snapshot::StateDigest(*state, store.registry()));
  return digest.ToString();
}

}  // namespace varve::fuzz
