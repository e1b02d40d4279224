// What Event costs on the way of an append, apart from transaction, log and tables: checking the
// payload, encoding, the hash of one event, and Apply of a whole batch into a context that keeps
// only the head.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "primitives/event/event_json.h"
#include "primitives/event/event_payload.h"
#include "primitives/event/event_primitive.h"

namespace varve {
namespace {

constexpr std::string_view kStream = "agent/7";
constexpr std::string_view kType = "tool_call";

// One JSON object of about `bytes` bytes.
std::string PayloadOf(std::size_t bytes) {
  std::string payload = R"({"n":1,"text":")";
  payload.append(bytes > payload.size() + 2 ? bytes - payload.size() - 2 : 0, 'x');
  return payload + "\"}";
}

// Knows the head of one stream and forgets all else.
class HeadContext final : public ApplyContext {
 public:
  [[nodiscard]] absl::StatusOr<std::optional<Row>> Get(std::uint8_t,
                                                       std::string_view key) override {
    if (head_.empty()) return std::nullopt;
    return Row{key, head_, Lsn(1), Timestamp(1)};
  }
  [[nodiscard]] std::unique_ptr<RowScan> Scan(std::uint8_t, const KeyRange&, Order) override {
    return nullptr;
  }
  [[nodiscard]] absl::Status Put(std::uint8_t table, std::string_view,
                                 std::string_view value) override {
    if (table == kEventStreams.number) head_ = value;
    benchmark::DoNotOptimize(value.data());
    return absl::OkStatus();
  }
  [[nodiscard]] absl::Status Delete(std::uint8_t, std::string_view) override {
    return absl::OkStatus();
  }
  [[nodiscard]] Lsn lsn() override { return Lsn(1); }
  [[nodiscard]] Timestamp commit_time() override { return Timestamp(1); }

 private:
  std::string head_;
};

void BM_EventCheckPayload(benchmark::State& state) {
  const std::string payload = PayloadOf(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    if (!event::CheckJsonObject(payload).ok()) state.SkipWithError("a payload was refused");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * payload.size()));
}
BENCHMARK(BM_EventCheckPayload)->Arg(100)->Arg(4096);

void BM_EventHash(benchmark::State& state) {
  const std::string event(static_cast<std::size_t>(state.range(0)), 'e');
  EventHash hash{};
  for (auto _ : state) hash = event::ChainHash(hash, 1, Timestamp(1), event);
  benchmark::DoNotOptimize(hash.data());
}
BENCHMARK(BM_EventHash)->Arg(100)->Arg(4096);

std::string Batch(std::int64_t count) {
  const std::string payload = PayloadOf(100);
  std::string entry;
  event::BeginAppend(entry, kStream);
  for (std::int64_t i = 0; i < count; ++i) event::AppendEvent(entry, kStream, kType, payload);
  return entry;
}

void BM_EventEncode(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Batch(state.range(0)));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_EventEncode)->Arg(1)->Arg(1000);

// Items are events.
void BM_EventApply(benchmark::State& state) {
  const EventPrimitive primitive;
  const std::string payload = Batch(state.range(0));
  const Entry entry{.type = kEventAppend,
                    .payload_version = 1,
                    .safe_ignore = false,
                    .run = {},
                    .payload = payload};
  HeadContext context;
  for (auto _ : state) {
    if (!primitive.Apply(entry, context).ok()) state.SkipWithError("Apply refused a batch");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["log_bytes_per_event"] =
      static_cast<double>(payload.size()) / static_cast<double>(state.range(0));
}
BENCHMARK(BM_EventApply)->Arg(1)->Arg(100)->Arg(1000);

}  // namespace
}  // namespace varve
