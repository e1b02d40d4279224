// What statistics cost: commits and reads with and without timings, and asking for the statistics.
// Compare medians of interleaved runs:
//
//   stats_bench --benchmark_enable_random_interleaving=true --benchmark_repetitions=15
//               --benchmark_report_aggregates_only=true
#include "kernel/stats.h"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "kernel/prometheus.h"
#include "primitives/kv/kv.h"
#include "primitives/kv/kv_primitive.h"
#include "recovery/open.h"

namespace varve {
namespace {

constexpr int kKeys = 1024;

// A store with kKeys rows, in memory or on files.
class MeasuredStore final {
 public:
  MeasuredStore(bool on_files, bool timings)
      : root_(std::filesystem::temp_directory_path() /
              ("stats_bench_" + std::to_string(getpid()))) {
    PrimitiveRegistry registry;
    if (!registry.Register(std::make_unique<KvPrimitive>()).ok()) return;
    OpenOptions options;
    options.store.timings = timings;
    if (on_files) {
      std::filesystem::create_directories(root_);
      auto opened = OpenStore((root_ / "a.varve").string(), std::move(registry), options);
      if (opened.ok()) store_ = std::move(opened->store);
    } else {
      auto opened = OpenInMemory(std::move(registry), options.store);
      if (opened.ok()) store_ = *std::move(opened);
    }
    for (int i = 0; i < kKeys; ++i) keys_.push_back("key" + std::to_string(1'000'000 + i));
    for (int i = 0; i < kKeys && store_ != nullptr; ++i) {
      if (!Put(i, Durability::kBuffered)) store_.reset();
    }
  }
  ~MeasuredStore() {
    store_.reset();
    std::filesystem::remove_all(root_);
  }
  MeasuredStore(const MeasuredStore&) = delete;
  MeasuredStore& operator=(const MeasuredStore&) = delete;

  [[nodiscard]] bool ok() const { return store_ != nullptr; }
  [[nodiscard]] Store& store() { return *store_; }
  [[nodiscard]] const std::string& Key(int i) const { return keys_[i % kKeys]; }

  bool Put(int i, Durability durability) {
    auto transaction = store_->Begin();
    return transaction.ok() && Kv(*transaction).Put(Key(i), value_).ok() &&
           transaction->Commit(durability).ok();
  }

 private:
  const std::filesystem::path root_;
  const std::string value_ = std::string(100, 'v');
  std::vector<std::string> keys_;
  std::unique_ptr<Store> store_;
};

void Commits(benchmark::State& state, bool on_files, Durability durability) {
  MeasuredStore measured(on_files, state.range(0) != 0);
  if (!measured.ok()) return state.SkipWithError("no store");
  int i = 0;
  for (auto _ : state) {
    if (!measured.Put(i++, durability)) return state.SkipWithError("a commit failed");
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_BufferedCommit(benchmark::State& state) { Commits(state, true, Durability::kBuffered); }
BENCHMARK(BM_BufferedCommit)->ArgName("timings")->Arg(0)->Arg(1);

// The most that timings can cost: a durable commit that waits for no disk.
void BM_CommitInMemory(benchmark::State& state) { Commits(state, false, Durability::kDurable); }
BENCHMARK(BM_CommitInMemory)->ArgName("timings")->Arg(0)->Arg(1);

void BM_DurableCommit(benchmark::State& state) { Commits(state, true, Durability::kDurable); }
BENCHMARK(BM_DurableCommit)->ArgName("timings")->Arg(0)->Arg(1);

void BM_ViewAndGet(benchmark::State& state) {
  MeasuredStore measured(/*on_files=*/false, state.range(0) != 0);
  if (!measured.ok()) return state.SkipWithError("no store");
  int i = 0;
  for (auto _ : state) {
    auto view = measured.store().View();
    if (!view.ok() || !Kv(*view).Get(measured.Key(i++)).ok()) {
      return state.SkipWithError("a read failed");
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ViewAndGet)->ArgName("timings")->Arg(0)->Arg(1);

void BM_Stats(benchmark::State& state) {
  MeasuredStore measured(/*on_files=*/true, /*timings=*/true);
  if (!measured.ok()) return state.SkipWithError("no store");
  for (auto _ : state) benchmark::DoNotOptimize(measured.store().Stats());
}
BENCHMARK(BM_Stats);

void BM_WritePrometheus(benchmark::State& state) {
  MeasuredStore measured(/*on_files=*/true, /*timings=*/true);
  if (!measured.ok()) return state.SkipWithError("no store");
  const StoreStats stats = measured.store().Stats();
  for (auto _ : state) benchmark::DoNotOptimize(WritePrometheus(stats));
}
BENCHMARK(BM_WritePrometheus);

}  // namespace
}  // namespace varve
