#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "crash/process/process_case.h"
#include "crash/process/real_check.h"
#include "kernel/base/status.h"

namespace varve::crash {
namespace {

// Of 100. Not all of them, so that a decision stream can leave out a fault.
constexpr unsigned kFaultPercent = 99;
constexpr unsigned kAllocationPercent = 30;
constexpr unsigned kLastsPercent = 20;
constexpr std::uint64_t kSkipBits = 12;

std::vector<CallSite> SitesOf(const std::vector<SiteCall>& calls) {
  std::vector<CallSite> sites;
  for (const SiteCall& call : calls) {
    if (std::find(sites.begin(), sites.end(), call.site) == sites.end()) sites.push_back(call.site);
  }
  return sites;
}

std::vector<SiteCall> CallsAt(CallSite site, const std::vector<SiteCall>& calls) {
  std::vector<SiteCall> at;
  for (const SiteCall& call : calls) {
    if (call.site == site) at.push_back(call);
  }
  return at;
}

std::string Described(const ScriptMemory& memory, std::size_t steps) {
  const std::string part = memory.part == 0      ? "itself"
                           : memory.part > steps ? "in its close"
                                                 : "in step " + std::to_string(memory.part);
  return "allocation " + std::to_string(memory.fault.skip + 1) + " of opening " +
         std::to_string(memory.opening + 1) + ", " + part + ", fails" +
         (memory.fault.lasts ? ", and all after it" : "");
}

}  // namespace

CaseEnd FaultCase::Explore(Trace trace) {
  script_.expects_errors = true;
  CaseEnd end;
  for (std::uint64_t i = 0; i < options_.faults && end.ok(); ++i) {
    if (!random_.Chance(kFaultPercent)) continue;
    const bool allocates = random_.Chance(kAllocationPercent) && options_.allocations;
    end = allocates ? FailAllocation() : FailCall(trace.site_calls);
  }
  return end;
}

// Sites first, so that the few calls that rename fail as often as the many that write.
CaseEnd FaultCase::FailCall(const std::vector<SiteCall>& calls) {
  const std::vector<CallSite> sites = SitesOf(calls);
  if (sites.empty()) return {};
  const CallSite site = sites[random_.Below(sites.size())];
  const std::vector<SiteCall> at = CallsAt(site, calls);
  const std::uint64_t index = random_.Below(at.size());
  const std::vector<CallFault> faults = FaultsOf(at[index]);
  CallFault fault = faults[random_.Below(faults.size())];
  fault.site = site;
  fault.ordinal = index + 1;
  fault.lasts = random_.Chance(kLastsPercent) && fault.effect == CallFault::Effect::kFailed;
  const std::string where = at[index].path.empty() ? "memory" : at[index].path;
  return RunWith(fault, fault.ToString() + " (" + where + ")", IsHidden(fault, at[index]));
}

CaseEnd FaultCase::FailAllocation() {
  ScriptMemory memory;
  memory.opening = random_.Below(script_.openings.size());
  const std::size_t steps = script_.openings[memory.opening].size();
  memory.part = random_.Below(steps + 2);
  memory.fault.skip = random_.Below(std::uint64_t{1} << random_.Below(kSkipBits));
  memory.fault.lasts = random_.Chance(kLastsPercent);
  script_.memory = memory;
  const CaseEnd end = RunWith(std::nullopt, Described(memory, steps), /*hidden=*/false);
  script_.memory.reset();
  return end;
}

CaseEnd FaultCase::RunWith(const std::optional<CallFault>& fault, const std::string& place,
                           bool hidden) {
  const CheckPlan plan = CheckPlan::Draw(random_);
  Note(place);
  absl::StatusOr<Trace> trace = RecordAnew(std::nullopt, fault);
  if (!trace.ok()) return {.tool = trace.status(), .verdict = {}};
  if (options_.spoil != nullptr) options_.spoil(*trace);
  Promise promise;
  absl::Status verdict = TakeEnd(*trace, promise);
  ProcessCounts& counts = findings_.counts();
  (hidden ? counts.hidden_faults : counts.failed_calls) += trace->faults;
  counts.allocations_failed += promise.memory_ended ? 1 : 0;
  counts.answers += promise.answers;
  if (verdict.ok() && hidden && promise.answers > 0) {
    verdict =
        MakeStatus(absl::StatusCode::kInternal, "O14: the store does not go on as if nothing ",
                   "had been: ", promise.last_answer);
  }
  RealCheck check(options_.subjects, *twin_, work_folder(), counts);
  if (verdict.ok()) verdict = check.Check(promise, plan);
  if (verdict.ok()) return {};
  return {.tool = {}, .verdict = AddContext(verdict, place)};
}

}  // namespace varve::crash
