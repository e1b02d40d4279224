#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "bench/compare/workload.h"

namespace varve::compare {
namespace {

constexpr std::size_t kLoadBatch = 1000;

const EngineType& TypeNamed(const std::vector<EngineType>& types, const std::string& name) {
  const auto found = std::find_if(types.begin(), types.end(),
                                  [&](const EngineType& type) { return type.name == name; });
  Require(found != types.end(), "no system is called " + name);
  return *found;
}

void PutAll(Engine& engine, const Dataset& data, std::size_t batch) {
  for (std::size_t first = 0; first < data.size(); first += batch) {
    engine.Put(data.Range(first, std::min(batch, data.size() - first)));
  }
}

// Starts this program again to load a store, waits until it has, and kills it.
void LoadAndKill(const std::string& system, const std::string& directory, std::size_t entries) {
  std::array<int, 2> pipe{};
  Require(::pipe(pipe.data()) == 0, "pipe failed");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, pipe[0]);
  std::array<std::string, 7> words{"/proc/self/exe",       "--load",  system,
                                   "--directory",          directory, "--load-entries",
                                   std::to_string(entries)};
  std::array<char*, 8> arguments{};
  std::transform(words.begin(), words.end(), arguments.begin(),
                 [](std::string& word) { return word.data(); });
  pid_t child = 0;
  Require(
      ::posix_spawn(&child, words[0].c_str(), &actions, nullptr, arguments.data(), environ) == 0,
      "cannot start the process to be killed");
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  char loaded = 0;
  const bool ready = ::read(pipe[0], &loaded, 1) == 1;
  ::close(pipe[0]);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  Require(ready, system + ": the process to be killed ended by itself");
}

}  // namespace

Sizes SizesOf(const std::string& scale) {
  Sizes sizes;
  if (scale == "tiny") {
    sizes = {2'000, 40, 10, 16, 500, 128, 2'000, 1};
  } else if (scale == "small") {
    sizes = {100'000, 2'000, 500, 16, 50'000, 128, 200'000, 3};
  } else {
    Require(scale == "full", "--scale is tiny, small or full");
    sizes = {1'000'000, 8'000, 2'000, 16, 300'000, 128, 1'000'000, 5};
  }
  return sizes;
}

Bench::Bench(std::string directory, const Sizes& sizes)
    : directory_(std::move(directory)), sizes_(sizes), data_(sizes.entries) {
  Require(!std::filesystem::exists(directory_),
          directory_ + " exists; name one with --directory that can be made and removed");
  std::filesystem::create_directories(directory_);
}

Bench::~Bench() { Remove(directory_); }

std::string Bench::FreshDirectory() { return directory_ + "/" + std::to_string(fresh_count_++); }

void Bench::Remove(const std::string& directory) { std::filesystem::remove_all(directory); }

const std::string& Bench::SettledDirectory(const EngineType& type) {
  std::string& directory = settled_[type.name];
  if (directory.empty()) {
    directory = FreshDirectory();
    EngineOptions options;
    options.directory = directory;
    options.durable = false;
    const std::unique_ptr<Engine> engine = type.open(options);
    PutAll(*engine, data_, kLoadBatch);
    engine->Settle();
  }
  return directory;
}

const std::string& Bench::KilledDirectory(const EngineType& type) {
  std::string& directory = killed_[type.name];
  if (directory.empty()) {
    directory = FreshDirectory();
    LoadAndKill(type.name, directory, data_.size());
  }
  return directory;
}

void LoadAndAwaitKill(const std::string& system, const std::string& directory,
                      std::size_t entries) {
  const std::vector<EngineType> types = AllEngineTypes();
  const EngineType& type = TypeNamed(types, system);
  const Dataset data(entries);
  EngineOptions options;
  options.directory = directory;
  options.durable = false;
  options.keep_in_log = true;
  options.entries_expected = entries;
  const std::unique_ptr<Engine> engine = type.open(options);
  PutAll(*engine, data, type.replay_batch);
  engine->FlushLog();
  std::putchar('!');
  std::fflush(stdout);
  while (true) {
    ::pause();
  }
}

std::vector<Workload> AllWorkloads() {
  std::vector<Workload> all = WriteWorkloads();
  for (std::vector<Workload>& more : std::array{ReadWorkloads(), StoreWorkloads()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace varve::compare
