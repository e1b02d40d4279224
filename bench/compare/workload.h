// What is measured: one function per workload, run for one engine at a time.
#ifndef VARVE_BENCH_COMPARE_WORKLOAD_H_
#define VARVE_BENCH_COMPARE_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bench/compare/dataset.h"
#include "bench/compare/engine.h"

namespace varve::compare {

struct Sizes {
  std::size_t entries = 0;             // loaded before reads, copies and opens; buffered puts
  std::size_t durable_commits = 0;     // by one thread
  std::size_t commits_per_thread = 0;  // by each of `threads`
  std::size_t threads = 16;
  std::size_t pipelined_commits = 0;
  std::size_t window = 128;
  std::size_t gets = 0;
  std::size_t repetitions = 0;
};

// "tiny", "small" or "full"; anything else ends the program.
[[nodiscard]] Sizes SizesOf(const std::string& scale);

struct Metric {
  std::string name;  // empty for a workload's first
  std::string unit;
  double value = 0;
};

struct Outcome {
  std::vector<Metric> metrics;  // the first is what ratios are made of
  std::uint64_t digest = 0;     // of the answers; 0 where there are none
};

// Where stores live and what has been loaded. One thread.
class Bench final {
 public:
  // `directory` must not exist; it is removed at the end.
  Bench(std::string directory, const Sizes& sizes);
  ~Bench();
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  [[nodiscard]] const Sizes& sizes() const { return sizes_; }
  [[nodiscard]] const Dataset& data() const { return data_; }
  // A path that nothing uses yet.
  [[nodiscard]] std::string FreshDirectory();
  static void Remove(const std::string& directory);

  // A store with all entries, settled and cleanly closed; made at the first call. Not to be
  // changed.
  [[nodiscard]] const std::string& SettledDirectory(const EngineType& type);
  // A store whose process was killed with all entries in its log and none in a table; made at the
  // first call. Copy it before opening.
  [[nodiscard]] const std::string& KilledDirectory(const EngineType& type);

 private:
  std::string directory_;
  Sizes sizes_;
  Dataset data_;
  std::size_t fresh_count_ = 0;
  std::map<std::string, std::string> settled_;
  std::map<std::string, std::string> killed_;
};

struct Workload {
  std::string name;   // for --only and the JSON
  std::string title;  // for people
  bool lower_is_better = false;
  std::string floor;  // the system that ratios refer to: an engine, or what `run_floor` measures
  std::function<bool(const EngineType&)> applies;
  std::function<Outcome(Bench&, const EngineType&)> run;
  std::function<Outcome(Bench&)> run_floor;  // may be empty: `floor` is an engine then
};

[[nodiscard]] std::vector<Workload> AllWorkloads();
[[nodiscard]] std::vector<Workload> WriteWorkloads();
[[nodiscard]] std::vector<Workload> ReadWorkloads();
[[nodiscard]] std::vector<Workload> StoreWorkloads();

// The body of the process that KilledDirectory kills: loads, says so on standard output, and waits
// for its end.
[[noreturn]] void LoadAndAwaitKill(const std::string& system, const std::string& directory,
                                   std::size_t entries);

}  // namespace varve::compare

#endif  // VARVE_BENCH_COMPARE_WORKLOAD_H_
