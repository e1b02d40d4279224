// Spans in a store in memory: what Trace and its indexes cost, without the disk.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>

#include "primitives/trace/trace.h"
#include "primitives/trace/trace_otlp.h"
#include "primitives/trace/trace_payload.h"
#include "primitives/trace/trace_primitive.h"
#include "recovery/open.h"

namespace varve {
namespace {

constexpr std::uint64_t kSpans = 10'000;
constexpr std::uint64_t kSpansPerTransaction = 100;

std::unique_ptr<Store> NewStore() {
  PrimitiveRegistry registry;
  if (!registry.Register(std::make_unique<TracePrimitive>()).ok()) return nullptr;
  auto opened = OpenInMemory(std::move(registry), {});
  return opened.ok() ? *std::move(opened) : nullptr;
}

// Span number `i`: nine of ten lie below the one that began their ten, one of a hundred is tagged
// "rare", the kinds take turns.
SpanRecord SpanOf(std::uint64_t i) {
  SpanRecord record{.id = SpanId(i + 1),
                    .kind = kSpanKinds[i % 6],
                    .name = "search the knowledge base",
                    .start = Timestamp(1'700'000'000'000'000 + i),
                    .end = Timestamp(1'700'000'000'000'500 + i),
                    .tags = {"tool"},
                    .attributes = R"({"query":"flights","hits":12,"tool":"web"})"};
  if (i % 10 != 0) record.parent = SpanId(i - i % 10 + 1);
  if (i % 100 == 0) record.tags.push_back("rare");
  return record;
}

bool RecordSpans(Store& store, std::uint64_t from, std::uint64_t count) {
  return store
      .Update([&](Transaction& txn) -> absl::Status {
        Trace trace(txn);
        for (std::uint64_t i = from; i < from + count; ++i) {
          const absl::Status status = trace.Record(SpanOf(i)).status();
          if (!status.ok()) return status;
        }
        return absl::OkStatus();
      })
      .ok();
}

std::unique_ptr<Store> FilledStore(std::uint64_t spans) {
  std::unique_ptr<Store> store = NewStore();
  for (std::uint64_t i = 0; store != nullptr && i < spans; i += kSpansPerTransaction) {
    if (!RecordSpans(*store, i, kSpansPerTransaction)) return nullptr;
  }
  return store;
}

void BM_TraceRecord(benchmark::State& state) {
  const std::unique_ptr<Store> store = NewStore();
  std::uint64_t next = 0;
  for (auto _ : state) {
    if (!RecordSpans(*store, next, kSpansPerTransaction)) {
      state.SkipWithError("a span was refused");
      break;
    }
    next += kSpansPerTransaction;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(next));
}
BENCHMARK(BM_TraceRecord)->Unit(benchmark::kMicrosecond);

void Find(benchmark::State& state, const SpanQuery& query) {
  const std::unique_ptr<Store> store = FilledStore(kSpans);
  std::uint64_t found = 0;
  for (auto _ : state) {
    ReadView view = *store->View();
    const absl::StatusOr<SpanPage> page = Trace(view).Find(query);
    if (!page.ok() || page->spans.empty()) {
      state.SkipWithError("nothing found");
      break;
    }
    found += page->spans.size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(found));
}
void BM_TraceFindNewestTen(benchmark::State& state) { Find(state, {.reverse = true, .limit = 10}); }
void BM_TraceFindRareOfAKind(benchmark::State& state) {
  Find(state, {.kind = SpanKind::kToolCall, .tags = {"rare", "tool"}, .limit = kSpans});
}
void BM_TraceFindChildren(benchmark::State& state) { Find(state, {.parent = SpanId(1)}); }
BENCHMARK(BM_TraceFindNewestTen);
BENCHMARK(BM_TraceFindRareOfAKind);
BENCHMARK(BM_TraceFindChildren);

void BM_TraceTree(benchmark::State& state) {
  const std::unique_ptr<Store> store = FilledStore(kSpans);
  std::uint64_t visited = 0;
  for (auto _ : state) {
    ReadView view = *store->View();
    visited += Trace(view).Tree({.limit = kSpans})->spans.size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(visited));
}
BENCHMARK(BM_TraceTree)->Unit(benchmark::kMillisecond);

void BM_TraceExportOtlp(benchmark::State& state) {
  const std::unique_ptr<Store> store = FilledStore(kSpans);
  std::uint64_t bytes = 0;
  std::uint64_t spans = 0;
  for (auto _ : state) {
    ReadView view = *store->View();
    const absl::StatusOr<OtlpRequest> request =
        ExportOtlp(view, RunId(), {.trace_id = store->uuid()});
    if (!request.ok()) {
      state.SkipWithError("not exported");
      break;
    }
    bytes += request->json.size();
    spans += request->spans;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(spans));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(BM_TraceExportOtlp)->Unit(benchmark::kMillisecond);

void BM_TraceDeleteTree(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    const std::unique_ptr<Store> store = FilledStore(kSpansPerTransaction);
    state.ResumeTiming();
    const absl::StatusOr<Receipt> receipt =
        store->Update([](Transaction& txn) { return Trace(txn).DeleteTree(SpanId(1)); });
    if (!receipt.ok()) state.SkipWithError("not deleted");
  }
}
BENCHMARK(BM_TraceDeleteTree)->Unit(benchmark::kMicrosecond);

void BM_TraceRecordDecode(benchmark::State& state) {
  const std::string payload = trace::EncodeRecord(
      SpanId(1), {.kind = SpanKind::kToolCall,
                  .start = Timestamp(1),
                  .name = "search the knowledge base",
                  .tags = {"rare", "tool"},
                  .attributes = {{"hits", "12"}, {"query", "\"flights\""}, {"tool", "\"web\""}}});
  std::uint64_t tags = 0;
  for (auto _ : state) tags += trace::DecodeRecord(payload)->image.tags.size();
  benchmark::DoNotOptimize(tags);
}
BENCHMARK(BM_TraceRecordDecode);

}  // namespace
}  // namespace varve
