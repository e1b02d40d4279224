// What JSON costs: text to value to encoding and back, a path inside of a row, a get and a set at a
// path of a small and of a large document in a store in memory, a query.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>

#include "kernel/store.h"
#include "primitives/json/json.h"
#include "primitives/json/json_encoding.h"
#include "primitives/json/json_path.h"
#include "primitives/json/json_primitive.h"
#include "recovery/open.h"

namespace varve {
namespace {

// An object of so many people.
JsonValue People(std::int64_t count) {
  JsonValue people;
  for (std::int64_t i = 0; i < count; ++i) {
    people["people"]["p" + std::to_string(i)] = {{"name", "Ada Lovelace"},
                                                 {"age", 20 + i % 60},
                                                 {"score", 0.5 * static_cast<double>(i)},
                                                 {"tags", {"a", "b", "c"}}};
  }
  people["count"] = count;
  return people;
}

void BM_JsonParse(benchmark::State& state) {
  const std::string text = People(state.range(0)).dump();
  for (auto _ : state) benchmark::DoNotOptimize(ParseJson(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(BM_JsonParse)->Arg(3)->Arg(1000);

void BM_JsonEncode(benchmark::State& state) {
  const JsonValue value = People(state.range(0));
  std::string bytes;
  for (auto _ : state) {
    bytes.clear();
    json::AppendEncoded(bytes, value);
    benchmark::DoNotOptimize(bytes.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(BM_JsonEncode)->Arg(3)->Arg(1000);

void BM_JsonDecode(benchmark::State& state) {
  const std::string bytes = json::Encode(People(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(json::Decode(bytes));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(BM_JsonDecode)->Arg(3)->Arg(1000);

void BM_JsonFindInRow(benchmark::State& state) {
  const std::string bytes = json::Encode(People(3));
  const json::Path path = {"people", "p2", "tags", "1"};
  for (auto _ : state) benchmark::DoNotOptimize(json::FindEncoded(bytes, path));
}
BENCHMARK(BM_JsonFindInRow);

// A store in memory with the document "doc" of so many people.
std::unique_ptr<Store> StoreOf(benchmark::State& state) {
  PrimitiveRegistry registry;
  if (!registry.Register(std::make_unique<JsonPrimitive>()).ok()) return nullptr;
  auto opened = OpenInMemory(std::move(registry), {});
  if (!opened.ok()) return nullptr;
  std::unique_ptr<Store> store = *std::move(opened);
  const JsonValue people = People(state.range(0));
  const auto created =
      store->Update([&](Transaction& txn) { return Json(txn).Create("doc", people); });
  return created.ok() ? std::move(store) : nullptr;
}

void BM_JsonGetAtPath(benchmark::State& state) {
  const std::unique_ptr<Store> store = StoreOf(state);
  if (store == nullptr) return state.SkipWithError("no store");
  auto view = store->View();
  const Json json(*view);
  for (auto _ : state) benchmark::DoNotOptimize(json.Get("doc", "/people/p2/age"));
}
BENCHMARK(BM_JsonGetAtPath)->Arg(3)->Arg(1000);

void BM_JsonSetAtPath(benchmark::State& state) {
  const std::unique_ptr<Store> store = StoreOf(state);
  if (store == nullptr) return state.SkipWithError("no store");
  std::uint64_t age = 0;
  for (auto _ : state) {
    auto txn = store->Begin();
    if (!Json(*txn).Set("doc", "/people/p2/age", ++age).ok() ||
        !txn->Commit(Durability::kBuffered).ok()) {
      state.SkipWithError("a set was refused");
    }
  }
}
BENCHMARK(BM_JsonSetAtPath)->Arg(3)->Arg(1000);

void BM_JsonGetDocument(benchmark::State& state) {
  const std::unique_ptr<Store> store = StoreOf(state);
  if (store == nullptr) return state.SkipWithError("no store");
  auto view = store->View();
  const Json json(*view);
  for (auto _ : state) benchmark::DoNotOptimize(json.GetDocument("doc"));
}
BENCHMARK(BM_JsonGetDocument)->Arg(3)->Arg(1000);

void BM_JsonQuery(benchmark::State& state) {
  const JsonValue people = People(state.range(0));
  const auto query = json::JsonPath::Parse("$.people[?@.age > 40 && match(@.name, 'A.*')].score");
  for (auto _ : state) benchmark::DoNotOptimize(query->Select(people));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_JsonQuery)->Arg(3)->Arg(1000);

}  // namespace
}  // namespace varve
