// Where the code under test asks the world for something that may fail: a call of the disk or of
// LMDB, a look at `cancelled`. A place is told from others by the stack of calls that leads to it,
// as far as it goes through the code whose sites are counted, so that one fault in each is one
// fault on each way by which an error can go back.
//
//   Places places(Places::New::kWays, recorded, watched);  // one at a time; what runs meanwhile
//   meets it places.Record(); run();                               // on this thread for (const
//   Place& place : places.Distinct()) { places.Fail(place, fault); run(); ... }
#ifndef VARVE_TESTS_CRASH_PROOF_PLACE_H_
#define VARVE_TESTS_CRASH_PROOF_PLACE_H_

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace varve::crash {

struct Place {
  std::uint64_t ordinal = 0;  // among all that a run meets, from 1
  std::string_view call;      // "Sync", "mdb_get", ...
  std::string subject;        // a path, say
  bool changes = false;       // what is on the disk, or its names
  std::uint64_t stack = 0;
  [[nodiscard]] std::string ToString() const;
};

// While it lives, the stack of a place is what has been called since, by the function that holds
// it.
class PlaceEntry final {
 public:
  PlaceEntry();
  ~PlaceEntry();
  PlaceEntry(const PlaceEntry&) = delete;
  PlaceEntry& operator=(const PlaceEntry&) = delete;

 private:
  const void* const outer_;
};

// How the call of a place fails.
enum class Failure {
  kNotDone,       // and nothing happened
  kDone,          // it did happen, and yet an error is told
  kNoSpace,       // nothing happened, for want of space
  kRefused,       // nothing happened: not permitted
  kDamaged,       // what is read is not what was written; where nothing is read, as kNotDone
  kDamagedEarly,  // as kDamaged, in the first quarter of it
};

// Thread-safe: while one thread is at a place, others wait before theirs. What is recorded of a run
// is the same each time only where threads take turns.
class Places final {
 public:
  // Which places are new: those with a way to them that is not known, or with some calls on it, one
  // behind the other, that are not known so.
  enum class New { kWays, kParts };
  // What is known already makes no place new; it takes up what is met.
  using Known = std::set<std::pair<std::string_view, std::uint64_t>>;
  Places(New what, Known& recorded, Known& watched);
  ~Places();
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;

  // The next run is written down: its places that are new.
  void Record();
  // What was written down.
  [[nodiscard]] const std::vector<Place>& Distinct() const { return distinct_; }
  // Called before each call of a new place that changes something.
  using Watcher = std::function<void(const Place&)>;
  // In the next run `place` fails so, the first time that it is met; what comes behind is watched.
  void Fail(const Place& place, Failure failure, Watcher watcher);
  // The whole next run is watched.
  void Watch(Watcher watcher);
  // From now on nothing fails or is told.
  void Rest();
  // What a call does first. It fails as told, if at all.
  [[nodiscard]] std::optional<Failure> Meet(std::string_view call, std::string_view subject,
                                            bool changes);
  // Null where there is none.
  [[nodiscard]] static Places* current();

 private:
  enum class Mode { kRest, kRecord, kFail, kWatch };
  std::recursive_mutex mutex_;  // guards all below; a watcher goes through places, too
  Mode mode_ = Mode::kRest;     // kFail goes over into kWatch
  std::uint64_t met_ = 0;
  std::vector<Place> distinct_;
  const New new_;
  Known& known_;
  Known& watched_;
  void Tell(std::string_view call, std::string_view subject);

  Watcher watcher_;
  Place failing_;
  Failure failure_ = Failure::kNotDone;
};

// Asks the places that are current. Nothing fails where there are none.
[[nodiscard]] std::optional<Failure> MeetPlace(std::string_view call, std::string_view subject,
                                               bool changes);

// A step of a long work, at which it may be told to end.
[[nodiscard]] absl::Status StepAtPlace(std::uint64_t done);
// Whether what is read here is to be damaged, or of a layout that no writer of ours writes.
[[nodiscard]] bool ReadsWrong(std::string_view what);

}  // namespace varve::crash

#endif  // VARVE_TESTS_CRASH_PROOF_PLACE_H_
