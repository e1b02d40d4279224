// bench_compare: Varve, its peers and the floor, side by side in one run. See README.md.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>

#include "bench/compare/physical_floor.h"
#include "bench/compare/report.h"
#include "bench/compare/workload.h"

namespace varve::compare {
namespace {

struct Arguments {
  std::string scale = "small";
  std::string json;
  std::string directory;
  std::vector<std::string> only;
  std::vector<std::string> systems;
  std::size_t entries = 0;
  std::size_t repetitions = 0;
  std::string load;  // the process to be killed
  std::size_t load_entries = 0;
};

bool Chosen(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

void PrintHeading(const Arguments& arguments, const Sizes& sizes,
                  const std::vector<EngineType>& types) {
  std::cout << "machine: " << DescribeMachine(arguments.directory + "/..") << "\nsystems:";
  for (const EngineType& type : types) {
    std::cout << " " << type.name << " (" << type.version << ")";
  }
  for (const std::string& name : MissingEngines()) {
    std::cout << " " << name << " (skipped: not installed when this was built)";
  }
  std::cout << "\nsizes: " << sizes.entries << " entries of 16 + 100 bytes, " << sizes.repetitions
            << " interleaved repetitions, medians\n";
}

void PrintPhysicalFloor(Bench& bench, const std::string& directory) {
  const std::size_t bytes =
      std::max<std::size_t>(std::size_t{8} << 20, bench.data().user_bytes() >> 20 << 20);
  const PhysicalFloor floor = MeasurePhysicalFloor(directory, bytes, bench.sizes().durable_commits);
  std::cout << "physical floor: memory read " << Readable(floor.memory_read_bytes_per_second)
            << "B/s, memory copy " << Readable(floor.memory_copy_bytes_per_second)
            << "B/s, cached file read " << Readable(floor.file_read_bytes_per_second)
            << "B/s, O_DSYNC write of 4 KiB " << Readable(floor.durable_writes_per_second) << "/s\n"
            << std::flush;
}

// Every repetition runs each system once, so that a slow minute of the machine hits all alike; the
// order turns with the repetition.
Results Measure(Bench& bench, const Workload& workload, const std::vector<EngineType>& types) {
  std::vector<EngineType> taking_part;
  std::copy_if(types.begin(), types.end(), std::back_inserter(taking_part), workload.applies);
  std::vector<std::vector<Outcome>> outcomes(taking_part.size());
  std::vector<Outcome> floor;
  for (std::size_t turn = 0; turn < bench.sizes().repetitions; ++turn) {
    if (workload.run_floor) {
      floor.push_back(workload.run_floor(bench));
    }
    for (std::size_t step = 0; step < taking_part.size(); ++step) {
      const std::size_t which = (step + turn) % taking_part.size();
      outcomes[which].push_back(workload.run(bench, taking_part[which]));
    }
  }
  Results results(workload);
  for (const Outcome& outcome : floor) {
    results.Add(workload.floor, false, outcome);
  }
  for (std::size_t which = 0; which < taking_part.size(); ++which) {
    const EngineType& type = taking_part[which];
    for (const Outcome& outcome : outcomes[which]) {
      results.Add(type.name, type.reads && type.name != "varve", outcome);
    }
  }
  return results;
}

std::vector<Workload> ChosenWorkloads(const Arguments& arguments) {
  std::vector<Workload> chosen;
  for (Workload& workload : AllWorkloads()) {
    if (Chosen(arguments.only, workload.name)) {
      chosen.push_back(std::move(workload));
    }
  }
  return chosen;
}

int Run(const Arguments& arguments) {
  Sizes sizes = SizesOf(arguments.scale);
  sizes.entries = arguments.entries != 0 ? arguments.entries : sizes.entries;
  sizes.repetitions = arguments.repetitions != 0 ? arguments.repetitions : sizes.repetitions;
  // Every workload takes its puts from the entries.
  sizes.entries = std::max({sizes.entries, sizes.durable_commits,
                            sizes.threads * sizes.commits_per_thread, sizes.pipelined_commits});
  std::vector<EngineType> types;
  for (EngineType& type : AllEngineTypes()) {
    if (Chosen(arguments.systems, type.name)) {
      types.push_back(std::move(type));
    }
  }
  std::ofstream json;
  if (!arguments.json.empty()) {
    json.open(arguments.json);
    Require(json.good(), "cannot write " + arguments.json);
  }
  const std::vector<Workload> workloads = ChosenWorkloads(arguments);
  Bench bench(arguments.directory, sizes);
  PrintHeading(arguments, sizes, types);
  PrintPhysicalFloor(bench, arguments.directory);
  for (const Workload& workload : workloads) {
    const Results results = Measure(bench, workload, types);
    results.PrintTable(std::cout);
    results.PrintJson(json);
    json.flush();
  }
  return 0;
}

std::string DescribeWorkloads() {
  std::string lines;
  for (const Workload& workload : AllWorkloads()) {
    lines += "\n  " + workload.name + std::string(14 - workload.name.size(), ' ') + workload.title;
  }
  return lines;
}

std::vector<std::string> WorkloadNames() {
  std::vector<std::string> names;
  for (const Workload& workload : AllWorkloads()) {
    names.push_back(workload.name);
  }
  return names;
}

// Those left out of this build are known too: asking for one is no mistake, the heading says that
// it is skipped.
std::vector<std::string> SystemNames() {
  std::vector<std::string> names = MissingEngines();
  for (const EngineType& type : AllEngineTypes()) {
    names.push_back(type.name);
  }
  return names;
}

}  // namespace
}  // namespace varve::compare

int main(int argc, char** argv) {
  using varve::compare::Arguments;
  Arguments arguments;
  arguments.directory = "bench_compare." + std::to_string(::getpid());
  CLI::App app("Measures Varve, its peers and the floor side by side.\n\nWorkloads:" +
               varve::compare::DescribeWorkloads());
  app.add_option("--scale", arguments.scale, "tiny, small (the default) or full");
  app.add_option("--only", arguments.only, "only these workloads")
      ->check(CLI::IsMember(varve::compare::WorkloadNames()));
  app.add_option("--systems", arguments.systems, "only these systems")
      ->check(CLI::IsMember(varve::compare::SystemNames()));
  app.add_option("--json", arguments.json, "a file for JSON lines");
  app.add_option("--directory", arguments.directory,
                 "a path to make stores under, on the file system to measure; removed at the end");
  app.add_option("--entries", arguments.entries, "instead of the scale's");
  app.add_option("--repetitions", arguments.repetitions, "instead of the scale's");
  app.add_option("--load", arguments.load)->group("");
  app.add_option("--load-entries", arguments.load_entries)->group("");
  CLI11_PARSE(app, argc, argv);
  if (!arguments.load.empty()) {
    varve::compare::LoadAndAwaitKill(arguments.load, arguments.directory, arguments.load_entries);
  }
  return varve::compare::Run(arguments);
}
