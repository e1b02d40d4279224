// What the parts of a vector search cost: the arithmetic, alone and with the rest around it,
// keeping the matrix in step with commits, and filters. Rows are few by default, so that a test run
// is short; VARVE_BENCH_ROWS sets how many (1000000 rows of 128 need half a gigabyte twice).
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "primitives/vector/vector.h"
#include "primitives/vector/vector_kernels.h"
#include "primitives/vector/vector_metadata.h"
#include "primitives/vector/vector_primitive.h"
#include "primitives/vector/vector_shadow.h"
#include "recovery/open.h"

namespace varve {
namespace {

std::size_t BenchRows() {
  const char* const given = std::getenv("VARVE_BENCH_ROWS");
  return given == nullptr ? 4096 : std::strtoull(given, nullptr, 10);
}

std::vector<float> RandomFloats(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> floats(count);
  for (float& component : floats) component = normal(random);
  return floats;
}

// Gigabytes of rows that went by, and products; the rate to compare with that of memory.
void CountRows(benchmark::State& state, std::size_t rows, std::size_t dimension,
               std::size_t queries) {
  const auto turns = static_cast<double>(state.iterations());
  const auto products = static_cast<double>(rows * dimension * queries);
  state.counters["products"] = benchmark::Counter(turns * products, benchmark::Counter::kIsRate);
  state.counters["row_bytes"] = benchmark::Counter(
      turns * static_cast<double>(rows * dimension * sizeof(float)), benchmark::Counter::kIsRate);
}

// Blocks that stay in the second cache: what the processor can do at best.
void BM_VectorKernel(benchmark::State& state, VectorMetric metric) {
  const auto dimension = static_cast<std::size_t>(state.range(0));
  const auto query_count = static_cast<std::size_t>(state.range(1));
  const std::size_t blocks = std::max<std::size_t>(2, (std::size_t{256} << 10) / (dimension * 64));
  const VectorShape shape{.dimension = dimension, .metric = metric};
  const vector::QueryPack queries(shape, RandomFloats(query_count * dimension, 1), query_count);
  const vector::Floats rows = vector::MakeFloats(blocks * vector::BlockFloats(dimension));
  const std::vector<float> values = RandomFloats(blocks * vector::BlockFloats(dimension), 2);
  std::copy(values.begin(), values.end(), rows.get());
  const std::vector<float> thresholds(query_count, 1e30f);
  const vector::Floats scores = vector::MakeFloats(query_count * blocks * vector::kLanes);
  std::vector<std::uint16_t> hits(query_count * blocks);
  for (auto _ : state) {
    vector::ScoreBlocks(queries, rows.get(), blocks, thresholds.data(), scores.get(), hits.data());
    benchmark::DoNotOptimize(scores.get());
  }
  CountRows(state, blocks * vector::kLanes, dimension, query_count);
  state.counters["digest"] = static_cast<double>(scores[0]);
}
BENCHMARK_CAPTURE(BM_VectorKernel, dot, VectorMetric::kDot)
    ->ArgsProduct({{32, 128, 768}, {1, 8, 64}});
BENCHMARK_CAPTURE(BM_VectorKernel, l2, VectorMetric::kL2)->Args({128, 1})->Args({128, 64});

// The shadow of blocks that stay in the second cache, asked for a score that none has.
void BM_VectorSift(benchmark::State& state, VectorMetric metric) {
  const auto dimension = static_cast<std::size_t>(state.range(0));
  const auto query_count = static_cast<std::size_t>(state.range(1));
  const std::size_t bytes = vector::ShadowBlockBytes(dimension);
  const std::size_t blocks = (std::size_t{64} << 10) / bytes;
  const VectorShape shape{.dimension = dimension, .metric = metric};
  const std::vector<float> floats = RandomFloats(query_count * dimension, 1);
  std::vector<vector::ShadowQuery> queries;
  std::vector<vector::ShadowQuery::Factors> factors;
  for (std::size_t query = 0; query < query_count; ++query) {
    queries.emplace_back(shape, std::span(&floats[query * dimension], dimension));
    factors.push_back(queries.back().FactorsFor(1e30f));
  }
  const std::vector<float> rows = RandomFloats(vector::BlockFloats(dimension), 2);
  const vector::Floats shadows = vector::MakeFloats(blocks * bytes / sizeof(float));
  auto* const at = reinterpret_cast<std::byte*>(shadows.get());
  for (std::size_t block = 0; block < blocks; ++block) {
    vector::EncodeShadow(shape, rows.data(), at + block * bytes);
  }
  std::vector<std::uint16_t> hits(query_count * blocks);
  for (auto _ : state) {
    vector::SiftShadow(queries, factors.data(), at, blocks, hits.data());
    benchmark::DoNotOptimize(hits.data());
  }
  CountRows(state, blocks * vector::kLanes, dimension, query_count);
  state.counters["digest"] = static_cast<double>(hits[0]);
}
BENCHMARK_CAPTURE(BM_VectorSift, dot, VectorMetric::kDot)->ArgsProduct({{128, 768}, {1, 8, 64}});
BENCHMARK_CAPTURE(BM_VectorSift, l2, VectorMetric::kL2)->Args({128, 1});

// What a full block costs beside its rows.
void BM_VectorEncodeShadow(benchmark::State& state) {
  constexpr VectorShape kShape{.dimension = 128, .metric = VectorMetric::kDot};
  const std::vector<float> rows = RandomFloats(vector::BlockFloats(128), 2);
  const vector::Floats shadow = vector::MakeFloats(vector::ShadowBlockBytes(128));
  for (auto _ : state) {
    vector::EncodeShadow(kShape, rows.data(), reinterpret_cast<std::byte*>(shadow.get()));
    benchmark::DoNotOptimize(shadow.get());
  }
  state.counters["rows"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * vector::kLanes, benchmark::Counter::kIsRate);
  state.counters["digest"] = static_cast<double>(shadow[0]);
}
BENCHMARK(BM_VectorEncodeShadow);

std::unique_ptr<Store> FilledStore(std::size_t rows, std::size_t dimension,
                                   const VectorOptions& options = {}) {
  PrimitiveRegistry registry;
  if (!registry.Register(std::make_unique<VectorPrimitive>(options)).ok()) return nullptr;
  auto store = OpenInMemory(std::move(registry), {});
  if (!store.ok()) return nullptr;
  const auto create = [&](Transaction& txn) {
    return Vectors(txn).Create("c", {.dimension = dimension, .metric = VectorMetric::kDot});
  };
  if (!(*store)->Update(create).ok()) return nullptr;
  constexpr std::size_t kBatch = 1000;
  for (std::size_t begin = 0; begin < rows; begin += kBatch) {
    const std::size_t count = std::min(kBatch, rows - begin);
    const std::vector<float> floats =
        RandomFloats(count * dimension, static_cast<std::uint32_t>(begin));
    const auto fill = [&](Transaction& txn) -> absl::Status {
      Vectors vectors(txn);
      for (std::size_t at = 0; at < count; ++at) {
        const std::size_t row = begin + at;
        const absl::Status written =
            vectors.Upsert("c", std::to_string(row), {&floats[at * dimension], dimension},
                           R"({"n":)" + std::to_string(row % 100) + R"(,"lang":"en"})");
        if (!written.ok()) return written;
      }
      return absl::OkStatus();
    };
    if (!(*store)->Update(fill).ok()) return nullptr;
  }
  return *std::move(store);
}

// The whole of a search through the handle. Arguments: queries, threads, filter (0: none, 1: one
// row in a hundred), shadow (0: none, 1: whatever the number of rows).
void BM_VectorSearch(benchmark::State& state) {
  static const std::size_t rows = BenchRows();
  constexpr std::size_t kDimension = 128;
  static const std::unique_ptr<Store> stores[] = {
      FilledStore(rows, kDimension, {.shadow = false}),
      FilledStore(rows, kDimension, {.shadow_rows_min = 1})};
  Store* const store = stores[state.range(3)].get();
  if (store == nullptr) return state.SkipWithError("no store");
  const auto query_count = static_cast<std::size_t>(state.range(0));
  VectorSearchOptions options;
  options.threads = static_cast<std::size_t>(state.range(1));
  if (state.range(2) == 1) options.filter = VectorFilter::Eq("n", 7);
  const std::vector<float> queries = RandomFloats(query_count * kDimension, 3);
  absl::StatusOr<ReadView> view = store->View();
  if (!view.ok()) return state.SkipWithError("no view");
  float digest = 0;
  for (auto _ : state) {
    const auto hits = Vectors(*view).SearchMany("c", queries, options);
    if (!hits.ok()) return state.SkipWithError("a search failed");
    digest = (*hits)[0][0].score;
  }
  CountRows(state, rows, kDimension, query_count);
  state.counters["digest"] = static_cast<double>(digest);
}
BENCHMARK(BM_VectorSearch)
    ->ArgsProduct({{1, 2, 8, 64}, {1}, {0}, {0, 1}})
    ->ArgsProduct({{1, 64}, {2}, {0}, {0, 1}})
    ->ArgsProduct({{1}, {1}, {1}, {0, 1}});

// What a commit pays to the index, and a search for each row that came since the last.
void BM_VectorUpsertAndSearch(benchmark::State& state) {
  constexpr std::size_t kDimension = 128;
  const std::unique_ptr<Store> store = FilledStore(256, kDimension);
  if (store == nullptr) return state.SkipWithError("no store");
  const std::vector<float> vector = RandomFloats(kDimension, 4);
  std::uint64_t turn = 0;
  for (auto _ : state) {
    const std::string key = std::to_string(++turn % 256);
    const auto upsert = [&](Transaction& txn) { return Vectors(txn).Upsert("c", key, vector); };
    if (!store->Update(upsert).ok()) return state.SkipWithError("an upsert failed");
    if (state.range(0) == 0) continue;
    absl::StatusOr<ReadView> view = store->View();
    benchmark::DoNotOptimize(Vectors(*view).Search("c", vector, {.k = 1}));
  }
}
BENCHMARK(BM_VectorUpsertAndSearch)->Arg(0)->Arg(1);

void BM_VectorFilter(benchmark::State& state) {
  const std::string image = vector::MakeMetadataImage(
      R"({"lang":"en","year":2024,"tags":["a","b","c"],"author":{"name":"Ada"}})");
  const VectorFilter filter = VectorFilter::And(
      {VectorFilter::Eq("lang", "en"), VectorFilter::Ge("year", 2020),
       VectorFilter::Contains("tags", "c"), VectorFilter::Eq("/author/name", "Ada")});
  std::uint64_t matches = 0;
  for (auto _ : state) matches += filter.Matches(image) ? 1 : 0;
  state.counters["digest"] = matches == 0 ? 0 : 1;
}
BENCHMARK(BM_VectorFilter);

void BM_VectorMetadataImage(benchmark::State& state) {
  const std::string json =
      R"({"lang":"en","year":2024,"tags":["a","b","c"],"author":{"name":"Ada"}})";
  for (auto _ : state) benchmark::DoNotOptimize(vector::MakeMetadataImage(json));
}
BENCHMARK(BM_VectorMetadataImage);

}  // namespace
}  // namespace varve
