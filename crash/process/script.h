// What the traced process does to a store, and what it promises meanwhile.
//
//   const Script script = DrawScript(random, 30);
//   ... in the child:  return RunScript(script, subjects, folder, marker);
//   ... and here:      for (each marker of the trace) promise.Take(marker.bytes);
#ifndef VARVE_CRASH_PROCESS_SCRIPT_H_
#define VARVE_CRASH_PROCESS_SCRIPT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crash/decisions.h"
#include "crash/process/trace.h"
#include "crash/simulated/simulated_environment.h"
#include "crash/subject.h"
#include "crash/twin.h"
#include "crash/workload.h"
#include "recovery/open.h"

namespace varve::crash {

// Memory that ends in a part of an opening of a script: 0: the opening itself; k: its k-th step;
// behind the last one: the close.
struct ScriptMemory {
  std::size_t opening = 0;
  std::size_t part = 0;
  MemoryFault fault{};
};

// One process: a store that is opened, worked on and closed, once or several times.
struct Script {
  std::uint64_t seed = 1;                   // of ids and salts
  Timestamp start;                          // what the clock shows
  OpenOptions options;                      // of the store, but its environment
  std::vector<std::vector<Step>> openings;  // the steps of each
  std::optional<ScriptMemory> memory{};
  // What fails is answered: an honest error is told, and what may be tried again is, once. Behind
  // any other the process ends, without a word to the store.
  bool expects_errors = false;
};

// `steps` in all, and a checkpoint and a snapshot in each opening. `life`: how many processes the
// store has had before: seed and start of each are others.
[[nodiscard]] Script DrawScript(Decisions& random, std::size_t steps, std::uint64_t life = 0);

// Files of the operating system, time and chance of the script.
class ScriptEnvironment final {
 public:
  explicit ScriptEnvironment(const Script& script);
  [[nodiscard]] Environment environment() { return {&PosixFileSystem(), &clock_, &entropy_}; }
  // What the clock shows at the step: moves it.
  void Begin(const Step& step);
  [[nodiscard]] Timestamp now() const { return now_; }

 private:
  Timestamp now_;
  SimulatedClock clock_;
  SeededEntropy entropy_;
};

// Opens the store in `folder`, with its state in LMDB. Environment and more as `options` say.
[[nodiscard]] absl::StatusOr<OpenedStore> OpenReal(const std::string& folder,
                                                   const std::vector<Subject>& subjects,
                                                   const OpenOptions& options);

// The child: runs the script on the store in `folder`, and writes to the descriptor `marker` what
// it begins and what it was promised. 0, or 1 behind a marker that says what failed; where errors
// are expected, what was dishonest.
[[nodiscard]] int RunScript(const Script& script, const std::vector<Subject>& subjects,
                            const std::string& folder, int marker);

// What has to be there after a crash, according to the markers so far.
struct Promise {
  Lsn durable;  // told to be
  Lsn started;  // at most; a transaction that wrote nothing counts, too
  // The openings that came to their end. Each serves a state: nothing of it may be gone later (O6),
  // and nothing that it has discarded may come back (O5).
  std::uint64_t served = 0;
  std::string failure;        // of the process, or because it served what it must not (O1, O3)
  std::uint64_t answers = 0;  // errors that were expected
  std::string last_answer;
  bool memory_ended = false;  // where the script said so

  void Take(std::string_view marker);

 private:
  void TakeServed(Lsn lsn);
};

// Runs the whole script on the twin, too.
[[nodiscard]] absl::Status RunOnTwin(const Script& script, Twin& twin);

}  // namespace varve::crash

#endif  // VARVE_CRASH_PROCESS_SCRIPT_H_
