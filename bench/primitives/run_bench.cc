// That what is done with one run costs what the run holds, not what the store holds: a run of 1,000
// entries, replayed, compared and forked in stores of growing size.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>

#include "kernel/base/status.h"
#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "primitives/run/run_replay.h"
#include "primitives/run/runs.h"
#include "recovery/open.h"

namespace varve {
namespace {

constexpr int kRunEntries = 1000;

std::string Key(std::int64_t number) {
  std::string key = std::to_string(number);
  return key.insert(0, 16 - key.size(), '0');
}

// A store in memory with `others` rows in other runs, and one run of kRunEntries steps in between.
struct World {
  std::unique_ptr<Store> store;
  RunId run;
  absl::Status status;
};

absl::Status Fill(Store& store, std::int64_t from, std::int64_t to) {
  constexpr std::int64_t kBatch = 1000;
  const std::string value(100, 'v');
  for (std::int64_t first = from; first < to; first += kBatch) {
    const auto receipt = store.Update([&](Transaction& transaction) -> absl::Status {
      Kv kv(transaction);
      for (std::int64_t i = first; i < first + kBatch; ++i) {
        VARVE_RETURN_IF_ERROR(kv.Put(Key(i), value));
      }
      return absl::OkStatus();
    });
    VARVE_RETURN_IF_ERROR(receipt.status());
  }
  return store.Checkpoint();
}

absl::StatusOr<RunId> RecordRun(Store& store) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, CreateRun(store, {.name = "one of many"}));
  for (int i = 0; i < kRunEntries; ++i) {
    const auto receipt = store.Update([&](Transaction& transaction) {
      return Kv(transaction, run).Put(Key(i % 100), std::to_string(i));
    });
    VARVE_RETURN_IF_ERROR(receipt.status());
  }
  return run;
}

World MakeWorld(std::int64_t others) {
  World world;
  PrimitiveRegistry registry;
  RegisterBuiltinPrimitives(registry);
  StoreOptions options;
  options.history.keep = std::chrono::microseconds::max();
  auto store = OpenInMemory(std::move(registry), options);
  world.status = store.status();
  if (!store.ok()) return world;
  world.store = *std::move(store);
  world.status = Fill(*world.store, 0, others / 2);
  if (!world.status.ok()) return world;
  const absl::StatusOr<RunId> run = RecordRun(*world.store);
  world.status = run.status();
  if (!run.ok()) return world;
  world.run = *run;
  world.status = Fill(*world.store, others / 2, others);
  return world;
}

// The run as of its 500th step, every row of it read.
void BM_ReplayRun(benchmark::State& state) {
  World world = MakeWorld(state.range(0));
  if (!world.status.ok()) return state.SkipWithError(world.status.ToString().c_str());
  for (auto _ : state) {
    auto replay = ReplayRun(*world.store, world.run, kRunEntries / 2);
    if (!replay.ok()) return state.SkipWithError(replay.status().ToString().c_str());
    const auto digest = RunDigest(replay->view, world.run);
    if (!digest.ok()) return state.SkipWithError(digest.status().ToString().c_str());
    benchmark::DoNotOptimize(digest->data());
  }
}
BENCHMARK(BM_ReplayRun)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

// Its 500th step beside now.
void BM_DiffRun(benchmark::State& state) {
  World world = MakeWorld(state.range(0));
  if (!world.status.ok()) return state.SkipWithError(world.status.ToString().c_str());
  for (auto _ : state) {
    auto replay = ReplayRun(*world.store, world.run, kRunEntries / 2);
    auto now = world.store->View();
    if (!replay.ok() || !now.ok()) return state.SkipWithError("no view");
    int changes = 0;
    const absl::Status status =
        DiffRuns(replay->view, world.run, *now, world.run, [&](const RowChange&) {
          ++changes;
          return true;
        });
    if (!status.ok() || changes < 100) return state.SkipWithError("a diff without changes");
  }
}
BENCHMARK(BM_DiffRun)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace varve
