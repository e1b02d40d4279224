// One case of a driver: a script in a traced child, and what is checked of it. Runs in a guarded
// child of its own, so that nothing of it can harm the run.
#ifndef VARVE_CRASH_PROCESS_PROCESS_CASE_H_
#define VARVE_CRASH_PROCESS_PROCESS_CASE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crash/decisions.h"
#include "crash/process/explorer.h"
#include "crash/process/recorder.h"
#include "crash/process/script.h"
#include "crash/simulated/strict_file_system.h"

namespace varve::crash {

// How a case ends. `tool`: it could not be run. `verdict`: what it found.
struct CaseEnd {
  absl::Status tool;
  absl::Status verdict;

  [[nodiscard]] bool ok() const { return tool.ok() && verdict.ok(); }
};

class ProcessCase {
 public:
  // `folder`: an existing one of its own.
  ProcessCase(const ExplorerOptions& options, Decisions random, std::string folder,
              Findings& findings)
      : options_(options),
        random_(std::move(random)),
        folder_(std::move(folder)),
        findings_(findings) {}
  virtual ~ProcessCase() = default;
  ProcessCase(const ProcessCase&) = delete;
  ProcessCase& operator=(const ProcessCase&) = delete;

  [[nodiscard]] CaseEnd Run();

 protected:
  // `trace`: of the script, unharmed, in work_folder(). The script and its twin are there.
  virtual CaseEnd Explore(Trace trace) = 0;

  // As the options of the driver say.
  void SetThreads();
  // Runs the script in work_folder(), killed there, if anywhere, and with that fault, if any.
  [[nodiscard]] absl::StatusOr<Trace> Record(const std::optional<KillPoint>& kill = std::nullopt,
                                             const std::optional<CallFault>& fault = std::nullopt);
  // The same with nothing in the folder before.
  [[nodiscard]] absl::StatusOr<Trace> RecordAnew(
      const std::optional<KillPoint>& kill = std::nullopt,
      const std::optional<CallFault>& fault = std::nullopt);
  // OK where the process, begun under `promise`, came to its end or was killed, and all was well.
  // Counts it, and takes its markers.
  [[nodiscard]] absl::Status TakeEnd(const Trace& trace, Promise& promise);
  // Before each step of a case: what it is about, and all that was decided so far.
  void Note(const std::string& place);

  [[nodiscard]] std::string work_folder() const { return folder_ + "/work"; }
  [[nodiscard]] std::string image_folder() const { return folder_ + "/image"; }

  const ExplorerOptions& options_;
  Decisions random_;
  const std::string folder_;
  Findings& findings_;
  Script script_;
  std::unique_ptr<Twin> twin_;
};

// The drivers' own.
class TraceCase final : public ProcessCase {
 public:
  using ProcessCase::ProcessCase;

 private:
  // What the life before has left to the next one.
  struct Remains {
    std::unique_ptr<StrictFileSystem> files;  // null: nothing, there is no next life
    Promise promise;
  };

  CaseEnd Explore(Trace trace) override;
  CaseEnd ExploreLife(const Trace& trace, Remains& remains);
  CaseEnd LiveOn(std::uint64_t life, Remains& remains);
};

class KillCase final : public ProcessCase {
 public:
  using ProcessCase::ProcessCase;

 private:
  CaseEnd Explore(Trace trace) override;
  CaseEnd KillAt(const KillPoint& kill);
  CaseEnd KillRecovery(const KillPoint& kill, Promise& promise);
};

class FaultCase final : public ProcessCase {
 public:
  using ProcessCase::ProcessCase;

 private:
  CaseEnd Explore(Trace trace) override;
  CaseEnd FailCall(const std::vector<SiteCall>& calls);
  CaseEnd FailAllocation();
  // Runs the script with it, and checks what is left.
  CaseEnd RunWith(const std::optional<CallFault>& fault, const std::string& place, bool hidden);
};

}  // namespace varve::crash

#endif  // VARVE_CRASH_PROCESS_PROCESS_CASE_H_
