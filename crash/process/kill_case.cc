#include <set>
#include <string>
#include <utility>

#include "crash/process/process_case.h"
#include "crash/process/real_check.h"
#include "kernel/base/status.h"

namespace varve::crash {
namespace {

using When = KillPoint::When;

// Of 100. Not all of them, so that a decision stream can leave out a kill.
constexpr unsigned kKillPercent = 99;
constexpr unsigned kKillRecoveryPercent = 30;
constexpr std::uint64_t kRecoveryCalls = 24;  // about as many as it makes

std::string DescribeKill(const KillPoint& kill, const Trace& trace) {
  std::string text = "killed ";
  text += kill.when == When::kBefore ? "before " : kill.when == When::kAfter ? "after " : "within ";
  text += "call " + std::to_string(kill.call);
  for (auto event = trace.events.rbegin(); event != trace.events.rend(); ++event) {
    if (event->kind != TraceEvent::Kind::kMarker)
      return text + ", the last one \"" + event->ToString() + "\"";
  }
  return text + ", the first one";
}

}  // namespace

CaseEnd KillCase::Explore(Trace trace) {
  const bool every = options_.kill_at_every_call;
  const std::uint64_t calls = every ? trace.system_calls : trace.changing_calls;
  const std::set<std::uint64_t> divisible(trace.divisible_calls.begin(),
                                          trace.divisible_calls.end());
  CaseEnd end;
  for (std::uint64_t call = 1 + random_.Below(options_.kill_stride); call <= calls;
       call += options_.kill_stride) {
    for (const When when : {When::kBefore, When::kAfter, When::kWithin}) {
      if (when == When::kWithin && (every || !divisible.contains(call))) continue;
      if (!random_.Chance(kKillPercent)) continue;
      end = KillAt({.call = call, .when = when, .every_call = every});
      if (!end.ok()) return end;
    }
  }
  return end;
}

CaseEnd KillCase::KillAt(const KillPoint& kill) {
  const CheckPlan plan = CheckPlan::Draw(random_);
  KillPoint in_recovery;
  if (random_.Chance(kKillRecoveryPercent)) {
    in_recovery.call = 1 + random_.Below(kRecoveryCalls);
    in_recovery.when = random_.Chance(50) ? When::kBefore : When::kWithin;
  } else {
    in_recovery.call = 0;
  }
  Note("killed at call " + std::to_string(kill.call));
  absl::StatusOr<Trace> trace = RecordAnew(kill);
  if (!trace.ok()) return {.tool = trace.status(), .verdict = {}};
  if (options_.spoil != nullptr) options_.spoil(*trace);
  if (!trace->killed) return {};  // every call: threads of the library may make some more or less
  Promise promise;
  std::string place = DescribeKill(kill, *trace);
  absl::Status verdict = TakeEnd(*trace, promise);
  if (verdict.ok() && in_recovery.call > 0) {
    place += ", then at call " + std::to_string(in_recovery.call) + " of the recovery";
    Note(place);
    const CaseEnd end = KillRecovery(in_recovery, promise);
    if (!end.tool.ok()) return end;
    verdict = end.verdict;
  }
  Note(place);
  RealCheck check(options_.subjects, *twin_, work_folder(), findings_.counts());
  if (verdict.ok()) verdict = check.Check(promise, plan);
  if (verdict.ok()) return {};
  return {.tool = {}, .verdict = AddContext(verdict, place)};
}

// A process that only opens and closes what the killed one has left, killed in its turn.
CaseEnd KillCase::KillRecovery(const KillPoint& kill, Promise& promise) {
  const Script work = std::exchange(script_, Script());
  script_.seed = work.seed + 500;
  script_.start = Timestamp(work.start.micros() + 1'000'000'000);
  script_.options = work.options;
  script_.openings.resize(1);
  const absl::StatusOr<Trace> trace = Record(kill);
  script_ = work;
  if (!trace.ok()) return {.tool = trace.status(), .verdict = {}};
  findings_.counts().nested += trace->killed ? 1 : 0;
  return {.tool = {}, .verdict = TakeEnd(*trace, promise)};
}

}  // namespace varve::crash
