#include "tests/crash/sweep_workload.h"

#include <utility>

#include "kernel/base/status.h"
#include "primitives/kv/kv.h"
#include "tests/crash/all_seven.h"

namespace varve::crash {
namespace {

constexpr std::uint64_t kKeys = 12;

std::size_t DrawValueBytes(Dice& dice) {
  const std::uint64_t kind = dice.Below(100);
  if (kind < 75) return dice.Below(120);
  if (kind < 93) return 200 + dice.Below(1200);
  if (kind < 99) return 3000 + dice.Below(5000);
  return 17'000 + dice.Below(4000);  // larger than the smallest segment
}

Operation DrawOperation(Dice& dice, std::uint64_t step) {
  Operation operation;
  operation.key = "key" + std::string(1, static_cast<char>('a' + dice.Below(kKeys)));
  operation.deletes = dice.Chance(25);
  if (!operation.deletes) {
    operation.value = MarkerText(step);
    operation.value.append(DrawValueBytes(dice), static_cast<char>('a' + dice.Below(26)));
  }
  return operation;
}

SweepStep::Kind DrawKind(Dice& dice) {
  const std::uint64_t kind = dice.Below(100);
  if (kind < 50) return SweepStep::Kind::kCommitDurably;
  if (kind < 80) return SweepStep::Kind::kCommitBuffered;
  if (kind < 86) return SweepStep::Kind::kSync;
  if (kind < 92) return SweepStep::Kind::kCheckpoint;
  if (kind < 96) return SweepStep::Kind::kSnapshot;
  return SweepStep::Kind::kReopen;
}

bool IsCommit(const SweepStep& step) {
  return step.kind == SweepStep::Kind::kCommitDurably ||
         step.kind == SweepStep::Kind::kCommitBuffered;
}

absl::Status Write(const SweepStep& step, std::uint64_t number, Transaction& transaction) {
  Kv kv(transaction);
  for (const Operation& operation : step.operations) {
    VARVE_RETURN_IF_ERROR(operation.deletes ? kv.Delete(operation.key)
                                            : kv.Put(operation.key, operation.value));
  }
  if (step.through_seven) {
    VARVE_RETURN_IF_ERROR(WriteThroughSeven(transaction, kSevenRun, number));
  }
  return kv.Put(kMarkerKey, MarkerText(number));
}

absl::Status Commit(const SweepStep& step, Store& store, History& history) {
  const bool durably = step.kind == SweepStep::Kind::kCommitDurably;
  const std::uint64_t number = history.Start(step);
  auto transaction = store.Begin();
  if (!transaction.ok()) {
    history.Forget();
    return transaction.status();
  }
  if (absl::Status status = Write(step, number, *transaction); !status.ok()) {
    history.Forget();
    return status;
  }
  const auto receipt = transaction->Commit(durably ? Durability::kDurable : Durability::kBuffered);
  if (!receipt.ok()) {
    if (!absl::IsUnknown(receipt.status())) history.Forget();
    return receipt.status();
  }
  if (durably) history.AllDurable();
  return absl::OkStatus();
}

absl::Status Reopen(World& world, OpenedStore& opened, History& history) {
  const absl::Status closed = opened.store->Close();
  opened = {};
  VARVE_RETURN_IF_ERROR(closed);
  history.AllDurable();
  VARVE_ASSIGN_OR_RETURN(opened, world.Open());
  return absl::OkStatus();
}

}  // namespace

std::vector<SweepStep> MakeSteps(std::uint64_t seed, std::size_t count) {
  Dice dice(seed);
  std::vector<SweepStep> steps(count);
  for (std::size_t i = 0; i < count; ++i) {
    steps[i].kind = DrawKind(dice);
    if (!IsCommit(steps[i])) continue;
    const std::uint64_t operations = 1 + dice.Below(5);
    for (std::uint64_t n = 0; n < operations; ++n) {
      steps[i].operations.push_back(DrawOperation(dice, i));
    }
  }
  return steps;
}

std::vector<SweepStep> MakeStepsThroughSeven(std::uint64_t seed, std::size_t count) {
  std::vector<SweepStep> steps = MakeSteps(seed, count);
  for (SweepStep& step : steps) step.through_seven = IsCommit(step);
  return steps;
}

std::uint64_t History::Start(const SweepStep& step) {
  State next = states_.back();
  for (const Operation& operation : step.operations) {
    if (operation.deletes) {
      next.erase(operation.key);
    } else {
      next[operation.key] = operation.value;
    }
  }
  const std::uint64_t number = states_.size();
  next[kMarkerKey] = MarkerText(number);
  if (step.through_seven) {
    through_seven_ = true;
    std::erase_if(next, [](const auto& line) { return line.first.starts_with(kSevenPrefix); });
    for (const auto& [title, finding] : SevenAfter(number)) next[kSevenPrefix + title] = finding;
  }
  states_.push_back(std::move(next));
  return started();
}

void History::Forget() { states_.pop_back(); }

History History::From(std::uint64_t number) const {
  History history;
  history.states_.assign(states_.begin(),
                         states_.begin() + static_cast<std::ptrdiff_t>(number + 1));
  history.durable_ = number;
  history.through_seven_ = through_seven_;
  return history;
}

absl::Status RunStep(const SweepStep& step, World& world, OpenedStore& opened, History& history) {
  Store& store = *opened.store;
  switch (step.kind) {
    case SweepStep::Kind::kCommitDurably:
    case SweepStep::Kind::kCommitBuffered:
      return Commit(step, store, history);
    case SweepStep::Kind::kSync:
      VARVE_RETURN_IF_ERROR(store.Sync());
      history.AllDurable();
      return absl::OkStatus();
    case SweepStep::Kind::kCheckpoint:
      return store.Checkpoint();
    case SweepStep::Kind::kSnapshot:
      return opened.snapshotter->CreateSnapshot(store).status();
    case SweepStep::Kind::kReopen:
      return Reopen(world, opened, history);
  }
  return absl::OkStatus();
}

}  // namespace varve::crash
