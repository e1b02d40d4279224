#include <string>

#include "crash/process/process_case.h"
#include "crash/process/real_check.h"
#include "kernel/base/status.h"

namespace varve::crash {
namespace {

using When = KillPoint::When;

// Of 100. Not all of them, so that a decision stream can leave out a kill.
constexpr unsigned kKillPercent = 99;

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
  CaseEnd end;
  for (std::uint64_t call = 1 + random_.Below(options_.kill_stride); call <= calls;
       call += options_.kill_stride) {
    for (const When when : {When::kBefore, When::kAfter, When::kWithin}) {
      if (!random_.Chance(kKillPercent)) continue;
      end = KillAt({.call = call, .when = when, .every_call = every});
      if (!end.ok()) return end;
    }
  }
  return end;
}

CaseEnd KillCase::KillAt(const KillPoint& kill) {
  const CheckPlan plan = CheckPlan::Draw(random_);
  Note("killed at call " + std::to_string(kill.call));
  const absl::StatusOr<Trace> trace = RecordAnew(kill);
  if (!trace.ok()) return {.tool = trace.status(), .verdict = {}};
  if (!trace->killed) return {};  // every call: threads of the library may make some more or less
  ++findings_.counts().kills;
  Promise promise;
  for (const TraceEvent& event : trace->events) {
    if (event.kind == TraceEvent::Kind::kMarker) promise.Take(event.bytes);
  }
  const std::string place = DescribeKill(kill, *trace);
  Note(place);
  RealCheck check(options_.subjects, *twin_, work_folder(), findings_.counts());
  const absl::Status verdict = check.Check(promise, plan);
  if (verdict.ok()) return {};
  return {.tool = {}, .verdict = AddContext(verdict, place)};
}

}  // namespace varve::crash
