#include <algorithm>
#include <utility>

#include "kernel/base/status.h"
#include "tests/crash/proof/driver.h"
#include "tests/crash/proof/life.h"
#include "tests/crash/proof/planted.h"

namespace varve::crash {
namespace {

// The rarer kinds.
constexpr CallKind kApart[] = {
    CallKind::kCreate,        CallKind::kTruncate,        CallKind::kSync,
    CallKind::kRename,        CallKind::kRemove,          CallKind::kSync,
    CallKind::kWrite,         CallKind::kCreateDirectory, CallKind::kSync,
    CallKind::kSyncDirectory, CallKind::kSyncDirectory,   CallKind::kSyncDirectory};

bool IsSync(CallKind kind) { return kind == CallKind::kSync || kind == CallKind::kFlushDurably; }
bool IsWrite(CallKind kind) { return kind == CallKind::kWrite || kind == CallKind::kWriteDurably; }

// A way to fail that a call of this kind has.
Fault DrawFault(Dice& dice, CallKind kind) {
  using Effect = Fault::Effect;
  Fault fault;
  if (IsSync(kind)) {
    constexpr Effect kEffects[] = {Effect::kFail, Effect::kSyncDropped, Effect::kSyncReverted,
                                   Effect::kSyncPersisted};
    fault.effect = kEffects[dice.Below(4)];
  } else if (IsWrite(kind) && dice.Chance(40)) {
    fault.effect = Effect::kPartialWrite;
    fault.partial_bytes = dice.Below(64);
  } else if (kind == CallKind::kSyncDirectory && dice.Chance(30)) {
    fault.effect = Effect::kSyncPersisted;
  }
  if (dice.Chance(30)) fault.status = DiskFull();
  return fault;
}

std::uint64_t UsedBytes(const StrictFileSystem& files) {
  std::uint64_t bytes = 0;
  for (const auto& [path, content] : files.Contents()) bytes += content.size();
  return bytes;
}

class FaultCase final {
 public:
  explicit FaultCase(std::uint64_t seed)
      : seed_(seed),
        dice_(seed),
        options_(DrawOptions(dice_)),
        steps_(DrawSteps(dice_, 24, dice_.Chance(20))),
        world_(seed, BuiltinSubjects()) {}

  ~FaultCase() { world_.files().SetHook(nullptr); }
  FaultCase(const FaultCase&) = delete;
  FaultCase& operator=(const FaultCase&) = delete;

  absl::Status Run() {
    const absl::Status status = Live();
    return found_.ok() ? status : found_;
  }

 private:
  absl::Status Live() {
    const bool full = dice_.Chance(25);
    const std::size_t full_from = full ? dice_.Below(steps_.size()) : steps_.size();
    if (!full) VARVE_RETURN_IF_ERROR(PlanFault());
    world_.files().SetHook([this](const Call& call) { CheckCrash(call); });
    VARVE_RETURN_IF_ERROR(Open());
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (i == full_from) world_.files().SetCapacity(UsedBytes(world_.files()));
      if (i == full_from + 6) world_.files().SetCapacity(~std::uint64_t{0});
      const absl::Status status =
          RunStepAndCompare(steps_[i], world_, options_, opened_, promises_);
      if (!status.ok()) VARVE_RETURN_IF_ERROR(CheckAnswer(steps_[i], status));
    }
    world_.files().SetCapacity(~std::uint64_t{0});
    return CheckRemains();
  }

  // The power may go, too, before any call.
  void CheckCrash(const Call& call) {
    if (!found_.ok() || !dice_.Chance(3)) return;
    NoteCrash();
    const CrashChoice choice = DrawChoice(dice_);
    found_ = CheckImage(world_.After(choice, dice_.Chance(50)), options_, promises_, dice_.Next(),
                        /*may_nest=*/false);
    if (found_.ok()) return;
    found_ = AddContext(found_, "crash before " + call.ToString() + " (" + choice.ToString() + ")");
  }

  // Draws a call of a run without faults, to fail in this one.
  absl::Status PlanFault() {
    World world(seed_, BuiltinSubjects());
    Promises promises;
    if (dice_.Chance(25)) return PlanReadFault();
    if (dice_.Chance(15)) return PlanSnapshotFault();
    VARVE_ASSIGN_OR_RETURN(OpenedStore opened, world.Open(options_));
    for (const SweepStep& step : steps_) {
      VARVE_RETURN_IF_ERROR(RunStepAndCompare(step, world, options_, opened, promises));
    }
    // First of which kind: most calls are writes to the log.
    std::vector<Call> calls = world.files().calls();
    const CallKind kind = calls[dice_.Below(calls.size())].kind;
    const bool apart = dice_.Chance(50);
    const CallKind wanted = apart ? kApart[dice_.Below(std::size(kApart))] : kind;
    const bool has = std::ranges::any_of(calls, [&](const Call& c) { return c.kind == wanted; });
    std::erase_if(calls, [&](const Call& c) { return c.kind != (has ? wanted : kind); });
    const Call& call = calls[dice_.Below(calls.size())];
    Fault fault = DrawFault(dice_, call.kind);
    fault.skip = call.ordinal - 1;
    world_.files().AddFault(fault);
    world.Kill(std::move(opened));
    return absl::OkStatus();
  }

  // One of the few calls that a snapshot makes.
  absl::Status PlanSnapshotFault() {
    constexpr CallKind kKinds[] = {CallKind::kSync, CallKind::kSync, CallKind::kRename,
                                   CallKind::kWrite, CallKind::kSyncDirectory};
    const CallKind kind = kKinds[dice_.Below(std::size(kKinds))];
    Fault fault = DrawFault(dice_, kind);
    fault.kind = kind;
    fault.path_contains = "/snapshots";
    fault.skip = dice_.Below(4);
    world_.files().AddFault(fault);
    return absl::OkStatus();
  }

  // A call that changes nothing fails.
  absl::Status PlanReadFault() {
    constexpr CallKind kKinds[] = {CallKind::kRead, CallKind::kOpen, CallKind::kSize,
                                   CallKind::kList, CallKind::kStat, CallKind::kRead};
    const CallKind kind = kKinds[dice_.Below(std::size(kKinds))];
    world_.files().AddFault({.kind = kind, .skip = dice_.Below(60)});
    reads_fail_ = true;
    return absl::OkStatus();
  }

  // Once more where the fault struck the opening itself.
  absl::Status Open() {
    absl::Status first;
    for (int attempt = 0; attempt < 2; ++attempt) {
      auto opened = world_.Open(options_);
      if (opened.ok()) {
        opened_ = *std::move(opened);
        return absl::OkStatus();
      }
      const absl::Status& status = opened.status();
      const bool is_read = reads_fail_ && absl::IsDataLoss(status);
      if (!absl::IsUnknown(status) && !absl::IsResourceExhausted(status) && !is_read) {
        return Wrong("an opening on a failing disk answers", status.ToString());
      }
      if (absl::IsResourceExhausted(status)) world_.files().SetCapacity(~std::uint64_t{0});
      first = status;
    }
    return Wrong("the second opening met no fault and failed all the same", first.ToString());
  }

  absl::Status CheckAnswer(const SweepStep& step, const absl::Status& status) {
    const bool is_honest = absl::IsUnknown(status) || absl::IsResourceExhausted(status) ||
                           absl::IsFailedPrecondition(status) ||
                           (reads_fail_ && absl::IsDataLoss(status));
    if (!is_honest) return Wrong("a step on a failing disk answers", status.ToString());
    if (opened_.store == nullptr) return Restart();  // the close or the reopening failed
    const bool is_commit = step.kind == SweepStep::Kind::kCommitDurably ||
                           step.kind == SweepStep::Kind::kCommitBuffered;
    if (is_commit && absl::IsUnknown(status) && opened_.store->status().ok()) {
      return Wrong("a commit is unknown, yet the store is not poisoned", status.ToString());
    }
    if (opened_.store->status().ok()) return absl::OkStatus();
    if (!absl::IsFailedPrecondition(opened_.store->Begin().status())) {
      return Wrong("a poisoned store begins a transaction");
    }
    if (opened_.store->Close().ok()) return Wrong("a poisoned store closes as if nothing was");
    return Restart();
  }

  // The process ends and starts again on the same machine; or the power went as well.
  absl::Status Restart() {
    VARVE_RETURN_IF_ERROR(CheckRemains());
    opened_ = {};
    VARVE_RETURN_IF_ERROR(Open());
    VARVE_ASSIGN_OR_RETURN(const State state, ReadState(*opened_.store));
    Served served;
    served.state = state;
    VARVE_ASSIGN_OR_RETURN(served.fingerprint, Fingerprint(*opened_.store));
    VARVE_ASSIGN_OR_RETURN(const std::uint64_t number, CheckServed(served, promises_));
    promises_.history = promises_.history.From(number);
    promises_.fingerprints.erase(promises_.fingerprints.upper_bound(number),
                                 promises_.fingerprints.end());
    // What is served from now on must stay.
    return CheckRemains();
  }

  absl::Status CheckRemains() {
    for (const CrashChoice& choice : {CrashChoice::Nothing(), DrawChoice(dice_)}) {
      const absl::Status status =
          CheckImage(world_.After(choice, dice_.Chance(50)), options_, promises_, dice_.Next(),
                     /*may_nest=*/false);
      if (!status.ok()) return AddContext(status, "after a fault, " + choice.ToString());
    }
    return absl::OkStatus();
  }

  const std::uint64_t seed_;
  Dice dice_;
  const OpenOptions options_;
  const std::vector<SweepStep> steps_;
  Promises promises_;
  bool reads_fail_ = false;
  absl::Status found_;
  World world_;
  OpenedStore opened_;
};

}  // namespace

absl::Status RunFaultCase(std::uint64_t seed) { return FaultCase(seed).Run(); }

}  // namespace varve::crash
