// The consistent copy: what a snapshot costs beside a plain copy of a file with the same bytes.
//
// Rows of 16-byte keys and 100-byte values in state.mdb, in $TMPDIR or /tmp. Three sizes a decade
// apart; VARVE_BENCH_ROWS=1000000 makes them 10 k, 100 k and 1 M (116 MB of user data), else 100,
// 1 k and 10 k. `digest` is of the result, so that nothing is optimised away; `to_copy` is the
// ratio to the plain copy, made and timed in between.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "kernel/base/check.h"
#include "kernel/base/codec.h"
#include "kernel/table/row.h"
#include "snapshot/content.h"
#include "snapshot/snapshot.h"

namespace varve::snapshot {
namespace {

constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kValueBytes = 100;

enum class Values { kRandom, kHalf };  // incompressible, or every second half of it a repetition

class Rows final : public Primitive {
 public:
  Rows() {
    spec_.id = PrimitiveId(200);
    spec_.name = "rows";
    spec_.entry_range = 0xF0;
    spec_.entries = {{0xF0, "RowsPut", 1}};
    spec_.tables = {{0, "rows"}};
  }
  [[nodiscard]] const PrimitiveSpec& spec() const override { return spec_; }
  [[nodiscard]] absl::Status Apply(const Entry&, ApplyContext&) const override {
    return absl::OkStatus();
  }
  [[nodiscard]] EntryDescription Describe(const Entry&) const override { return {}; }

 private:
  PrimitiveSpec spec_;
};

class Folder final {
 public:
  Folder() : path_((std::filesystem::temp_directory_path() / "varve_snapshot_bench").string()) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string Path(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string Value(std::mt19937_64& random, Values values) {
  std::string value(kValueBytes, 'x');
  const std::size_t random_bytes = values == Values::kRandom ? kValueBytes : kValueBytes / 2;
  for (std::size_t i = 0; i < random_bytes; ++i) value[i] = static_cast<char>(random());
  return value;
}

std::unique_ptr<table::MaterializedStore> Fill(const std::string& path, std::int64_t rows,
                                               Values values) {
  table::AppliedMark mark;
  mark.store = *Uuid::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  VARVE_CHECK(table::CreateLmdbFile(PosixFileSystem(), path, mark).ok());
  auto store = table::OpenLmdbStore(path, {});
  VARVE_CHECK(store.ok());
  auto loader = (*store)->NewLoader();
  VARVE_CHECK(loader.ok());
  std::mt19937_64 random(1);
  for (std::int64_t i = 0; i < rows; ++i) {
    std::string key = "key-----";
    AppendBigEndian64(key, static_cast<std::uint64_t>(i));
    VARVE_CHECK(key.size() == kKeyBytes);
    const std::string value = Value(random, values);
    const Lsn lsn(random() % static_cast<std::uint64_t>(rows) + 1);
    VARVE_CHECK((*loader)
                    ->Add(table::MakeRowKey({PrimitiveId(200), 0}, RunId(), key),
                          {lsn, Timestamp(1'700'000'000'000'000 + lsn.value() * 100), false, value},
                          false)
                    .ok());
  }
  mark.applied = Lsn(static_cast<std::uint64_t>(rows));
  VARVE_CHECK((*loader)->Finish(mark).ok());
  return *std::move(store);
}

double Seconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

struct Bench {
  Bench(std::int64_t rows, Values values)
      : store(Fill(folder.Path("state.mdb"), rows, values)), reader(*store->OpenReader()) {
    VARVE_CHECK(registry.Register(std::make_unique<Rows>()).ok());
  }
  SnapshotInfo Write() {
    auto info = WriteSnapshot({}, folder.Path("a.snapshot"), *reader, registry);
    VARVE_CHECK(info.ok());
    return *std::move(info);
  }

  Folder folder;
  std::unique_ptr<table::MaterializedStore> store;
  std::unique_ptr<table::MaterializedReader> reader;
  PrimitiveRegistry registry;
};

void Report(benchmark::State& state, const SnapshotInfo& info, std::int64_t rows) {
  state.SetLabel("digest " + info.digest.ToString().substr(0, 8));
  state.counters["file_MB"] = static_cast<double>(info.file_bytes) / 1e6;
  state.SetBytesProcessed(state.iterations() * rows *
                          static_cast<std::int64_t>(kKeyBytes + kValueBytes));
}

// Written, synced, read back and verified; the plain copy is neither synced nor read back.
void BM_WriteSnapshot(benchmark::State& state) {
  Bench bench(state.range(0), static_cast<Values>(state.range(1)));
  std::vector<double> ours;
  std::vector<double> copies;
  SnapshotInfo info = bench.Write();
  const std::string copy = bench.folder.Path("copy");
  for (auto _ : state) {
    ours.push_back(Seconds([&] { info = bench.Write(); }));
    state.PauseTiming();
    std::filesystem::remove(copy);
    copies.push_back(Seconds([&] { std::filesystem::copy_file(info.path, copy); }));
    state.ResumeTiming();
  }
  Report(state, info, state.range(0));
  state.counters["ms"] = Median(ours) * 1e3;
  state.counters["copy_ms"] = Median(copies) * 1e3;
  state.counters["to_copy"] = Median(ours) / Median(copies);
}

// Every checksum and the digest.
void BM_VerifySnapshot(benchmark::State& state) {
  Bench bench(state.range(0), static_cast<Values>(state.range(1)));
  SnapshotInfo info = bench.Write();
  for (auto _ : state) info = *VerifySnapshot(PosixFileSystem(), info.path);
  Report(state, info, state.range(0));
}

// Reading the rows and digesting them: a snapshot without a file.
void BM_StateDigest(benchmark::State& state) {
  Bench bench(state.range(0), static_cast<Values>(state.range(1)));
  SnapshotInfo info = bench.Write();
  for (auto _ : state) info.digest = *StateDigest(*bench.reader, bench.registry);
  Report(state, info, state.range(0));
}

// Decoding into rows, without a store to put them into.
void BM_LoadSnapshot(benchmark::State& state) {
  class Counter final : public RowSink {
   public:
    [[nodiscard]] absl::Status Add(std::string_view row_key, const table::RowVersion& version,
                                   bool) override {
      bytes += row_key.size() + version.value.size();
      return absl::OkStatus();
    }
    std::size_t bytes = 0;
  };
  Bench bench(state.range(0), static_cast<Values>(state.range(1)));
  const SnapshotInfo info = bench.Write();
  for (auto _ : state) {
    Counter counter;
    VARVE_CHECK(LoadSnapshot(PosixFileSystem(), info.path, bench.registry, counter).ok());
    benchmark::DoNotOptimize(counter.bytes);
  }
  Report(state, info, state.range(0));
}

void Sizes(benchmark::internal::Benchmark* bench) {
  const char* const wanted = std::getenv("VARVE_BENCH_ROWS");
  const std::int64_t largest = std::max(wanted == nullptr ? 10'000 : std::atol(wanted), 100l);
  for (const Values values : {Values::kRandom, Values::kHalf}) {
    for (const std::int64_t rows : {largest / 100, largest / 10, largest}) {
      bench->Args({rows, static_cast<std::int64_t>(values)});
    }
  }
  bench->ArgNames({"rows", "half"})->Unit(benchmark::kMillisecond)->UseRealTime();
}

BENCHMARK(BM_WriteSnapshot)->Apply(Sizes);
BENCHMARK(BM_VerifySnapshot)->Apply(Sizes);
BENCHMARK(BM_StateDigest)->Apply(Sizes);
BENCHMARK(BM_LoadSnapshot)->Apply(Sizes);

}  // namespace
}  // namespace varve::snapshot
