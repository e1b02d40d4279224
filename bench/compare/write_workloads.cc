#include <algorithm>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "bench/compare/stopwatch.h"
#include "bench/compare/workload.h"

namespace varve::compare {
namespace {

constexpr std::size_t kSampleEvery = 97;

// Every put must be there; a sample shows it.
std::uint64_t SampleDigest(const EngineType& type, Engine& engine, const Dataset& data,
                           std::size_t count) {
  if (!type.reads) {
    return 0;
  }
  const std::unique_ptr<EngineReader> reader = engine.NewReader();
  AnswerDigest digest;
  for (std::size_t index = 0; index < count; index += kSampleEvery) {
    const std::optional<std::string_view> found = reader->Get(data[index].key);
    Require(found == data[index].value, type.name + " lost a put");
    digest.Add(*found);
  }
  return digest.value();
}

// A new store, removed when it ends.
class FreshStore final {
 public:
  FreshStore(Bench& bench, const EngineType& type, EngineOptions options)
      : directory_(bench.FreshDirectory()) {
    options.directory = directory_;
    engine_ = type.open(options);
  }
  FreshStore(const FreshStore&) = delete;
  FreshStore& operator=(const FreshStore&) = delete;
  ~FreshStore() {
    engine_.reset();
    Bench::Remove(directory_);
  }
  [[nodiscard]] Engine& engine() const { return *engine_; }

 private:
  std::string directory_;
  std::unique_ptr<Engine> engine_;
};

Outcome PutInBatches(Bench& bench, const EngineType& type, std::size_t count, std::size_t batch,
                     bool durable) {
  EngineOptions options;
  options.durable = durable;
  options.entries_expected = count;
  const FreshStore store(bench, type, options);
  Engine& engine = store.engine();
  const Stopwatch watch;
  for (std::size_t first = 0; first < count; first += batch) {
    engine.Put(bench.data().Range(first, std::min(batch, count - first)));
  }
  engine.FlushLog();
  const double seconds = watch.seconds();
  Outcome outcome;
  outcome.metrics.push_back({"", "puts/s", static_cast<double>(count) / seconds});
  outcome.digest = SampleDigest(type, engine, bench.data(), count);
  return outcome;
}

double Percentile(std::vector<double>& sorted, double share) {
  const std::size_t index = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return sorted[std::min(index, sorted.size() - 1)];
}

// Each thread calls `commit` for its share of the first numbers, one at a time; returns every
// latency in milliseconds.
std::vector<double> CommitByThreads(const Sizes& sizes,
                                    const std::function<void(std::size_t index)>& commit_one) {
  std::vector<std::vector<double>> latencies(sizes.threads);
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < sizes.threads; ++thread) {
    threads.emplace_back([&, thread] {
      latencies[thread].reserve(sizes.commits_per_thread);
      for (std::size_t commit = 0; commit < sizes.commits_per_thread; ++commit) {
        const Stopwatch watch;
        commit_one(thread * sizes.commits_per_thread + commit);
        latencies[thread].push_back(watch.seconds() * 1e3);
      }
    });
  }
  std::vector<double> all;
  for (std::size_t thread = 0; thread < sizes.threads; ++thread) {
    threads[thread].join();
    all.insert(all.end(), latencies[thread].begin(), latencies[thread].end());
  }
  return all;
}

Outcome Concurrent(const std::string& unit, std::vector<double> latencies, double seconds) {
  std::sort(latencies.begin(), latencies.end());
  Outcome outcome;
  outcome.metrics.push_back({"", unit, static_cast<double>(latencies.size()) / seconds});
  outcome.metrics.push_back({"p50", "ms", Percentile(latencies, 0.50)});
  outcome.metrics.push_back({"p99", "ms", Percentile(latencies, 0.99)});
  return outcome;
}

Outcome CommitConcurrently(Bench& bench, const EngineType& type) {
  const std::size_t count = bench.sizes().threads * bench.sizes().commits_per_thread;
  EngineOptions options;
  options.entries_expected = count;
  options.writer_threads = static_cast<int>(bench.sizes().threads);
  const FreshStore store(bench, type, options);
  Engine& engine = store.engine();
  const Stopwatch watch;
  const std::vector<double> latencies = CommitByThreads(
      bench.sizes(), [&](std::size_t index) { engine.Put(bench.data().Range(index, 1)); });
  Outcome outcome = Concurrent("commits/s", latencies, watch.seconds());
  outcome.digest = SampleDigest(type, engine, bench.data(), count);
  return outcome;
}

// JSON of about the size of an entry, made of its bytes.
std::string EventOf(const Entry& entry) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const auto hexadecimal = [](std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) {
      text.push_back(kDigits[static_cast<unsigned char>(byte) >> 4]);
      text.push_back(kDigits[byte & 15]);
    }
    return text;
  };
  return "{\"id\":\"" + hexadecimal(entry.key) + "\",\"body\":\"" +
         hexadecimal(entry.value.substr(0, 28)) + "\"}";
}

Outcome AppendConcurrently(Bench& bench, const EngineType& type) {
  const std::size_t count = bench.sizes().threads * bench.sizes().commits_per_thread;
  std::vector<std::string> events;
  for (const Entry& entry : bench.data().Range(0, count)) {
    events.push_back(EventOf(entry));
  }
  EngineOptions options;
  options.entries_expected = count;
  options.writer_threads = static_cast<int>(bench.sizes().threads);
  const FreshStore store(bench, type, options);
  Engine& engine = store.engine();
  const Stopwatch watch;
  const std::vector<double> latencies =
      CommitByThreads(bench.sizes(), [&](std::size_t index) { engine.Append(events[index]); });
  const Outcome outcome = Concurrent("events/s", latencies, watch.seconds());
  Require(!type.reads || engine.CountEvents() == count, type.name + " lost an event");
  return outcome;
}

Outcome CommitByTicket(Bench& bench, const EngineType& type) {
  const std::size_t count = std::min(bench.sizes().pipelined_commits, bench.data().size());
  EngineOptions options;
  options.entries_expected = count;
  options.writer_threads = 2;
  const FreshStore store(bench, type, options);
  Engine& engine = store.engine();
  const Stopwatch watch;
  engine.PutPipelined(bench.data().Range(0, count), bench.sizes().window);
  const double seconds = watch.seconds();
  Outcome outcome;
  outcome.metrics.push_back({"", "commits/s", static_cast<double>(count) / seconds});
  outcome.digest = SampleDigest(type, engine, bench.data(), count);
  return outcome;
}

}  // namespace

std::vector<Workload> WriteWorkloads() {
  const auto every = [](const EngineType&) { return true; };
  std::vector<Workload> all(6);
  for (Workload& workload : all) {
    workload.floor = "raw log";
    workload.applies = every;
  }
  all[0].name = "durable-1";
  all[0].title = "durable commits of one put, 1 thread";
  all[0].run = [](Bench& bench, const EngineType& type) {
    return PutInBatches(bench, type, bench.sizes().durable_commits, 1, true);
  };
  all[1].name = "durable-16";
  all[1].title = "durable commits of one put, 16 blocking threads";
  all[1].run = CommitConcurrently;
  all[2].name = "ticket-128";
  all[2].title = "durable commits by ticket, 128 on their way, 1 thread";
  all[2].applies = [](const EngineType& type) { return type.pipelined; };
  all[2].run = CommitByTicket;
  all[3].name = "buffered-1";
  all[3].title = "buffered commits of one put, 1 thread";
  all[3].run = [](Bench& bench, const EngineType& type) {
    return PutInBatches(bench, type, bench.data().size(), 1, false);
  };
  all[4].name = "buffered-100";
  all[4].title = "buffered commits of 100 puts, 1 thread";
  all[4].run = [](Bench& bench, const EngineType& type) {
    return PutInBatches(bench, type, bench.data().size(), 100, false);
  };
  all[5].name = "event-16";
  all[5].title = "durable appends of one event to one stream, 16 blocking threads";
  all[5].applies = [](const EngineType& type) { return type.appends; };
  all[5].run = AppendConcurrently;
  return all;
}

}  // namespace varve::compare
