// varve crash run: looks for cases in which a store breaks its promises.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "cli/crash_case.h"
#include "cli/progress.h"
#include "cli/report_json.h"
#include "cli/verb_groups.h"
#include "crash/allocations/allocation_fault.h"
#include "crash/explorer.h"
#include "crash/process/explorer.h"
#include "kernel/base/status.h"

namespace varve::cli {
namespace {

constexpr std::uint64_t kSmallWorkloadSteps = 3;

struct CrashRunArguments {
  std::string driver = "disk";
  double minutes = 1;
  std::uint64_t cases = 0;
  std::uint64_t seed = 1;
  std::uint64_t jobs = 1;
  std::string out = "crash-case.json";
  crash::ScriptSettings script{};
  std::uint64_t slice = 0;
  std::uint64_t slices = 1;
};

void DeclareCrashRun(Arguments& arguments, CrashRunArguments& to) {
  arguments.Choice({.name = "--driver",
                    .help = "disk: stories on a simulated disk; small: every small workload there; "
                            "trace: crash images of a real process with LMDB; kill: it is killed; "
                            "faults: its calls and allocations fail",
                    .value_name = "NAME"},
                   {"disk", "small", "trace", "kill", "faults"}, to.driver);
  arguments.Number({.name = "--minutes", .help = "How long to look", .value_name = "N"}, to.minutes,
                   {.min = 0.001, .max = 1e6});
  arguments.Number(
      {.name = "--cases", .help = "Stop after so many cases (0: by time alone)", .value_name = "N"},
      to.cases);
  arguments.Number({.name = "--seed", .help = "The first seed", .value_name = "N"}, to.seed);
  arguments.Number({.name = "--jobs", .help = "Threads (disk, small)", .value_name = "N"}, to.jobs,
                   {.min = 1, .max = 256});
  arguments.Number({.name = "--slices",
                    .help = "Only every so manieth workload, which takes as much less time (small)",
                    .value_name = "N"},
                   to.slices, {.min = 1, .max = 10'000});
  arguments.Number(
      {.name = "--slice", .help = "The first of these, below --slices (small)", .value_name = "N"},
      to.slice);
  arguments.Number(
      {.name = "--steps", .help = "Of one script (trace, kill, faults)", .value_name = "N"},
      to.script.steps, {.min = 1, .max = 100'000});
  arguments.Flag(
      {.name = "--threads",
       .help = "Scripts whose stores have background threads: another order each time, so "
               "that a case need not repeat (trace, kill, faults)"},
      to.script.threads);
  arguments.Number(
      {.name = "--kill-stride", .help = "Kill at every so manieth call (kill)", .value_name = "N"},
      to.script.kill_stride, {.min = 1, .max = 1'000'000});
  arguments.Text({.name = "--out", .help = "Where a failing case is written", .value_name = "FILE"},
                 to.out);
}

// What a run of any driver came to.
struct RunSummary {
  std::uint64_t cases = 0;
  std::uint64_t images = 0;  // what a crash left, opened and compared
  double seconds = 0;
  std::string counts;
  std::optional<crash::Case> failure;
};

std::chrono::milliseconds TimeOf(const CrashRunArguments& arguments) {
  return std::chrono::milliseconds(std::llround(arguments.minutes * 60'000));
}

RunSummary RunOnDisk(const CrashRunArguments& arguments, Session& session) {
  Progress progress(session.output(), "stories", Progress::Unit::kRecords, arguments.cases);
  crash::ExploreOptions options;
  options.subjects = session.subjects();
  options.stories = arguments.cases;
  options.time = TimeOf(arguments);
  options.threads = static_cast<int>(arguments.jobs);
  options.slice = arguments.slice;
  options.slices = arguments.slices;
  options.cancelled = Interrupted;
  options.progress = [&](const crash::ExploreReport& so_far) {
    progress.Update(so_far.counts.stories, std::to_string(so_far.counts.crashes) + " crashes");
  };
  const crash::ExploreReport report = arguments.driver == "small"
                                          ? crash::ExploreAll(kSmallWorkloadSteps, options)
                                          : crash::ExploreBySeed(arguments.seed, options);
  RunSummary summary{.cases = report.counts.stories,
                     .images = report.counts.crashes,
                     .seconds = report.seconds,
                     .counts = report.counts.ToString(),
                     .failure = std::nullopt};
  if (report.failure.has_value()) {
    summary.failure = crash::Case{.driver = crash::Driver::kDisk,
                                  .story = *report.failure,
                                  .found = std::string(FromAbsl(report.verdict.message()))};
  }
  return summary;
}

struct ProcessDriver {
  crash::Driver driver;
  absl::Status (*run)(const crash::ExplorerOptions& options, crash::ExplorerReport& report);
};

// Null: the driver works on the simulated disk.
const ProcessDriver* FindProcessDriver(std::string_view name) {
  static constexpr ProcessDriver kProcessDrivers[] = {
      {crash::Driver::kTrace, crash::RunTraceDriver},
      {crash::Driver::kKill, crash::RunKillDriver},
      {crash::Driver::kFaults, crash::RunFaultDriver}};
  for (const ProcessDriver& one : kProcessDrivers) {
    if (crash::DriverName(one.driver) == name) return &one;
  }
  return nullptr;
}

absl::StatusOr<RunSummary> RunOnProcess(const CrashRunArguments& arguments, Session& session) {
  Progress progress(session.output(), "images", Progress::Unit::kRecords, 0);
  crash::ExplorerOptions options;
  options.subjects = session.subjects();
  options.seed = arguments.seed;
  options.cases = arguments.cases;
  options.time = TimeOf(arguments);
  options.steps = arguments.script.steps;
  options.threads = arguments.script.threads;
  options.kill_stride = arguments.script.kill_stride;
  options.cancelled = Interrupted;
  options.progress = [&](const crash::ExplorerReport& so_far) {
    progress.Update(so_far.counts.images, std::to_string(so_far.cases) + " cases");
  };
  options.allocations = crash::AllocationsCanFail();
  const ProcessDriver& driver = *FindProcessDriver(arguments.driver);
  const auto start = std::chrono::steady_clock::now();
  crash::ExplorerReport report;
  VARVE_RETURN_IF_ERROR(driver.run(options, report));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  RunSummary summary{.cases = report.cases,
                     .images = report.counts.images,
                     .seconds = seconds.count(),
                     .counts = report.counts.ToString(),
                     .failure = std::nullopt};
  if (report.failure.has_value()) {
    summary.failure = crash::Case{.driver = driver.driver,
                                  .stream = report.failure->stream,
                                  .script = arguments.script,
                                  .found = report.failure->message};
    summary.failure->script.allocations =
        options.allocations && driver.driver == crash::Driver::kFaults;
  }
  return summary;
}

void Report(const RunSummary& summary, const CrashRunArguments& arguments, Output& output) {
  const double hours = summary.seconds * static_cast<double>(arguments.jobs) / 3600;
  const auto per_hour = [&](std::uint64_t count) {
    return FormatCount(static_cast<std::uint64_t>(static_cast<double>(count) / hours));
  };
  output.Line(summary.counts);
  output.Line(FormatCount(summary.cases) + " cases, " + FormatCount(summary.images) +
              " crash images in " + FormatCount(static_cast<std::uint64_t>(summary.seconds)) +
              " s: an hour and job " + per_hour(summary.cases) + " and " +
              per_hour(summary.images));
  Json object{{"driver", arguments.driver}, {"cases", summary.cases},   {"images", summary.images},
              {"seconds", summary.seconds}, {"counts", summary.counts}, {"found", nullptr}};
  if (summary.failure.has_value()) {
    output.Line("FOUND " + summary.failure->found);
    output.Line("  the case is in " + arguments.out + "; smaller: varve crash shrink " +
                arguments.out + "; told: varve crash explain " + arguments.out);
    object["found"] = summary.failure->found;
    object["case"] = arguments.out;
  } else {
    output.Line("no promise was broken");
  }
  output.Object(object);
}

// An option that the driver would ignore is a mistake.
absl::Status CheckOptions(const CrashRunArguments& arguments) {
  if (arguments.driver != "small" && arguments.slices != 1) {
    return InvalidArgument("--slices is of the driver small, not of ", arguments.driver);
  }
  if (arguments.slice >= arguments.slices) {
    return InvalidArgument("--slice ", arguments.slice, " is not below --slices ",
                           arguments.slices);
  }
  const crash::ScriptSettings standard;
  const bool on_process = FindProcessDriver(arguments.driver) != nullptr;
  if (!on_process && !(arguments.script == standard)) {
    return InvalidArgument(
        "--steps and --threads are of the drivers trace, kill and faults, --kill-stride is of "
        "kill, ",
        "not of ", arguments.driver);
  }
  if (arguments.driver != "kill" && arguments.script.kill_stride != standard.kill_stride) {
    return InvalidArgument("--kill-stride is of the driver kill, not of ", arguments.driver);
  }
  return absl::OkStatus();
}

absl::StatusOr<Answer> RunCrashRun(const CrashRunArguments& arguments, Session& session) {
  VARVE_RETURN_IF_ERROR(CheckOptions(arguments));
  RunSummary summary;
  if (FindProcessDriver(arguments.driver) == nullptr) {
    summary = RunOnDisk(arguments, session);
  } else {
    VARVE_ASSIGN_OR_RETURN(summary, RunOnProcess(arguments, session));
  }
  if (summary.failure.has_value()) {
    VARVE_RETURN_IF_ERROR(WriteCaseFile(*summary.failure, arguments.out));
  }
  Report(summary, arguments, session.output());
  return summary.failure.has_value() ? Answer::kNo : Answer::kYes;
}

}  // namespace

void AddCrashVerbs(Verbs& root) {
  Verbs crash = root.Group("crash",
                           "Crashes stores of its own, in memory or in a scratch folder, and "
                           "checks what is left. Works on no STORE: varve crash run ...");
  crash.Add<CrashRunArguments>(
      {"run",
       "Looks for a case in which a store loses what it promised, or shows what never was. Exit 1 "
       "where one is found; it is written to a file that repeats it.",
       {"crash run --minutes 5 --jobs 2", "crash run --driver trace --minutes 1"}},
      DeclareCrashRun, RunCrashRun);
  AddCrashCaseVerbs(crash);
}

}  // namespace varve::cli
