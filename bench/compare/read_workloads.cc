#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <utility>

#include "bench/compare/stopwatch.h"
#include "bench/compare/workload.h"

namespace varve::compare {
namespace {

// Keys to get, in an order that has nothing to do with that of the puts. They are laid out one
// behind the other before the clock starts: what a get waits for is then the engine's memory, not
// ours.
std::vector<std::array<char, Dataset::kKeyBytes>> ChooseKeys(const Dataset& data, std::size_t first,
                                                             std::size_t count) {
  std::vector<std::array<char, Dataset::kKeyBytes>> keys(count);
  for (std::size_t turn = 0; turn < count; ++turn) {
    const std::string_view key = data[Scramble(first + turn) % data.size()].key;
    std::copy(key.begin(), key.end(), keys[turn].begin());
  }
  return keys;
}

AnswerDigest GetAll(EngineReader& reader,
                    const std::vector<std::array<char, Dataset::kKeyBytes>>& keys) {
  AnswerDigest digest;
  for (const auto& key : keys) {
    const std::optional<std::string_view> found = reader.Get({key.data(), key.size()});
    Require(found.has_value(), "a get found nothing");
    digest.Add(*found);
  }
  return digest;
}

std::uint64_t ScanAll(EngineReader& reader, std::size_t& count) {
  AnswerDigest digest;
  count = 0;
  reader.Scan([&](std::string_view key, std::string_view value) {
    digest.Add(key);
    digest.Add(value);
    ++count;
  });
  return digest.value();
}

// Warms up, then lets each of `threads` readers do its share of the gets.
Outcome TimeGets(Bench& bench, Engine& engine, std::size_t threads) {
  const std::size_t share = bench.sizes().gets / threads;
  std::vector<std::unique_ptr<EngineReader>> readers;
  std::vector<std::vector<std::array<char, Dataset::kKeyBytes>>> keys;
  for (std::size_t thread = 0; thread < threads; ++thread) {
    readers.push_back(engine.NewReader());
    std::size_t count = 0;
    ScanAll(*readers.back(), count);
    Require(count == bench.data().size(), "a scan did not see every entry");
    keys.push_back(ChooseKeys(bench.data(), thread * share, share));
  }
  std::atomic<std::uint64_t> digest{0};
  std::vector<std::thread> running;
  const Stopwatch watch;
  for (std::size_t thread = 0; thread < threads; ++thread) {
    running.emplace_back([&, thread] { digest += GetAll(*readers[thread], keys[thread]).value(); });
  }
  for (std::thread& thread : running) {
    thread.join();
  }
  const double seconds = watch.seconds();
  return {{{"", "gets/s", static_cast<double>(share * threads) / seconds}}, digest.load()};
}

std::unique_ptr<Engine> OpenSettled(Bench& bench, const EngineType& type) {
  EngineOptions options;
  options.directory = bench.SettledDirectory(type);
  options.durable = false;
  return type.open(options);
}

Outcome GetFromTables(Bench& bench, const EngineType& type, std::size_t threads) {
  const std::unique_ptr<Engine> engine = OpenSettled(bench, type);
  return TimeGets(bench, *engine, threads);
}

Outcome GetFromMemory(Bench& bench, const EngineType& type) {
  if (!type.memtable) {
    return GetFromTables(bench, type, 1);
  }
  EngineOptions options;
  options.directory = bench.FreshDirectory();
  options.durable = false;
  options.keep_in_log = true;
  Outcome outcome;
  {
    const std::unique_ptr<Engine> engine = type.open(options);
    for (std::size_t first = 0; first < bench.data().size(); first += 1000) {
      engine->Put(
          bench.data().Range(first, std::min(std::size_t{1000}, bench.data().size() - first)));
    }
    outcome = TimeGets(bench, *engine, 1);
  }
  Bench::Remove(options.directory);
  return outcome;
}

Outcome ScanTables(Bench& bench, const EngineType& type) {
  const std::unique_ptr<Engine> engine = OpenSettled(bench, type);
  const std::unique_ptr<EngineReader> reader = engine->NewReader();
  std::size_t count = 0;
  ScanAll(*reader, count);  // warms up
  const Stopwatch watch;
  const std::uint64_t digest = ScanAll(*reader, count);
  const double seconds = watch.seconds();
  Require(count == bench.data().size(), "a scan did not see every entry");
  return {{{"", "entries/s", static_cast<double>(count) / seconds}}, digest};
}

}  // namespace

std::vector<Workload> ReadWorkloads() {
  std::vector<Workload> all(4);
  for (Workload& workload : all) {
    workload.floor = "lmdb";
    workload.applies = [](const EngineType& type) { return type.reads; };
  }
  all[0].name = "get-1";
  all[0].title = "random get from tables, warm, 1 thread";
  all[0].run = [](Bench& bench, const EngineType& type) { return GetFromTables(bench, type, 1); };
  all[1].name = "get-2";
  all[1].title = "random get from tables, warm, 2 threads";
  all[1].run = [](Bench& bench, const EngineType& type) { return GetFromTables(bench, type, 2); };
  all[2].name = "get-memtable";
  all[2].title = "random get from the memtable, 1 thread (lmdb: from its tables)";
  all[2].applies = [](const EngineType& type) { return type.memtable || type.name == "lmdb"; };
  all[2].run = GetFromMemory;
  all[3].name = "scan";
  all[3].title = "ordered scan of everything, warm";
  all[3].run = ScanTables;
  return all;
}

}  // namespace varve::compare
