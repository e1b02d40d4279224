#include <memory>

#include "crash/simulated/simulated_environment.h"
#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "recovery/open.h"
#include "tests/docs/error_situations.h"

namespace varve {
namespace {

using crash::SimulatedEnvironment;

OpenedStore OpenOn(SimulatedEnvironment& world) {
  PrimitiveRegistry registry;
  RegisterBuiltinPrimitives(registry);
  OpenOptions options;
  options.environment = world.environment();
  options.store.background_threads = false;
  options.store.log.background_threads = false;
  options.materialized = [](const table::MaterializedOptions& wanted,
                            const table::AppliedMark& fresh)
      -> absl::StatusOr<std::shared_ptr<table::MaterializedStore>> {
    return table::MakeMemoryStore(wanted, fresh);
  };
  return *OpenStore("a.varve", std::move(registry), options);
}

absl::Status Put(Store& store, const std::string& value) {
  return store.Update([&](Transaction& transaction) { return Kv(transaction).Put("k", value); })
      .status();
}

// The commit that met the failure, and the next call.
std::vector<absl::Status> FailedWrite() {
  SimulatedEnvironment world;
  OpenedStore opened = OpenOn(world);
  (void)Put(*opened.store, "before");
  world.files->AddFault({.kind = crash::CallKind::kWriteDurably});
  const absl::Status undecided = Put(*opened.store, "undecided");
  return {undecided, opened.store->Begin().status()};
}

absl::Status FullDisk() {
  SimulatedEnvironment world;
  OpenedStore opened = OpenOn(world);
  std::uint64_t used = 0;
  for (const auto& [path, bytes] : world.files->Contents()) used += bytes.size();
  world.files->SetCapacity(used);
  absl::Status status;
  while (status.ok()) status = Put(*opened.store, std::string(100'000, 'v'));
  return status;
}

}  // namespace

std::vector<absl::Status> DiskErrors() {
  std::vector<absl::Status> errors = FailedWrite();
  errors.push_back(FullDisk());
  return errors;
}

}  // namespace varve
