#include "crash/process/explorer.h"

#include <stdlib.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "crash/process/process_case.h"
#include "crash/workload.h"
#include "kernel/base/status.h"

namespace varve::crash {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr int kExitFound = 1;
constexpr int kExitTool = 100;  // and the code of the status
constexpr std::uint64_t kSeedsApart = 1'000'003;

// A folder of its own, gone with this.
class ScratchFolder final {
 public:
  static absl::StatusOr<std::unique_ptr<ScratchFolder>> Make(const std::string& wanted) {
    std::error_code error;
    std::string parent = wanted;
    if (parent.empty()) {
      parent = fs::is_directory("/dev/shm", error) ? "/dev/shm"
                                                   : fs::temp_directory_path(error).string();
    }
    std::string path = fs::canonical(parent, error).string() + "/varve_crash_XXXXXX";
    if (error || ::mkdtemp(path.data()) == nullptr) {
      return MakeStatus(absl::StatusCode::kUnknown, "cannot make a folder in ", parent,
                        "; name one that can be written to");
    }
    return std::unique_ptr<ScratchFolder>(new ScratchFolder(std::move(path)));
  }
  ~ScratchFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}
  const std::string path_;
};

// For people, and the same for the same case: without the folder's name, which is another one each
// time, and without what a status carries for programs.
std::string TextOf(const absl::Status& status, const std::string& folder) {
  std::string text = absl::StatusCodeToString(status.code());
  text.append(": ").append(FromAbsl(status.message()));
  const std::string prefix = folder + "/";
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) {
    text.erase(at, prefix.size());
  }
  return text;
}

template <typename Case>
int RunInChild(const ExplorerOptions& options, const Decisions& random, const std::string& folder,
               Findings& findings) {
  Case one(options, random, folder, findings);
  const CaseEnd end = one.Run();
  if (!end.tool.ok()) {
    findings.SetMessage(FromAbsl(end.tool.message()));
    return kExitTool + static_cast<int>(end.tool.code());
  }
  if (end.verdict.ok()) return 0;
  findings.SetMessage(TextOf(end.verdict, folder));
  return kExitFound;
}

std::string Death(const GuardedEnd& end, std::chrono::seconds patience) {
  if (end.late) {
    return "O10: it did not end within " + std::to_string(patience.count()) + " seconds";
  }
  return "the process died by signal " + std::to_string(end.signal) + " (" +
         ::strsignal(end.signal) + ")";
}

class Exploration final {
 public:
  Exploration(const ExplorerOptions& options, ExplorerReport& report)
      : options_(options), report_(report), begun_(SteadyClock::now()) {}

  template <typename Case>
  absl::Status Run() {
    while (!Ends()) {
      const Decisions random = Decisions::FromSeed(options_.seed + report_.cases * kSeedsApart);
      VARVE_RETURN_IF_ERROR(RunCase<Case>(random));
    }
    return absl::OkStatus();
  }

  template <typename Case>
  absl::Status RunCase(const Decisions& random) {
    VARVE_ASSIGN_OR_RETURN(const auto folder, ScratchFolder::Make(options_.folder));
    VARVE_ASSIGN_OR_RETURN(const auto findings, Findings::Make());
    const ProcessCounts before = report_.counts;
    const auto update = [&] {
      report_.counts = before;
      report_.counts.Add(findings->counts());
      if (options_.progress != nullptr) options_.progress(report_);
    };
    const auto stops = [&] {
      update();
      return IsCancelled() || IsLate();
    };
    VARVE_ASSIGN_OR_RETURN(const GuardedEnd end, RunGuarded(options_.patience, stops, [&] {
                             return RunInChild<Case>(options_, random, folder->path(), *findings);
                           }));
    VARVE_RETURN_IF_ERROR(Conclude(end, *findings));
    update();
    return absl::OkStatus();
  }

 private:
  absl::Status Conclude(const GuardedEnd& end, const Findings& findings) {
    if (end.stopped) {
      stopped_ = true;
      return absl::OkStatus();
    }
    if (end.exit_code >= kExitTool) {
      return MakeStatus(static_cast<absl::StatusCode>(end.exit_code - kExitTool),
                        findings.message());
    }
    if (end.signal != 0) {
      report_.failure = {findings.place() + ": " + Death(end, options_.patience),
                         findings.stream()};
    } else if (end.exit_code != 0) {
      // Without a message it ended on its own: a sanitizer does that.
      std::string message = findings.message();
      if (message.empty()) message = findings.place() + ": the process ended by itself";
      report_.failure = {std::move(message), findings.stream()};
    } else {
      ++report_.cases;
    }
    return absl::OkStatus();
  }

  [[nodiscard]] bool IsCancelled() const {
    return options_.cancelled != nullptr && options_.cancelled();
  }
  [[nodiscard]] bool IsLate() const {
    return options_.time.count() > 0 && SteadyClock::now() - begun_ >= options_.time;
  }
  [[nodiscard]] bool Ends() const {
    if (report_.failure.has_value() || stopped_ || IsCancelled() || IsLate()) return true;
    return options_.cases > 0 && report_.cases >= options_.cases;
  }

  const ExplorerOptions& options_;
  ExplorerReport& report_;
  const SteadyClock::time_point begun_;
  bool stopped_ = false;
};

template <typename Case>
absl::Status Replay(const ExplorerOptions& options, const std::string& stream,
                    ExplorerReport& report) {
  report = {};
  ExplorerOptions whole = options;
  whole.time = std::chrono::milliseconds(0);
  return Exploration(whole, report).RunCase<Case>(Decisions::FromBytes(stream));
}

absl::Status CheckAllocations(const ExplorerOptions& options) {
  return options.allocations ? CheckAllocationsCanFail() : absl::OkStatus();
}

}  // namespace

absl::Status RunTraceDriver(const ExplorerOptions& options, ExplorerReport& report) {
  report = {};
  return Exploration(options, report).Run<TraceCase>();
}

absl::Status RunKillDriver(const ExplorerOptions& options, ExplorerReport& report) {
  report = {};
  return Exploration(options, report).Run<KillCase>();
}

absl::Status RunFaultDriver(const ExplorerOptions& options, ExplorerReport& report) {
  report = {};
  VARVE_RETURN_IF_ERROR(CheckAllocations(options));
  return Exploration(options, report).Run<FaultCase>();
}

absl::Status ReplayTraceCase(const ExplorerOptions& options, const std::string& stream,
                             ExplorerReport& report) {
  return Replay<TraceCase>(options, stream, report);
}

absl::Status ReplayKillCase(const ExplorerOptions& options, const std::string& stream,
                            ExplorerReport& report) {
  return Replay<KillCase>(options, stream, report);
}

absl::Status ReplayFaultCase(const ExplorerOptions& options, const std::string& stream,
                             ExplorerReport& report) {
  VARVE_RETURN_IF_ERROR(CheckAllocations(options));
  return Replay<FaultCase>(options, stream, report);
}

}  // namespace varve::crash
