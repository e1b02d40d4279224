#include <cstdlib>
#include <string>
#include <utility>

#include "kernel/base/status.h"
#include "tests/crash/proof/driver.h"
#include "tests/crash/proof/errand.h"
#include "tests/crash/proof/life.h"
#include "tests/crash/proof/place.h"
#include "tests/crash/proof/planted.h"

namespace varve::crash {
namespace {

bool IsOfDisk(const Place& place) { return !place.call.starts_with("mdb_"); }

bool IsRead(const Place& place) { return place.call.starts_with("reading "); }
bool NeedsMemory(const Place& place) { return place.call.starts_with("memory "); }

// The ways to fail that a call of this kind has and that are worth telling apart.
std::vector<Failure> FailuresOf(const Place& place) {
  if (place.call == "Sync" || place.call == "SyncDirectory" || place.call == "Rename" ||
      place.call == "mdb_txn_commit") {
    return {Failure::kNotDone, Failure::kDone, Failure::kNoSpace};
  }
  if (place.call == "Write" || place.call == "WriteDurably" || place.call == "Create" ||
      place.call == "mdb_cursor_put") {
    return {Failure::kNotDone, Failure::kNoSpace};
  }
  if (place.call == "Open" || place.call == "List" || place.call == "CreateDirectory") {
    return {Failure::kNotDone, Failure::kRefused};
  }
  if (NeedsMemory(place)) return {Failure::kNoSpace};
  if (IsRead(place)) return {Failure::kDamaged};
  if (place.call == "Read") {
    return {Failure::kNotDone, Failure::kDamaged, Failure::kDamagedEarly};
  }
  if (!IsOfDisk(place)) return {Failure::kNotDone, Failure::kDamaged};
  return {Failure::kNotDone};
}

// One errand on one ground, with a fault in each place in turn, and a crash.
class Sweep final {
 public:
  Sweep(const Errand& errand, std::unique_ptr<Ground> ground, Places::Known& recorded,
        Places::Known& watched)
      : errand_(errand),
        start_(std::move(ground)),
        places_(start_->has_power_cuts() ? Places::New::kWays : Places::New::kParts,
                errand.all_places_new ? none_recorded_ : recorded, watched) {}

  absl::Status Run() {
    VARVE_RETURN_IF_ERROR(Prepare());
    places_.Record();
    VARVE_RETURN_IF_ERROR(RunWhole());
    const std::vector<Place> places = places_.Distinct();
    for (const Place& place : places) {
      for (const Failure failure : FailuresOf(place)) {
        const absl::Status status = RunWithFault(place, failure);
        if (!status.ok()) {
          return AddContext(status, std::string(errand_.name) + ": " + place.ToString() +
                                        " fails in way " +
                                        std::to_string(static_cast<int>(failure)));
        }
      }
    }
    return RunWithCrashes();
  }

 private:
  absl::Status Prepare() {
    places_.Rest();
    return errand_.prepare(start_);
  }

  absl::Status RunWhole() {
    const std::unique_ptr<Ground> ground = start_->After(CrashChoice::Killed());
    const absl::Status result = errand_.run(*ground);
    places_.Rest();
    if (!result.ok()) return Wrong("it fails without a fault", result.ToString());
    return Check(*ground, result);
  }

  absl::Status RunWithFault(const Place& place, Failure failure) {
    const std::unique_ptr<Ground> ground = start_->After(CrashChoice::Killed());
    absl::Status found;
    places_.Fail(place, failure, WatcherOf(*ground, found));
    const absl::Status result = errand_.run(*ground);
    places_.Rest();
    VARVE_RETURN_IF_ERROR(found);
    VARVE_RETURN_IF_ERROR(CheckAnswer(place, failure, result));
    return Check(*ground, result);
  }

  // A fault that is passed over is none for the caller; any other is told as what it is, or is
  // what the store refuses to go on after.
  static absl::Status CheckAnswer(const Place& place, Failure failure, const absl::Status& result) {
    const absl::StatusCode code = result.code();
    const bool is_look = place.call == "cancelled";
    bool is_honest = is_look == (code == absl::StatusCode::kCancelled);
    switch (code) {
      case absl::StatusCode::kPermissionDenied:
        is_honest = failure == Failure::kRefused;
        break;
      case absl::StatusCode::kOk:
      case absl::StatusCode::kCancelled:
      case absl::StatusCode::kUnknown:
      case absl::StatusCode::kResourceExhausted:
      case absl::StatusCode::kFailedPrecondition:
      case absl::StatusCode::kOutOfRange:  // salvaged in part
        break;
      case absl::StatusCode::kDataLoss:
        is_honest = is_honest && (!IsOfDisk(place) || !place.changes);
        break;
      default:
        is_honest = false;
    }
    return is_honest ? absl::OkStatus() : Wrong("it answers", result.ToString());
  }

  absl::Status RunWithCrashes() {
    const std::unique_ptr<Ground> ground = start_->After(CrashChoice::Killed());
    absl::Status found;
    places_.Watch(WatcherOf(*ground, found));
    const absl::Status result = errand_.run(*ground);
    places_.Rest();
    VARVE_RETURN_IF_ERROR(found);
    return result.ok() ? result : Wrong("it fails without a fault", result.ToString());
  }

  // The process ends there, or the power.
  Places::Watcher WatcherOf(Ground& ground, absl::Status& found) {
    return [this, &ground, &found](const Place& place) {
      if (found.ok()) found = CheckCrash(ground, place);
    };
  }

  absl::Status CheckCrash(Ground& ground, const Place& place) {
    NoteCrash();
    std::vector<CrashChoice> choices = {CrashChoice::Killed()};
    if (ground.has_power_cuts()) {
      choices.push_back(CrashChoice::Nothing());
      choices.push_back(CrashChoice::Random(place.ordinal, 512));
    }
    for (const CrashChoice& choice : choices) {
      const absl::Status status =
          Check(*ground.After(choice), MakeStatus(absl::StatusCode::kAborted, "killed"));
      if (!status.ok()) {
        return AddContext(status, std::string(errand_.name) + ": crash before " + place.ToString() +
                                      " (" + choice.ToString() + ")");
      }
    }
    return absl::OkStatus();
  }

  absl::Status Check(Ground& ground, const absl::Status& result) {
    if (errand_.keeps_store && ground.Contents("store") != start_->Contents("store")) {
      return Wrong("the store was changed");
    }
    const absl::Status status = errand_.check(ground, result);
    return status.ok() ? status : AddContext(status, "after " + result.ToString());
  }

  const Errand& errand_;
  std::unique_ptr<Ground> start_;
  Places::Known none_recorded_;
  Places places_;
};

}  // namespace

// All errands on the simulated disk, then on real files: what has been met there is not new here,
// and since a run takes much longer, only parts of ways are.
std::size_t SweepCount() { return 2 * Errands().size(); }

absl::Status RunSweep(std::size_t index) {
  static Places::Known recorded;
  static Places::Known watched;
  const bool real = index >= Errands().size();
  const Errand& errand = Errands()[index % Errands().size()];
  return Sweep(errand, real ? MakeRealGround() : MakeSimulatedGround(), recorded, watched).Run();
}

absl::Status RunErrandCase(std::uint64_t seed) { return RunSweep((seed - 1) % SweepCount()); }

}  // namespace varve::crash
