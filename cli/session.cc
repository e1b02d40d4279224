#include "cli/session.h"

#include <atomic>
#include <charconv>
#include <csignal>
#include <utility>

#include "cli/progress.h"
#include "kernel/base/status.h"

namespace varve::cli {
namespace {

std::atomic<bool> interrupted{false};

void OnInterrupt(int signal_number) {
  interrupted.store(true);
  std::signal(signal_number, SIG_DFL);
}

const char* StageLabel(RecoveryProgress::Stage stage) {
  switch (stage) {
    case RecoveryProgress::Stage::kPlan:
      return "looking at the files";
    case RecoveryProgress::Stage::kLoadBase:
      return "loading the snapshot";
    case RecoveryProgress::Stage::kReplay:
      return "replaying the log";
    case RecoveryProgress::Stage::kRebuildIndexes:
      return "rebuilding indexes";
  }
  return "recovering";
}

// One bar per stage of recovery.
class RecoveryBars final {
 public:
  explicit RecoveryBars(const Output& output) : output_(output) {}

  void Update(const RecoveryProgress& progress) {
    if (!bar_ || progress.stage != stage_) {
      bar_ = std::make_unique<Progress>(output_, StageLabel(progress.stage), Progress::Unit::kBytes,
                                        progress.total);
      stage_ = progress.stage;
    }
    bar_->Update(progress.done, progress.total, "");
  }

 private:
  const Output& output_;
  RecoveryProgress::Stage stage_ = RecoveryProgress::Stage::kPlan;
  std::unique_ptr<Progress> bar_;
};

}  // namespace

Session::Session(std::string store, const CommonFlags& flags,
                 RegisterPrimitives register_primitives, std::vector<crash::Subject> subjects)
    : files_(std::move(store)),
      flags_(flags),
      register_primitives_(std::move(register_primitives)),
      subjects_(std::move(subjects)),
      output_(flags.json) {}

PrimitiveRegistry Session::MakeRegistry() const {
  PrimitiveRegistry registry;
  register_primitives_(registry);
  return registry;
}

absl::StatusOr<OpenOptions> Session::MakeOpenOptions() {
  OpenOptions options;
  VARVE_ASSIGN_OR_RETURN(options.store.history.keep, ParseKeepHistory(flags_.keep_history));
  options.unknown_entries = flags_.carry_unknown ? UnknownEntries::kCarry : UnknownEntries::kRefuse;
  options.allow_network_file_system = flags_.allow_network_file_system;
  options.create_if_missing = false;
  options.lock_timeout =
      std::chrono::milliseconds(static_cast<std::int64_t>(flags_.wait_seconds * 1000));
  auto bars = std::make_shared<RecoveryBars>(output_);
  options.progress = [bars](const RecoveryProgress& progress) { bars->Update(progress); };
  options.cancelled = Interrupted;
  return options;
}

absl::StatusOr<OpenedStore> Session::OpenForReading() {
  VARVE_ASSIGN_OR_RETURN(OpenOptions options, MakeOpenOptions());
  options.read_only = true;
  return OpenStore(store(), MakeRegistry(), options);
}

absl::StatusOr<OpenedStore> Session::OpenForWriting() {
  VARVE_ASSIGN_OR_RETURN(OpenOptions options, MakeOpenOptions());
  return Open(options);
}

absl::StatusOr<OpenedStore> Session::OpenOrCreate() {
  VARVE_ASSIGN_OR_RETURN(OpenOptions options, MakeOpenOptions());
  options.create_if_missing = true;
  return Open(options);
}

absl::StatusOr<OpenedStore> Session::Open(const OpenOptions& options) {
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, OpenStore(store(), MakeRegistry(), options));
  for (const std::string& warning : opened.report.warnings) output_.Note(warning);
  return opened;
}

absl::StatusOr<Answer> CloseAfter(OpenedStore& opened, absl::StatusOr<Answer> answer) {
  const absl::Status closed = opened.store->Close();
  if (answer.ok() && !closed.ok()) return AddContext(closed, "closing the store");
  return answer;
}

absl::StatusOr<std::chrono::microseconds> ParseKeepHistory(std::string_view text) {
  if (text == "forever") return std::chrono::microseconds::max();
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  std::int64_t seconds = -1;
  if (unit == "s") seconds = 1;
  if (unit == "m") seconds = 60;
  if (unit == "h") seconds = 3600;
  if (unit == "d") seconds = 86400;
  if (unit.empty() && count == 0) seconds = 0;
  // A century at most: further than any clock here, and far from overflow.
  constexpr std::int64_t kSecondsMax = std::int64_t{100} * 366 * 86400;
  if (error != std::errc() || seconds < 0 || count < 0 ||
      (seconds > 0 && count > kSecondsMax / seconds)) {
    return InvalidArgument("--keep-history ", text,
                           ": give \"forever\", \"0\" or a number with its unit, as in 90s, 15m, "
                           "12h or 7d");
  }
  return std::chrono::seconds(count * seconds);
}

void CatchInterrupts() {
  std::signal(SIGINT, OnInterrupt);
  std::signal(SIGTERM, OnInterrupt);
}

bool Interrupted() { return interrupted.load(); }

}  // namespace varve::cli
