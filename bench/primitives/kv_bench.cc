// What KV itself costs on the way of a put, apart from transaction, log and tables: encode, decode,
// Apply into a context that keeps nothing, describe.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "primitives/kv/kv_payload.h"
#include "primitives/kv/kv_primitive.h"

namespace varve {
namespace {

constexpr std::size_t kKeyBytes = 24;

// Takes mutations and forgets them; its sums show that they came.
class SinkContext final : public ApplyContext {
 public:
  [[nodiscard]] absl::StatusOr<std::optional<Row>> Get(std::uint8_t, std::string_view) override {
    return std::nullopt;
  }
  [[nodiscard]] std::unique_ptr<RowScan> Scan(std::uint8_t, const KeyRange&, Order) override {
    return nullptr;
  }
  [[nodiscard]] absl::Status Put(std::uint8_t, std::string_view key,
                                 std::string_view value) override {
    bytes_ += key.size() + value.size();
    return absl::OkStatus();
  }
  [[nodiscard]] absl::Status Delete(std::uint8_t, std::string_view key) override {
    bytes_ += key.size();
    return absl::OkStatus();
  }
  [[nodiscard]] Lsn lsn() override { return Lsn(1); }
  [[nodiscard]] Timestamp commit_time() override { return Timestamp(1); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t bytes_ = 0;
};

std::string ValueOf(const benchmark::State& state) {
  return std::string(static_cast<std::size_t>(state.range(0)), 'v');
}

void BM_KvPutEncode(benchmark::State& state) {
  const std::string key(kKeyBytes, 'k');
  const std::string value = ValueOf(state);
  std::string payload;
  for (auto _ : state) {
    kv::EncodePut(payload, key, std::nullopt, value);
    benchmark::DoNotOptimize(payload.data());
  }
  state.counters["payload_bytes"] = static_cast<double>(payload.size());
}
BENCHMARK(BM_KvPutEncode)->Arg(16)->Arg(100)->Arg(4096);

void BM_KvPutDecode(benchmark::State& state) {
  std::string payload;
  kv::EncodePut(payload, std::string(kKeyBytes, 'k'), std::nullopt, ValueOf(state));
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(payload.data());
    bytes += kv::DecodePut(payload)->image.value.size();
  }
  state.counters["digest"] = static_cast<double>(bytes % 1000);
}
BENCHMARK(BM_KvPutDecode)->Arg(16)->Arg(4096);

void Apply(benchmark::State& state, std::optional<Timestamp> expires) {
  const KvPrimitive kv;
  std::string payload;
  kv::EncodePut(payload, std::string(kKeyBytes, 'k'), expires, ValueOf(state));
  const Entry entry{
      .type = kKvPut, .payload_version = 1, .safe_ignore = false, .run = {}, .payload = payload};
  SinkContext context;
  for (auto _ : state) {
    if (!kv.Apply(entry, context).ok()) state.SkipWithError("Apply refused a put");
  }
  state.counters["digest"] = static_cast<double>(context.bytes() % 1000);
}
void BM_KvPutApply(benchmark::State& state) { Apply(state, std::nullopt); }
void BM_KvPutWithExpiryApply(benchmark::State& state) { Apply(state, Timestamp(1)); }
BENCHMARK(BM_KvPutApply)->Arg(16)->Arg(4096);
BENCHMARK(BM_KvPutWithExpiryApply)->Arg(16)->Arg(4096);

void BM_KvPutDescribe(benchmark::State& state) {
  const KvPrimitive kv;
  std::string payload;
  kv::EncodePut(payload, std::string(kKeyBytes, 'k'), std::nullopt, ValueOf(state));
  const Entry entry{
      .type = kKvPut, .payload_version = 1, .safe_ignore = false, .run = {}, .payload = payload};
  for (auto _ : state) benchmark::DoNotOptimize(kv.Describe(entry));
}
BENCHMARK(BM_KvPutDescribe)->Arg(100);

}  // namespace
}  // namespace varve
