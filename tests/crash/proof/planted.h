// Known bugs in copies of the product's sources, one of them switched on at a time, and what the
// copies count. Included by the copies that plant.py makes, and by the tests that run them.
//
//   SwitchOn("B26");            // from now on: if (Planted("B26")) ... is taken
//   ... run a driver until it finds fault ...
#ifndef VARVE_TESTS_CRASH_PROOF_PLANTED_H_
#define VARVE_TESTS_CRASH_PROOF_PLANTED_H_

#include <atomic>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "kernel/base/status.h"

namespace varve::crash {

struct SeededBug {
  std::string_view id;
  std::string_view title;
  std::string_view origin;  // where it was found in the wild
  std::string_view driver;  // that must find it
  std::string_view oracle;  // by which it must show
  std::string_view files;
};
// In the order of their ids.
[[nodiscard]] const std::vector<SeededBug>& SeededBugs();

// Set before any store is open and before any thread runs.
inline std::string_view planted_bug;
[[nodiscard]] inline bool Planted(std::string_view id) { return planted_bug == id; }

// A place in a copy: an early return of an error, or a call that changes the disk.
struct Site {
  enum class Kind { kReturn, kCall };
  Kind kind;
  std::string_view file;
  int line;
  std::string_view text;
};
[[nodiscard]] const std::vector<Site>& Sites();

struct SiteCounts {
  std::atomic<std::uint64_t> reached;
  std::atomic<std::uint64_t> hit;  // kReturn: an error went back; kCall: a crash struck there
};
// One for each of Sites(), shared with the processes forked later.
[[nodiscard]] SiteCounts* CountsOfSites();

// The copies are linked one behind the other: what they do lies between the two.
void PlantedCodeBegins();
void PlantedCodeEnds();
[[nodiscard]] inline bool IsInCopies(const void* code) {
  return code > reinterpret_cast<const void*>(&PlantedCodeBegins) &&
         code < reinterpret_cast<const void*>(&PlantedCodeEnds);
}

// The kCall site that this thread was at last; -1 before the first.
inline thread_local int current_call = -1;
inline void AtCall(int site) {
  current_call = site;
  CountsOfSites()[site].reached.fetch_add(1, std::memory_order_relaxed);
}
// A crash strikes the call that this thread is about to make.
inline void NoteCrash() {
  if (current_call < 0) return;
  CountsOfSites()[current_call].hit.fetch_add(1, std::memory_order_relaxed);
}

// True where the error is to be returned.
inline bool NoteReturn(int site, bool ok) {
  SiteCounts& counts = CountsOfSites()[site];
  counts.reached.fetch_add(1, std::memory_order_relaxed);
  if (ok) [[likely]]
    return false;
  counts.hit.fetch_add(1, std::memory_order_relaxed);
  return true;
}

// As in place.h.
[[nodiscard]] bool ReadsWrong(std::string_view what);

}  // namespace varve::crash

namespace varve {
using crash::Planted;  // for the copies, which are all in here
using crash::ReadsWrong;
}  // namespace varve

// VARVE_RETURN_IF_ERROR and VARVE_ASSIGN_OR_RETURN, counted.
#define VARVE_PROOF_RETURN_IF_ERROR(site, ...) \
  VARVE_PROOF_RETURN_(site, VARVE_STATUS_CONCAT_(varve_status_, __COUNTER__), __VA_ARGS__)
#define VARVE_PROOF_RETURN_(site, temporary, ...)                        \
  do {                                                                   \
    absl::Status temporary = (__VA_ARGS__);                              \
    if (::varve::crash::NoteReturn(site, temporary.ok())) [[unlikely]] { \
      return temporary;                                                  \
    }                                                                    \
  } while (false)
#define VARVE_PROOF_ASSIGN_OR_RETURN(site, target, ...) \
  VARVE_PROOF_ASSIGN_(site, VARVE_STATUS_CONCAT_(varve_or_, __COUNTER__), target, __VA_ARGS__)
#define VARVE_PROOF_ASSIGN_(site, temporary, target, ...)              \
  auto temporary = (__VA_ARGS__);                                      \
  if (::varve::crash::NoteReturn(site, temporary.ok())) [[unlikely]] { \
    return std::move(temporary).status();                              \
  }                                                                    \
  target = *std::move(temporary)

#endif  // VARVE_TESTS_CRASH_PROOF_PLANTED_H_
