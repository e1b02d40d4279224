#include "crash/world.h"

#include <optional>
#include <utility>

#include "crash/allocations/allocation_fault.h"
#include "kernel/base/check.h"
#include "kernel/base/status.h"

namespace varve::crash {
namespace {

// An independent copy of a store in memory.
std::shared_ptr<table::MaterializedStore> CopyRows(table::MaterializedStore& rows,
                                                   const table::MaterializedOptions& options) {
  const auto reader = rows.OpenReader();
  VARVE_CHECK(reader.ok());
  std::shared_ptr<table::MaterializedStore> copy =
      table::MakeMemoryStore(options, (*reader)->mark());
  const auto loader = copy->NewLoader();
  VARVE_CHECK(loader.ok());
  const auto stream = (*reader)->NewVersionStream("", "");
  while (stream->Next()) {
    bool superseded = false;
    for (auto version = stream->NextVersion(); version.has_value();
         version = stream->NextVersion()) {
      VARVE_CHECK((*loader)->Add(stream->row_key(), *version, superseded).ok());
      superseded = true;
    }
  }
  VARVE_CHECK(stream->status().ok());
  VARVE_CHECK((*loader)->Finish((*reader)->mark()).ok());
  return copy;
}

}  // namespace

OpenOptions SmallStoreOptions() {
  OpenOptions options;
  options.store.background_threads = false;
  options.store.log.background_threads = false;
  options.store.log.segment_bytes_min = std::uint64_t{16} << 10;
  options.store.log.segment_bytes_max = std::uint64_t{32} << 10;
  options.store.log.unsynced_bytes_max = std::uint64_t{2} << 10;
  options.store.memtable_bytes = std::uint64_t{24} << 10;
  options.snapshots.log_bytes_min = std::uint64_t{40} << 10;
  options.snapshots.retained = 2;
  return options;
}

absl::StatusOr<PrimitiveRegistry> MakeRegistry(const std::vector<Subject>& subjects) {
  PrimitiveRegistry registry;
  for (const Subject& subject : subjects) {
    VARVE_RETURN_IF_ERROR(registry.Register(subject.make()));
  }
  return registry;
}

World::World(std::uint64_t seed, std::vector<Subject> subjects)
    : seed_(seed), subjects_(std::move(subjects)), environment_(seed) {}

absl::StatusOr<OpenedStore> World::Open(const OpenOptions& options) {
  // What the harness needs before the store is asked: it finds its memory.
  std::optional<AllocationsSucceed> harness(std::in_place);
  OpenOptions all = options;
  all.environment = environment_.environment();
  bool offered = false;
  all.materialized = [this, offered](const table::MaterializedOptions& wanted,
                                     const table::AppliedMark& fresh) mutable
      -> absl::StatusOr<std::shared_ptr<table::MaterializedStore>> {
    if (rows_ == nullptr || offered) rows_ = table::MakeMemoryStore(wanted, fresh);
    rows_options_ = wanted;
    offered = true;
    return rows_;
  };
  VARVE_ASSIGN_OR_RETURN(PrimitiveRegistry registry, MakeRegistry(subjects_));
  harness.reset();
  return OpenStore(kStoreDirectory, std::move(registry), all);
}

std::unique_ptr<World> World::After(const CrashChoice& choice, bool keeps_rows) {
  ++images_;
  auto world = std::make_unique<World>(seed_ * 1'000'003 + images_, subjects_);
  world->environment_.files = environment_.files->CrashImage(choice);
  world->environment_.clock.Set(environment_.clock.Now());
  if (keeps_rows && rows_ != nullptr) {
    world->rows_ = CopyRows(*rows_, rows_options_);
    world->rows_options_ = rows_options_;
  }
  return world;
}

void World::Kill(OpenedStore opened) {
  environment_.files->Crash();
  opened.store = nullptr;
}

}  // namespace varve::crash
