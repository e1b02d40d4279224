#include "tests/crash/crash_world.h"

#include <gtest/gtest.h>

#include <utility>

#include "kernel/base/check.h"
#include "kernel/base/status.h"
#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "tests/crash/all_seven.h"

namespace varve::crash {
namespace {

constexpr std::size_t kMarkerDigits = 6;

table::MaterializedOptions RowOptions(const OpenOptions& options) {
  return {.history = options.store.history, .read_only = false};
}

// An independent copy of a store in memory.
std::shared_ptr<table::MaterializedStore> CopyRows(table::MaterializedStore& rows) {
  const auto reader = rows.OpenReader();
  VARVE_CHECK(reader.ok());
  std::shared_ptr<table::MaterializedStore> copy =
      table::MakeMemoryStore(RowOptions(SmallStoreOptions()), (*reader)->mark());
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

CrashWorld::CrashWorld(std::uint64_t seed) : seed_(seed), environment_(seed) {}

absl::StatusOr<OpenedStore> CrashWorld::Open(const OpenOptions& options) {
  OpenOptions all = options;
  all.environment = environment_.environment();
  bool offered = false;
  all.materialized = [this, offered](const table::MaterializedOptions& wanted,
                                     const table::AppliedMark& fresh) mutable
      -> absl::StatusOr<std::shared_ptr<table::MaterializedStore>> {
    if (rows_ == nullptr || offered) rows_ = table::MakeMemoryStore(wanted, fresh);
    offered = true;
    return rows_;
  };
  PrimitiveRegistry registry;
  RegisterBuiltinPrimitives(registry);
  return OpenStore(kDirectory, std::move(registry), all);
}

std::unique_ptr<CrashWorld> CrashWorld::After(const CrashChoice& choice, bool keeps_rows) {
  ++images_;
  auto world = std::make_unique<CrashWorld>(seed_ * 1'000'003 + images_);
  world->environment_.files = environment_.files->CrashImage(choice);
  world->environment_.clock.Set(environment_.clock.Now());
  if (keeps_rows && rows_ != nullptr) world->rows_ = CopyRows(*rows_);
  return world;
}

void CrashWorld::Kill(OpenedStore opened) {
  environment_.files->Crash();
  opened.store = nullptr;
}

absl::StatusOr<State> ReadState(Store& store) {
  VARVE_ASSIGN_OR_RETURN(ReadView view, store.View());
  State state;
  KvScan scan = Kv(view).Scan({.limit = 1'000'000});
  for (const KvRow& row : scan) state[std::string(row.key)] = std::string(row.value);
  VARVE_RETURN_IF_ERROR(scan.status());
  VARVE_ASSIGN_OR_RETURN(const Findings findings, ReadSeven(view, kSevenRun));
  for (const auto& [title, finding] : findings) state[kSevenPrefix + title] = finding;
  return state;
}

std::uint64_t MarkerOf(const State& state) {
  const auto marker = state.find(kMarkerKey);
  return marker == state.end() ? 0 : std::stoull(marker->second);
}

std::string MarkerText(std::uint64_t number) {
  std::string text = std::to_string(number);
  return std::string(kMarkerDigits - std::min(kMarkerDigits, text.size()), '0') + text;
}

}  // namespace varve::crash
