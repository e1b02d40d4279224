#include "crash/process/process_case.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "kernel/base/status.h"

namespace varve::crash {

CaseEnd ProcessCase::Run() {
  script_ = DrawScript(random_, options_.steps);
  SetThreads();
  Note("the script on the twin, which never crashes");
  absl::StatusOr<std::unique_ptr<Twin>> twin = Twin::Make(options_.subjects);
  if (!twin.ok()) return {.tool = {}, .verdict = AddContext(twin.status(), "on the twin")};
  twin_ = *std::move(twin);
  const absl::Status ran = RunOnTwin(script_, *twin_);
  if (!ran.ok()) return {.tool = {}, .verdict = AddContext(ran, "on the twin")};

  Note("the script without a crash");
  absl::StatusOr<Trace> trace = RecordAnew();
  if (!trace.ok()) return {.tool = trace.status(), .verdict = {}};
  Promise promise;
  const absl::Status ended = TakeEnd(*trace, promise);
  if (!ended.ok()) return {.tool = {}, .verdict = AddContext(ended, "without any crash")};
  return Explore(*std::move(trace));
}

void ProcessCase::SetThreads() {
  script_.options.store.background_threads = options_.threads;
  script_.options.store.log.background_threads = options_.threads;
}

absl::Status ProcessCase::TakeEnd(const Trace& trace, Promise& promise) {
  ++(trace.killed ? findings_.counts().kills : findings_.counts().scripts);
  findings_.counts().system_calls += trace.system_calls;
  findings_.counts().changing_calls += trace.changing_calls;
  promise.served = 0;
  for (const TraceEvent& event : trace.events) {
    if (event.kind == TraceEvent::Kind::kMarker) promise.Take(event.bytes);
  }
  if (promise.failure.empty() && (trace.killed || (trace.exit_code == 0 && trace.signal == 0))) {
    return absl::OkStatus();
  }
  return MakeStatus(absl::StatusCode::kInternal, "the process ended with code ", trace.exit_code,
                    ", signal ", trace.signal, ": ", promise.failure);
}

absl::StatusOr<Trace> ProcessCase::RecordAnew(const std::optional<KillPoint>& kill,
                                              const std::optional<CallFault>& fault) {
  std::error_code error;
  std::filesystem::remove_all(work_folder(), error);
  return Record(kill, fault);
}

absl::StatusOr<Trace> ProcessCase::Record(const std::optional<KillPoint>& kill,
                                          const std::optional<CallFault>& fault) {
  std::error_code error;
  std::filesystem::create_directories(work_folder(), error);
  const int marker = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (error || marker < 0) {
    return MakeStatus(absl::StatusCode::kUnknown, "cannot make ", work_folder(),
                      " or open /dev/null: ", std::strerror(errno));
  }
  RecordOptions options;
  options.folder = work_folder();
  options.marker_descriptor = marker;
  options.kill = kill;
  options.fault = fault;
  absl::StatusOr<Trace> trace = RecordTrace(
      options, [&] { return RunScript(script_, options_.subjects, work_folder(), marker); });
  static_cast<void>(::close(marker));
  return trace;
}

void ProcessCase::Note(const std::string& place) {
  findings_.SetPlace(place);
  findings_.SetStream(random_.stream());
  ProgressMade(options_.patience);
}

}  // namespace varve::crash
