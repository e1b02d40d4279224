// What State costs on the way of a write, apart from transaction, log and tables: Apply of each
// kind of write into a context that keeps one row.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "primitives/state/state_payload.h"
#include "primitives/state/state_primitive.h"

namespace varve {
namespace {

// Keeps the last row that was put, whatever its key.
class OneRowContext final : public ApplyContext {
 public:
  [[nodiscard]] absl::StatusOr<std::optional<Row>> Get(std::uint8_t,
                                                       std::string_view key) override {
    if (row_.empty()) return std::nullopt;
    return Row{key, row_, Lsn(1), Timestamp(1)};
  }
  [[nodiscard]] std::unique_ptr<RowScan> Scan(std::uint8_t, const KeyRange&, Order) override {
    return nullptr;
  }
  [[nodiscard]] absl::Status Put(std::uint8_t, std::string_view, std::string_view value) override {
    row_ = value;
    return absl::OkStatus();
  }
  [[nodiscard]] absl::Status Delete(std::uint8_t, std::string_view) override {
    row_.clear();
    return absl::OkStatus();
  }
  [[nodiscard]] Lsn lsn() override { return Lsn(1); }
  [[nodiscard]] Timestamp commit_time() override { return Timestamp(1); }

 private:
  std::string row_;
};

void Apply(benchmark::State& timer, EntryType type, const std::string& payload) {
  const StatePrimitive primitive;
  const Entry entry{
      .type = type, .payload_version = 1, .safe_ignore = false, .run = {}, .payload = payload};
  OneRowContext context;
  for (auto _ : timer) {
    if (!primitive.Apply(entry, context).ok()) timer.SkipWithError("Apply refused an entry");
  }
}

std::string ValueOf(const benchmark::State& timer) {
  return std::string(static_cast<std::size_t>(timer.range(0)), 'v');
}

void BM_StateSetApply(benchmark::State& timer) {
  Apply(timer, kStateSet, state::EncodeSet("agent/7/phase", ValueOf(timer)));
}
BENCHMARK(BM_StateSetApply)->Arg(16)->Arg(4096);

void BM_StateTransitionApply(benchmark::State& timer) {
  Apply(timer, kStateTransition, state::EncodeTransition(7, "agent/7/phase", ValueOf(timer)));
}
BENCHMARK(BM_StateTransitionApply)->Arg(16)->Arg(4096);

void BM_StateLeaseAcquireApply(benchmark::State& timer) {
  Apply(timer, kStateLeaseAcquire, state::EncodeAcquire(7, Timestamp(9), "leader", "worker-7"));
}
BENCHMARK(BM_StateLeaseAcquireApply);

}  // namespace
}  // namespace varve
