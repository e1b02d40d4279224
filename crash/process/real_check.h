// The oracle of the drivers that work with real files: opens a store for real on what a crash left
// and compares its whole state with the twin's.
#ifndef VARVE_CRASH_PROCESS_REAL_CHECK_H_
#define VARVE_CRASH_PROCESS_REAL_CHECK_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "crash/decisions.h"
#include "crash/process/guarded.h"
#include "crash/process/script.h"
#include "crash/subject.h"
#include "crash/twin.h"

namespace varve::crash {

// Makes `folder` hold exactly `contents`: files by path, folders with a '/' at the end, as
// StrictFileSystem::Contents has them.
[[nodiscard]] absl::Status WriteFolder(const std::string& folder,
                                       const std::map<std::string, std::string>& contents);
// And what it holds. kUnknown: it cannot be read.
[[nodiscard]] absl::StatusOr<std::map<std::string, std::string>> ReadFolder(
    const std::string& folder);

// What is looked at besides that the store opens with a state that may be: decided before, so that
// an opening that kills the process leaves all its decisions behind.
struct CheckPlan {
  bool loses_state = false;        // state.mdb is removed before the opening
  bool read_only = false;          // opened so, and nothing more
  bool rows = false;               // every primitive checks its own rows
  bool loses_state_later = false;  // closed, state.mdb removed, opened: the same state (O8)
  std::optional<Step> commit;      // one more, which stays across a reopening (O7)

  static CheckPlan Draw(Decisions& random);
};

// Not thread-safe. What it is given must outlive it.
class RealCheck final {
 public:
  RealCheck(const std::vector<Subject>& subjects, Twin& twin, std::string folder,
            ProcessCounts& counts)
      : subjects_(subjects), twin_(twin), folder_(std::move(folder)), counts_(counts) {}

  // The store in the folder keeps `promise`: it opens, with the state of exactly one transaction
  // from the last one promised to the last one begun (O1, O2), and what `plan` adds. kInternal, or
  // the store's own error: it does not, and how.
  [[nodiscard]] absl::Status Check(const Promise& promise, const CheckPlan& plan);

 private:
  absl::StatusOr<OpenedStore> Open(bool read_only);
  absl::StatusOr<Lsn> CheckState(Store& store, const Promise& promise);
  absl::Status CheckReopened(const std::string& oracle, Lsn lsn, const snapshot::Digest& digest);
  absl::Status CheckWithoutState(OpenedStore opened, Lsn lsn);
  absl::Status CheckNextCommit(OpenedStore opened, const Step& step);
  absl::Status RemoveState();

  const std::vector<Subject>& subjects_;
  Twin& twin_;
  const std::string folder_;
  ProcessCounts& counts_;
  SimulatedClock clock_;
  SeededEntropy entropy_{7};
};

}  // namespace varve::crash

#endif  // VARVE_CRASH_PROCESS_REAL_CHECK_H_
