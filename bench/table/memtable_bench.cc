// The memtable alone: 16-byte keys, 100-byte values, at three sizes a decade apart.
//
//   VARVE_BENCH_ENTRIES=1000000 memtable_bench     the largest of the three sizes; 100000 if not
//   set
//
// time_row is per row. "digest" is a sum over what was read: equal seeds give equal digests.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "kernel/base/codec.h"
#include "kernel/table/memtable.h"
#include "kernel/table/merged_cursor.h"

namespace varve::table {
namespace {

constexpr std::size_t kValueBytes = 100;
constexpr std::uint64_t kBytesPerRow = 256;  // what a store would expect: memory, not user data

void Sizes(benchmark::internal::Benchmark* bench) {
  const char* const given = std::getenv("VARVE_BENCH_ENTRIES");
  const std::int64_t largest = given != nullptr ? std::atoll(given) : 100'000;
  for (const std::int64_t divisor : {100, 10, 1}) bench->Arg(std::max(largest / divisor, 1l));
  bench->Unit(benchmark::kMillisecond);
}

std::vector<std::string> RandomKeys(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::string> keys;
  keys.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::string key;
    AppendBigEndian64(key, random());
    AppendBigEndian64(key, random());
    keys.push_back(MakeRowKey({PrimitiveId(1), 0}, RunId(), key));
  }
  return keys;
}

std::vector<std::string> AscendingKeys(std::size_t count) {
  std::vector<std::string> keys = RandomKeys(count, 1);
  std::sort(keys.begin(), keys.end());
  return std::vector<std::string>(keys);  // copied: sorting left them lying anywhere
}

void Fill(Memtable& table, const std::vector<std::string>& keys, std::uint64_t first_lsn = 1) {
  const std::string value(kValueBytes, 'v');
  for (const std::string& key : keys) {
    table.Put(key, HashRowKey(key), {Lsn(first_lsn++), Timestamp(1), false, value});
  }
}

void PerRow(benchmark::State& state, std::uint64_t digest) {
  state.counters["time_row"] = benchmark::Counter(
      static_cast<double>(state.range(0)),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["digest"] = static_cast<double>(digest & 0xFFFFFF);
}

void PutAll(benchmark::State& state, const std::vector<std::string>& keys,
            std::uint64_t bytes_expected) {
  std::uint64_t digest = 0;
  for (auto _ : state) {
    auto table = std::make_unique<Memtable>(bytes_expected);
    Fill(*table, keys);
    digest = table->bytes();
    state.PauseTiming();
    table.reset();
    state.ResumeTiming();
  }
  PerRow(state, digest);
}

void PutRandom(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  PutAll(state, RandomKeys(count, 1), count * kBytesPerRow);
}
BENCHMARK(PutRandom)->Apply(Sizes);

// The index starts at its smallest and doubles all the way.
void PutRandomIntoAGrowingIndex(benchmark::State& state) {
  PutAll(state, RandomKeys(static_cast<std::size_t>(state.range(0)), 1), 0);
}
BENCHMARK(PutRandomIntoAGrowingIndex)->Apply(Sizes);

void PutAscending(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  PutAll(state, AscendingKeys(count), count * kBytesPerRow);
}
BENCHMARK(PutAscending)->Apply(Sizes);

// A second version of every key, in another order.
void PutAgain(benchmark::State& state) {
  std::vector<std::string> keys = RandomKeys(static_cast<std::size_t>(state.range(0)), 1);
  std::uint64_t digest = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto table = std::make_unique<Memtable>(keys.size() * kBytesPerRow);
    Fill(*table, keys);
    std::shuffle(keys.begin(), keys.end(), std::mt19937_64(2));
    const std::vector<std::string> again = keys;  // copied: the keys themselves lie in a row
    state.ResumeTiming();
    Fill(*table, again, keys.size() + 1);
    digest = table->mutations();
    state.PauseTiming();
    table.reset();
    state.ResumeTiming();
  }
  PerRow(state, digest);
}
BENCHMARK(PutAgain)->Apply(Sizes);

void GetAll(benchmark::State& state, std::vector<std::string> sought) {
  const auto count = static_cast<std::size_t>(state.range(0));
  Memtable table(count * kBytesPerRow);
  Fill(table, RandomKeys(count, 1));
  std::shuffle(sought.begin(), sought.end(), std::mt19937_64(3));
  const std::vector<std::string> in_order = sought;  // copied: the keys themselves lie in a row
  std::uint64_t digest = 0;
  for (auto _ : state) {
    digest = 0;
    for (const std::string& key : in_order) {
      const std::optional<RowVersion> version = table.Get(key, HashRowKey(key), kLsnMax);
      if (version.has_value()) digest += static_cast<unsigned char>(version->value.back());
    }
  }
  PerRow(state, digest);
}

// The floor of a get: one cache line anywhere in as much memory as the rows take, each read only
// when the one before it is known.
void RandomRead(benchmark::State& state) {
  constexpr std::size_t kWordsPerRow = kBytesPerRow / sizeof(std::uint64_t);
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<std::uint64_t> next(count);  // one cycle through all rows
  for (std::size_t i = 0; i < count; ++i) next[i] = i;
  std::mt19937_64 random(3);
  for (std::size_t i = count; i > 1; --i) std::swap(next[i - 1], next[random() % (i - 1)]);
  std::vector<std::uint64_t> rows(count * kWordsPerRow);
  for (std::size_t i = 0; i < count; ++i) rows[i * kWordsPerRow] = next[i];
  std::uint64_t at = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < count; ++i) at = rows[at * kWordsPerRow];
    benchmark::DoNotOptimize(at);
  }
  PerRow(state, at);
}
BENCHMARK(RandomRead)->Apply(Sizes);

void GetHit(benchmark::State& state) {
  GetAll(state, RandomKeys(static_cast<std::size_t>(state.range(0)), 1));
}
BENCHMARK(GetHit)->Apply(Sizes);

void GetMiss(benchmark::State& state) {
  GetAll(state, RandomKeys(static_cast<std::size_t>(state.range(0)), 99));
}
BENCHMARK(GetMiss)->Apply(Sizes);

// What the first scan or checkpoint after so many new keys pays once.
void FirstScanSorts(benchmark::State& state) {
  const std::vector<std::string> keys = RandomKeys(static_cast<std::size_t>(state.range(0)), 1);
  std::uint64_t digest = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto table = std::make_unique<Memtable>(keys.size() * kBytesPerRow);
    Fill(*table, keys);
    state.ResumeTiming();
    const auto cursor = table->NewCursor(kLsnMax);
    cursor->SeekAtOrAfter("");
    digest = static_cast<unsigned char>(cursor->row_key().back());
    state.PauseTiming();
    table.reset();
    state.ResumeTiming();
  }
  PerRow(state, digest);
}
BENCHMARK(FirstScanSorts)->Apply(Sizes);

// One put, one short scan, and again: readers that ask all the time.
void PutAndSeekAlternating(benchmark::State& state) {
  const std::vector<std::string> keys = RandomKeys(static_cast<std::size_t>(state.range(0)), 1);
  std::uint64_t digest = 0;
  for (auto _ : state) {
    Memtable table(keys.size() * kBytesPerRow);
    std::uint64_t lsn = 0;
    for (const std::string& key : keys) {
      table.Put(key, HashRowKey(key), {Lsn(++lsn), Timestamp(1), false, "v"});
      const auto cursor = table.NewCursor(kLsnMax);
      cursor->SeekAtOrAfter(key);
      digest += static_cast<unsigned char>(cursor->row_key().back());
    }
  }
  PerRow(state, digest);
}
BENCHMARK(PutAndSeekAlternating)->Apply(Sizes);

std::uint64_t ScanAll(Cursor& cursor) {
  std::uint64_t digest = 0;
  for (cursor.SeekAtOrAfter(""); cursor.valid(); cursor.Next()) {
    digest += static_cast<unsigned char>(cursor.row_key().back()) + cursor.version().value.size();
  }
  return digest;
}

// `layers` cursors, of which all but the last are over empty memtables.
void Scan(benchmark::State& state, const std::vector<std::string>& keys, std::size_t layers) {
  Memtable table(keys.size() * kBytesPerRow);
  Memtable empty(0);
  Fill(table, keys);
  (void)table.NewCursor(kLsnMax);  // sorts
  std::uint64_t digest = 0;
  for (auto _ : state) {
    if (layers == 0) {
      digest = ScanAll(*table.NewCursor(kLsnMax));
      continue;
    }
    std::vector<std::unique_ptr<Cursor>> cursors;
    for (std::size_t i = 1; i < layers; ++i) cursors.push_back(empty.NewCursor(kLsnMax));
    cursors.push_back(table.NewCursor(kLsnMax));
    digest = ScanAll(*NewMergedCursor(std::move(cursors)));
  }
  PerRow(state, digest);
}

void ScanRandomlyPut(benchmark::State& state) {
  Scan(state, RandomKeys(static_cast<std::size_t>(state.range(0)), 1), 0);
}
BENCHMARK(ScanRandomlyPut)->Apply(Sizes);

void ScanAscendinglyPut(benchmark::State& state) {
  Scan(state, AscendingKeys(static_cast<std::size_t>(state.range(0))), 0);
}
BENCHMARK(ScanAscendinglyPut)->Apply(Sizes);

// Against ScanAscendinglyPut: what the merge costs when one layer has it all.
void ScanMergedWithEmptyLayers(benchmark::State& state) {
  Scan(state, AscendingKeys(static_cast<std::size_t>(state.range(0))), 3);
}
BENCHMARK(ScanMergedWithEmptyLayers)->Apply(Sizes);

// Three layers whose keys alternate at random: no step stays in one layer for long.
void ScanMergedInterleaved(benchmark::State& state) {
  const std::vector<std::string> keys = RandomKeys(static_cast<std::size_t>(state.range(0)), 1);
  std::vector<std::unique_ptr<Memtable>> tables;
  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<std::string> part;
    for (std::size_t k = i; k < keys.size(); k += 3) part.push_back(keys[k]);
    std::sort(part.begin(), part.end());
    tables.push_back(std::make_unique<Memtable>(part.size() * kBytesPerRow));
    Fill(*tables.back(), part);
  }
  std::uint64_t digest = 0;
  for (auto _ : state) {
    std::vector<std::unique_ptr<Cursor>> cursors;
    for (const auto& table : tables) cursors.push_back(table->NewCursor(kLsnMax));
    digest = ScanAll(*NewMergedCursor(std::move(cursors)));
  }
  PerRow(state, digest);
}
BENCHMARK(ScanMergedInterleaved)->Apply(Sizes);

}  // namespace
}  // namespace varve::table
