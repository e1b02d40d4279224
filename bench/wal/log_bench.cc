// The log against the raw floor, both in the same iteration, so that `ratio` means something on a
// machine whose speed wanders. Files are made in the working directory.
//
//   bench_wal --benchmark_filter=Durable/threads:16 --benchmark_min_time=3
//
// VARVE_BENCH_FLUSH_US=100 replaces the disk by one whose durable writes take exactly that long: it
// shows how well commits are grouped, whoever else is using the disk.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bench/wal/raw_log.h"
#include "bench/wal/steady_disk.h"
#include "kernel/base/check.h"
#include "kernel/base/crc32c.h"
#include "kernel/io/futex.h"
#include "kernel/wal/writer.h"

namespace varve::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBodyBytes = 136;  // a put of 16 + 100 bytes, framed as an entry
constexpr std::uint64_t kRawFileBytes = std::uint64_t{64} << 20;

FileSystem& Disk() {
  const char* const micros = std::getenv("VARVE_BENCH_FLUSH_US");
  if (micros == nullptr) return PosixFileSystem();
  return SteadyDisk(std::chrono::microseconds(std::atoi(micros)));
}

std::string RawPath() { return "bench_wal.raw." + std::to_string(getpid()); }

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

// A log in a folder of its own, removed at the end.
class Subject {
 public:
  explicit Subject(const wal::LogOptions& options)
      : folder_("bench_wal." + std::to_string(getpid())) {
    VARVE_CHECK(Disk().CreateDirectory(folder_).ok());
    Environment environment;
    environment.files = &Disk();
    auto log = wal::StartLog(environment, folder_, {}, options, {});
    VARVE_CHECK(log.ok());
    log_ = *std::move(log);
  }
  ~Subject() {
    VARVE_CHECK(log_->Close().ok());
    FileSystem& files = Disk();
    const auto names = files.List(folder_);
    VARVE_CHECK(names.ok());
    for (const std::string& name : *names) {
      VARVE_CHECK(files.Remove(JoinPath(folder_, name)).ok());
    }
    VARVE_CHECK(rmdir(folder_.c_str()) == 0);
  }

  Lsn Append(const std::string& body) {
    wal::RecordDraft draft;
    draft.body = body;
    draft.body_crc = Crc32c(body);
    draft.entry_count = 1;
    const std::lock_guard<std::mutex> lock(mutex_);  // the store's commit lock
    const auto lsn = log_->Append(draft);
    VARVE_CHECK(lsn.ok());
    return *lsn;
  }

  wal::Log& log() { return *log_; }

 private:
  const std::string folder_;
  std::unique_ptr<wal::Log> log_;
  std::mutex mutex_;
};

struct Measured {
  double seconds = 0;
  std::vector<float> micros;  // of each commit
};

// `threads` threads, `count` commits each.
Measured RunThreads(int threads, int count, const std::function<void(const std::string&)>& commit) {
  Measured measured;
  std::vector<std::vector<float>> micros(static_cast<std::size_t>(threads));
  std::vector<std::thread> all;
  const Clock::time_point start = Clock::now();
  for (int thread = 0; thread < threads; ++thread) {
    all.emplace_back([&, thread] {
      const std::string body(kBodyBytes, static_cast<char>('a' + thread % 26));
      std::vector<float>& mine = micros[static_cast<std::size_t>(thread)];
      mine.reserve(static_cast<std::size_t>(count));
      for (int i = 0; i < count; ++i) {
        const Clock::time_point before = Clock::now();
        commit(body);
        mine.push_back(static_cast<float>(1e6 * Seconds(Clock::now() - before)));
      }
    });
  }
  for (std::thread& thread : all) thread.join();
  measured.seconds = Seconds(Clock::now() - start);
  for (const auto& mine : micros) {
    measured.micros.insert(measured.micros.end(), mine.begin(), mine.end());
  }
  return measured;
}

double Percentile(std::vector<float>& micros, double part) {
  if (micros.empty()) return 0;
  const auto at = static_cast<std::size_t>(part * static_cast<double>(micros.size() - 1));
  std::nth_element(micros.begin(), micros.begin() + static_cast<std::ptrdiff_t>(at), micros.end());
  return micros[at];
}

// Medians over the rounds, which alternate between the floor and the log.
class Comparison {
 public:
  void AddFloor(double per_second) { floor_.push_back(per_second); }
  void AddLog(double per_second) { log_.push_back(per_second); }

  void Report(benchmark::State& state) {
    const double floor = Median(floor_);
    const double log = Median(log_);
    state.counters["log_per_s"] = log;
    state.counters["floor_per_s"] = floor;
    state.counters["ratio"] = floor > 0 ? log / floor : 0;
  }

 private:
  static double Median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  }
  std::vector<double> floor_;
  std::vector<double> log_;
};

// Durable commits of `threads` blocking threads.
void Durable(benchmark::State& state) {
  const auto threads = static_cast<int>(state.range(0));
  const int count = threads == 1 ? 500 : std::max(100, 4000 / threads);
  wal::LogOptions options;
  options.segment_bytes_min = kRawFileBytes;
  RawLog raw(Disk(), RawPath(), kRawFileBytes, threads > 1);
  Subject subject(options);
  Comparison comparison;
  std::vector<float> micros;
  std::vector<float> raw_micros;
  for (auto _ : state) {
    Measured floor = RunThreads(threads, count, [&](const std::string& body) { raw.Commit(body); });
    Measured log = RunThreads(threads, count, [&](const std::string& body) {
      VARVE_CHECK(subject.log().WaitDurable(subject.Append(body)).ok());
    });
    comparison.AddFloor(threads * count / floor.seconds);
    comparison.AddLog(threads * count / log.seconds);
    micros.insert(micros.end(), log.micros.begin(), log.micros.end());
    raw_micros.insert(raw_micros.end(), floor.micros.begin(), floor.micros.end());
    state.SetIterationTime(log.seconds);
  }
  comparison.Report(state);
  const wal::LogStats stats = subject.log().stats();
  state.counters["p50_us"] = Percentile(micros, .5);
  state.counters["p99_us"] = Percentile(micros, .99);
  state.counters["floor_p50_us"] = Percentile(raw_micros, .5);
  state.counters["floor_p99_us"] = Percentile(raw_micros, .99);
  state.counters["floor_per_flush"] =
      static_cast<double>(raw_micros.size()) /
      static_cast<double>(std::max(raw.flushes(), std::uint64_t{1}));
  state.counters["commits_per_flush"] =
      static_cast<double>(stats.records) /
      static_cast<double>(std::max(stats.flushes, std::uint64_t{1}));
  state.counters["bytes_per_commit"] =
      static_cast<double>(stats.record_bytes) /
      static_cast<double>(std::max(stats.records, std::uint64_t{1}));
}
BENCHMARK(Durable)->ArgName("threads")->Arg(1)->Arg(2)->Arg(4)->Arg(16)->Arg(64)->UseManualTime();

// One thread, durable commits by callback, never more than `window` of them open.
void ByTicket(benchmark::State& state) {
  const auto window = static_cast<std::uint64_t>(state.range(0));
  constexpr std::uint64_t kCount = 20'000;
  RawLog raw(Disk(), RawPath(), kRawFileBytes, true);
  wal::LogOptions options;
  options.segment_bytes_min = kRawFileBytes;
  Subject subject(options);
  Comparison comparison;
  const std::string body(kBodyBytes, 'x');
  std::atomic<std::uint32_t> done{0};
  std::atomic<bool> sleeping{false};
  std::uint32_t sent = 0;
  for (auto _ : state) {
    const Clock::time_point start = Clock::now();
    for (std::uint64_t i = 0; i < kCount; ++i) {
      raw.Append(body);
      raw.AwaitWindow(window - 1);
    }
    raw.AwaitWindow(0);
    const Clock::time_point middle = Clock::now();
    const std::uint32_t target = sent + static_cast<std::uint32_t>(kCount);
    while (sent != target || done.load(std::memory_order_acquire) != target) {
      const std::uint32_t finished = done.load(std::memory_order_acquire);
      if (sent == target || sent - finished >= window) {
        sleeping = true;
        if (done == finished) FutexWait(done, finished);
        continue;
      }
      ++sent;
      subject.log().NotifyDurable(subject.Append(body), [&](const absl::Status& status) {
        VARVE_CHECK(status.ok());
        done.fetch_add(1);
        if (sleeping.exchange(false)) FutexWakeOne(done);
      });
    }
    const Clock::time_point end = Clock::now();
    comparison.AddFloor(static_cast<double>(kCount) / Seconds(middle - start));
    comparison.AddLog(static_cast<double>(kCount) / Seconds(end - middle));
    state.SetIterationTime(Seconds(end - middle));
  }
  comparison.Report(state);
}
BENCHMARK(ByTicket)->ArgName("window")->Arg(128)->Arg(1024)->UseManualTime();

// One thread, buffered commits, segments rotating underneath. The floor: a write of each.
void Buffered(benchmark::State& state) {
  constexpr std::uint64_t kCount = 200'000;
  wal::LogOptions options;
  Subject subject(options);
  auto raw = Disk().Open(RawPath(), OpenMode::kCreate);
  VARVE_CHECK(raw.ok());
  VARVE_CHECK(ZeroFill(**raw, kRawFileBytes).ok());
  Comparison comparison;
  const std::string body(kBodyBytes, 'x');
  const std::string framed(kBodyBytes + 48, 'x');
  for (auto _ : state) {
    const Clock::time_point start = Clock::now();
    for (std::uint64_t i = 0; i < kCount; ++i) {
      VARVE_CHECK((*raw)->WriteAt(i * framed.size() % (kRawFileBytes / 2), framed).ok());
    }
    const Clock::time_point middle = Clock::now();
    for (std::uint64_t i = 0; i < kCount; ++i) {
      subject.Append(body);
      subject.log().FlushSoon();
    }
    const Clock::time_point end = Clock::now();
    comparison.AddFloor(static_cast<double>(kCount) / Seconds(middle - start));
    comparison.AddLog(static_cast<double>(kCount) / Seconds(end - middle));
    state.SetIterationTime(Seconds(end - middle));
  }
  comparison.Report(state);
  VARVE_CHECK(Disk().Remove(RawPath()).ok());
}
BENCHMARK(Buffered)->UseManualTime();

}  // namespace
}  // namespace varve::bench
