// Crashes of the real process, with the real files and the real LMDB: three drivers.
//
//   ExplorerOptions options{.subjects = BuiltinSubjects(), .seed = 7, .time =
//   std::chrono::minutes(1)}; ExplorerReport report; VARVE_RETURN_IF_ERROR(RunTraceDriver(options,
//   report)); if (report.failure.has_value()) std::puts(report.failure->message.c_str());
//
// Both run in scripts: a child process opens a store, works on it, closes it and opens it again,
// while ptrace(2) shows every system call of it. A case is one script with the crashes in it, and
// is decided by one decision stream.
#ifndef VARVE_CRASH_PROCESS_EXPLORER_H_
#define VARVE_CRASH_PROCESS_EXPLORER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "crash/process/guarded.h"
#include "crash/process/trace.h"
#include "crash/subject.h"

namespace varve::crash {

struct ExplorerReport;

struct ExplorerOptions {
  // Every primitive of the store. Built-in ones: BuiltinSubjects() (crash/operations).
  std::vector<Subject> subjects{};
  std::uint64_t seed = 1;
  // The end: after so many cases, or so long; whichever comes first. 0: no such end.
  std::uint64_t cases = 0;
  std::chrono::milliseconds time{0};
  std::size_t steps = 30;  // of one script
  // The stores of the scripts have their background threads. The order of calls is then another one
  // each time, so that a stream need not repeat its failure.
  bool threads = false;
  // Trace driver: at each moment from none to so many images.
  std::uint64_t images_per_cut = 3;
  // Kill driver: at every so manieth call, the first by chance ...
  std::uint64_t kill_stride = 1;
  // ... of those that change the folder, or of all.
  bool kill_at_every_call = false;
  // Fault driver: how many faults in one script.
  std::uint64_t faults = 40;
  // Fault driver: allocations are among what fails. Only in a program that can make them fail
  // (crash/allocations).
  bool allocations = false;
  // Where folders are made and removed again. Empty: /dev/shm, or else the one for temporary files.
  std::string folder{};
  // A few times a second; both may be empty. `cancelled`: true ends the run, without failure.
  std::function<void(const ExplorerReport&)> progress{};
  std::function<bool()> cancelled{};
  // For proof that a driver can fail: what is done to a trace before it is believed.
  std::function<void(Trace&)> spoil{};
  // No image may take longer: an opening that does not end is a failure.
  std::chrono::seconds patience{120};
};

struct ExplorerFailure {
  std::string message;  // the promise that was broken, and where: several lines
  std::string stream;   // the decisions that repeat it
};

struct ExplorerReport {
  std::uint64_t cases = 0;  // that were run to their end
  ProcessCounts counts;
  std::optional<ExplorerFailure> failure;  // the first one ends the run
};

// Builds crash images from the trace of each script: before every call that changes the store's
// folder, and within each durable write, what a power cut or the death of the process may leave.
// Opens each for real and compares. A child that dies by a signal is a failure as well. Some image
// of a case is where its next process begins, which is traced likewise: up to three lives.
//
//   kUnavailable    tracing is not permitted here: the message says what to do
//   kUnimplemented  not on x86-64 Linux, or the store made a call that the trace cannot show
//   kUnknown, kResourceExhausted   folders, memory, processes
[[nodiscard]] absl::Status RunTraceDriver(const ExplorerOptions& options, ExplorerReport& report);

// Kills the process of each script before, after and within its calls, now and then also the next
// one in its recovery, and opens what is left.
// Errors as RunTraceDriver.
[[nodiscard]] absl::Status RunKillDriver(const ExplorerOptions& options, ExplorerReport& report);

// Runs each script again and again with one fault in it: a call of the system that is interrupted,
// does half, fails, or is done and said to have failed; or an allocation. What is interrupted or
// short changes nothing at all; what fails is answered as docs/what-survives-what.md says. Then the
// store is opened without a fault and compared. Errors as RunTraceDriver; kUnimplemented also where
// allocations are to fail and cannot.
[[nodiscard]] absl::Status RunFaultDriver(const ExplorerOptions& options, ExplorerReport& report);

// One case again, from the stream of its failure; `options` as they were, but seed, cases and time
// do not matter. Where the case no longer fails the report has no failure. The stream may be edited
// in any way: it is a case still.
[[nodiscard]] absl::Status ReplayTraceCase(const ExplorerOptions& options,
                                           const std::string& stream, ExplorerReport& report);
[[nodiscard]] absl::Status ReplayKillCase(const ExplorerOptions& options, const std::string& stream,
                                          ExplorerReport& report);
[[nodiscard]] absl::Status ReplayFaultCase(const ExplorerOptions& options,
                                           const std::string& stream, ExplorerReport& report);

}  // namespace varve::crash

#endif  // VARVE_CRASH_PROCESS_EXPLORER_H_
