#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "bench/compare/stopwatch.h"
#include "bench/compare/workload.h"

namespace varve::compare {
namespace {

namespace fs = std::filesystem;

// Opens and reads one entry; the first answer must be right.
Outcome OpenAndGet(Bench& bench, const EngineType& type, const std::string& directory) {
  const Entry& wanted = bench.data()[bench.data().size() - 1];
  EngineOptions options;
  options.directory = directory;
  options.durable = false;
  const Stopwatch watch;
  const std::unique_ptr<Engine> engine = type.open(options);
  const std::unique_ptr<EngineReader> reader = engine->NewReader();
  const std::optional<std::string_view> found = reader->Get(wanted.key);
  const double seconds = watch.seconds();
  Require(found == wanted.value, type.name + " does not have the last put");
  AnswerDigest digest;
  digest.Add(*found);
  return {{{"", "ms", seconds * 1e3}}, digest.value()};
}

Outcome OpenAfterKill(Bench& bench, const EngineType& type) {
  const std::string directory = bench.FreshDirectory();
  fs::copy(bench.KilledDirectory(type), directory, fs::copy_options::recursive);
  Outcome outcome;
  if (type.replay) {
    const Stopwatch watch;
    const std::uint64_t count = type.replay(directory);
    outcome.metrics.push_back({"", "ms", watch.seconds() * 1e3});
    Require(count == bench.data().size(), type.name + " lost a record");
  } else {
    outcome = OpenAndGet(bench, type, directory);
  }
  const double puts = static_cast<double>(bench.data().size());
  outcome.metrics.push_back({"rate", "puts/s", puts / (outcome.metrics[0].value / 1e3)});
  Bench::Remove(directory);
  return outcome;
}

Outcome OpenAfterClose(Bench& bench, const EngineType& type) {
  return OpenAndGet(bench, type, bench.SettledDirectory(type));
}

std::map<std::string, std::uint64_t> AllocatedBytesByKind(const EngineType& type,
                                                          const std::string& directory) {
  std::map<std::string, std::uint64_t> kinds;
  for (const fs::directory_entry& file : fs::recursive_directory_iterator(directory)) {
    struct stat about {};
    if (file.is_regular_file() && ::stat(file.path().c_str(), &about) == 0) {
      const std::string kind = type.file_kind ? type.file_kind(file.path().string()) : "data";
      kinds[kind] += static_cast<std::uint64_t>(about.st_blocks) * 512;
    }
  }
  return kinds;
}

Outcome MeasureSpace(Bench& bench, const EngineType& type) {
  Outcome outcome;
  outcome.metrics.push_back({"", "bytes", 0});
  for (const auto& [kind, bytes] : AllocatedBytesByKind(type, bench.SettledDirectory(type))) {
    outcome.metrics[0].value += static_cast<double>(bytes);
    if (type.file_kind) {
      outcome.metrics.push_back({kind, "bytes", static_cast<double>(bytes)});
    }
  }
  return outcome;
}

Outcome CopyStore(Bench& bench, const EngineType& type) {
  EngineOptions options;
  options.directory = bench.SettledDirectory(type);
  options.durable = false;
  const std::unique_ptr<Engine> engine = type.open(options);
  const std::string target = bench.FreshDirectory();
  const Stopwatch watch;
  engine->CopyTo(target);
  const double seconds = watch.seconds();
  Bench::Remove(target);
  return {{{"", "ms", seconds * 1e3}}, 0};
}

// The floor of a copy: a plain file with the users' bytes, read from memory and written, not
// synced.
Outcome CopyPlainFile(Bench& bench) {
  const std::string directory = bench.FreshDirectory();
  fs::create_directories(directory);
  const std::string source = directory + "/source";
  const std::string zeros(std::size_t{1} << 20, '\0');
  {
    std::ofstream out(source, std::ios::binary);
    std::uint64_t left = bench.data().user_bytes();
    while (left > 0) {
      const std::uint64_t count = std::min<std::uint64_t>(left, zeros.size());
      out.write(zeros.data(), static_cast<std::streamsize>(count));
      left -= count;
    }
  }
  const Stopwatch watch;
  {
    std::ifstream in(source, std::ios::binary);
    std::ofstream out(directory + "/target", std::ios::binary);
    std::string block(std::size_t{1} << 20, '\0');
    while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
      out.write(block.data(), in.gcount());
    }
    out.flush();
    Require(out.good(), "cannot copy a plain file");
  }
  const double seconds = watch.seconds();
  Bench::Remove(directory);
  return {{{"", "ms", seconds * 1e3}}, 0};
}

Outcome UserBytes(Bench& bench) {
  return {{{"", "bytes", static_cast<double>(bench.data().user_bytes())}}, 0};
}

}  // namespace

std::vector<Workload> StoreWorkloads() {
  std::vector<Workload> all(4);
  for (Workload& workload : all) {
    workload.lower_is_better = true;
    workload.applies = [](const EngineType& type) { return type.reads; };
  }
  all[0].name = "open-killed";
  all[0].title = "open after SIGKILL, all puts only in the log, to the first correct read";
  all[0].floor = "raw log";
  all[0].applies = [](const EngineType& type) { return type.replays; };
  all[0].run = OpenAfterKill;
  all[1].name = "open-closed";
  all[1].title = "open after a clean close, to the first correct read";
  all[1].floor = "lmdb";
  all[1].run = OpenAfterClose;
  all[2].name = "copy";
  all[2].title = "consistent copy of the whole store";
  all[2].floor = "file copy";
  all[2].applies = [](const EngineType& type) { return type.copies; };
  all[2].run = CopyStore;
  all[2].run_floor = CopyPlainFile;
  all[3].name = "space";
  all[3].title = "space on disk, settled and closed";
  all[3].floor = "user bytes";
  all[3].run = MeasureSpace;
  all[3].run_floor = UserBytes;
  return all;
}

}  // namespace varve::compare
