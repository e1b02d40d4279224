// One case of the crash harness: the lives of a store, each cut off by a crash, told in full before
// the first of them begins.
//
//   Decisions random = Decisions::FromSeed(7);
//   Story story = DrawStory(random, {.subjects = BuiltinSubjects()});
//   StoryReport report = RunStory(story, BuiltinSubjects());
//   if (!report.verdict.ok()) WriteCaseFile("case.json", story, ...);
//
// A story is data: it can be written to a file, made smaller, and told to people.
#ifndef VARVE_CRASH_STORY_H_
#define VARVE_CRASH_STORY_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "crash/decisions.h"
#include "crash/simulated/strict_faults.h"
#include "crash/simulated/strict_tree.h"
#include "crash/subject.h"
#include "crash/workload.h"

namespace varve::crash {

// The knobs of the store under test. None of them may matter to the state (O11).
struct StoryOptions {
  std::uint64_t segment_bytes = std::uint64_t{16} << 10;
  std::uint64_t unsynced_bytes = std::uint64_t{2} << 10;
  std::uint64_t memtable_bytes = std::uint64_t{24} << 10;
  std::uint64_t snapshot_log_bytes = std::uint64_t{40} << 10;
  int snapshots_retained = 2;
  friend bool operator==(const StoryOptions&, const StoryOptions&) = default;
};

// One opening of the store, what is done to it, and how it ends.
struct Life {
  std::vector<Step> steps{};
  std::vector<Fault> faults{};  // of the device, counted from the opening on
  // The power goes before this call that changes the disk, counted from the opening on: also within
  // recovery. 0: after the last step. Where the life makes fewer calls: after the last step.
  std::uint64_t cut_before_call = 0;
  std::optional<MemoryFault> memory{};          // of the opening; each step has its own
  std::optional<MemoryFault> closing_memory{};  // of the close
  bool closes = false;     // instead: the store is closed behind the last step, and no power goes
  CrashChoice left{};      // what the cut leaves of the disk
  bool keeps_rows = true;  // the materialized rows of the last checkpoint are still there
  friend bool operator==(const Life&, const Life&) = default;
};

// Bytes at rest that are not what was written, or not there where they were.
struct Rot {
  enum class Kind {
    kFlip,       // the bits of `mask`
    kZero,       // a sector of 512 bytes is zeros
    kMisplaced,  // a sector stands in the place of the first one of the file
    kStale,      // a sector is what it was when the last life began: its writes were lost
  };
  Kind kind = Kind::kFlip;
  std::uint64_t file = 0;    // which file, counted in the order of paths, modulo their number
  std::uint64_t offset = 0;  // modulo the file's length; of a byte in the sector
  std::uint8_t mask = 1;
  friend bool operator==(const Rot&, const Rot&) = default;
};

struct Story {
  std::uint64_t seed = 1;  // of ids and salts
  StoryOptions options{};
  std::vector<Life> lives{};
  std::optional<Rot> rot{};  // after the last life
  friend bool operator==(const Story&, const Story&) = default;
};

struct StoryProfile {
  std::size_t lives_max = 4;
  std::size_t steps_max = 24;  // of one life
  bool faults = true;  // of the device; of allocations, too, where this program can make them fail
  bool rot = true;
};
[[nodiscard]] Story DrawStory(Decisions& random, const StoryProfile& profile = {});

// What was met while stories were run: shows that a harness bites.
struct StoryCounts {
  std::uint64_t stories = 0;
  std::uint64_t crashes = 0;             // lives that ended in one
  std::uint64_t crashes_in_opening = 0;  // of them, before the store was served
  std::uint64_t openings = 0;            // states compared with the twin's
  std::uint64_t commits = 0;
  std::uint64_t lost = 0;           // commits that were not promised, and gone
  std::uint64_t torn_tails = 0;     // openings that discarded bytes
  std::uint64_t from_snapshot = 0;  // openings that started from a snapshot
  std::uint64_t faults_fired = 0;
  std::uint64_t allocations_failed = 0;
  std::uint64_t refused = 0;  // openings that were rightly refused: damage, a fault, no memory
  void Add(const StoryCounts& other);
  [[nodiscard]] std::string ToString() const;
};

struct StoryReport {
  // OK, or kInternal with the promise that was broken: "O1: ...". The oracles are listed in
  // docs/crash-testing.md. kUnimplemented: allocations of the story fail, which this program cannot
  // make them do (crash/allocations).
  absl::Status verdict;
  StoryCounts counts;
  // Of the last life, at its end: what an explorer that tries every crash needs to know.
  std::uint64_t calls = 0;            // that changed the disk
  std::uint64_t pending_changes = 0;  // that were not durable
  std::uint64_t pending_sectors = 0;  // of 512 bytes
};

// Told what happens, line by line, in order.
using Teller = std::function<void(const std::string& line)>;

// Runs the story on a strict disk (crash/simulated) and checks every promise. The same for the same
// story, every time. Where `teller` is given it is told the story, and at a failure what differs.
[[nodiscard]] StoryReport RunStory(const Story& story, const std::vector<Subject>& subjects,
                                   const Teller& teller = nullptr);

}  // namespace varve::crash

#endif  // VARVE_CRASH_STORY_H_
