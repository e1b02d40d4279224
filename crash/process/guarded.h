// Work that may die: run in a forked child, with what it found in memory that outlives it.
//
//   VARVE_ASSIGN_OR_RETURN(const auto findings, Findings::Make());
//   VARVE_ASSIGN_OR_RETURN(const GuardedEnd end, RunGuarded(patience, nullptr, [&] {
//     findings->counts().images += CheckImages();
//     return 0;
//   }));
//   if (end.signal != 0) ... it died of it, and findings->counts() are as of that moment
#ifndef VARVE_CRASH_PROCESS_GUARDED_H_
#define VARVE_CRASH_PROCESS_GUARDED_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace varve::crash {

// What was looked at. Plain numbers: they lie in shared memory.
struct ProcessCounts {
  std::uint64_t scripts = 0;         // processes traced to their end
  std::uint64_t system_calls = 0;    // that they made
  std::uint64_t changing_calls = 0;  // of them, those that changed the folder or synced in it
  std::uint64_t kills = 0;           // processes killed at a call
  std::uint64_t hidden_faults = 0;   // calls interrupted or cut short, which no answer may show
  std::uint64_t failed_calls = 0;    // calls that failed, or were said to have
  std::uint64_t allocations_failed = 0;
  std::uint64_t answers = 0;        // errors that these were answered with
  std::uint64_t cuts = 0;           // moments of a trace of which images were taken
  std::uint64_t images = 0;         // folders opened for real and compared
  std::uint64_t nested = 0;         // of them, of crashes within a recovery from a crash
  std::uint64_t openings = 0;       // in all: of images, after commits, after losing state.mdb
  std::uint64_t torn_tails = 0;     // openings that discarded bytes
  std::uint64_t from_snapshot = 0;  // openings that started from a snapshot
  std::uint64_t rebuilt = 0;        // openings that made state.mdb anew
  std::uint64_t lost = 0;           // transactions that were not promised, and gone

  void Add(const ProcessCounts& other);
  // One line.
  [[nodiscard]] std::string ToString() const;
};

// Shared with the children that are forked while it lives.
class Findings final {
 public:
  // kResourceExhausted: no memory.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Findings>> Make();
  ~Findings();
  Findings(const Findings&) = delete;
  Findings& operator=(const Findings&) = delete;

  [[nodiscard]] ProcessCounts& counts();
  // What is under way: told of a child that dies. Cut where it is long.
  void SetPlace(std::string_view place);
  [[nodiscard]] std::string place() const;
  // What is wrong; empty: nothing.
  void SetMessage(std::string_view message);
  [[nodiscard]] std::string message() const;
  // The decisions so far, of which those kept before are the beginning.
  void SetStream(std::string_view stream);
  [[nodiscard]] std::string stream() const;

 private:
  struct Memory;
  explicit Findings(Memory* memory) : memory_(memory) {}
  Memory* const memory_;
};

struct GuardedEnd {
  int signal = 0;        // that ended it
  bool late = false;     // it made no progress for the whole patience, and was killed
  bool stopped = false;  // `stops` said so, and it was killed
  int exit_code = 0;
};

// Runs `body` in a forked child, which ends with what that returns, without destructors or exit
// handlers. Asks `stops` (may be empty) a few times a second. The child calls ProgressMade.
[[nodiscard]] absl::StatusOr<GuardedEnd> RunGuarded(std::chrono::seconds patience,
                                                    const std::function<bool()>& stops,
                                                    const std::function<int()>& body);

// In the body of RunGuarded: its patience begins anew.
void ProgressMade(std::chrono::seconds patience);

}  // namespace varve::crash

#endif  // VARVE_CRASH_PROCESS_GUARDED_H_
