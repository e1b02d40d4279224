#include "crash/workload.h"

#include <algorithm>

#include "kernel/base/out_of_memory.h"
#include "kernel/base/status.h"

namespace varve::crash {
namespace {

constexpr std::uint64_t kOperationsMax = 4;
constexpr std::uint64_t kRuns = 3;
constexpr std::uint64_t kChoiceBytesMax = 160;

// The default run, and runs that OperateRun makes, ends and deletes.
RunId DrawRun(Decisions& random) {
  const std::uint64_t number = random.Below(kRuns);
  return number == 0 ? RunId() : RunId({static_cast<std::uint8_t>(number), 6});
}

bool IsRefusal(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return true;
    default:
      return false;
  }
}

}  // namespace

absl::Status CheckAllocationsCanFail() {
  if (AllocationsCanFail()) return absl::OkStatus();
  return Unimplemented(
      "allocations are to fail, which this program cannot make them do: use the varve command, or ",
      "link this one with varve::allocation_faults (docs/crash-testing.md)");
}

std::string_view StepName(Step::Kind kind) {
  switch (kind) {
    case Step::Kind::kCommitDurably:
      return "commit";
    case Step::Kind::kCommitBuffered:
      return "commit_buffered";
    case Step::Kind::kSync:
      return "sync";
    case Step::Kind::kCheckpoint:
      return "checkpoint";
    case Step::Kind::kSnapshot:
      return "snapshot";
  }
  return "";
}

Step DrawStep(Decisions& random) {
  Step step;
  const std::uint64_t kind = random.Below(100);
  if (kind < 50) {
    step.kind = Step::Kind::kCommitDurably;
  } else if (kind < 80) {
    step.kind = Step::Kind::kCommitBuffered;
  } else if (kind < 86) {
    step.kind = Step::Kind::kSync;
  } else if (kind < 95) {
    step.kind = Step::Kind::kCheckpoint;
  } else {
    step.kind = Step::Kind::kSnapshot;
  }
  step.clock_micros = static_cast<std::int64_t>(random.Below(2'000));
  if (random.Chance(5)) step.clock_micros = -step.clock_micros * 1'000;
  if (!step.is_commit()) return step;
  step.choices.resize(8 + random.Below(kChoiceBytesMax - 8));
  for (char& choice : step.choices) choice = static_cast<char>(random.Below(256));
  return step;
}

absl::StatusOr<std::vector<absl::StatusCode>> Operate(Transaction& transaction,
                                                      const std::vector<Subject>& subjects,
                                                      const std::string& choices) {
  Decisions random = Decisions::FromBytes(choices);
  std::vector<absl::StatusCode> codes;
  const std::uint64_t operations = 1 + random.Below(kOperationsMax);
  for (std::uint64_t i = 0; i < operations; ++i) {
    const Subject& subject = subjects[random.Below(subjects.size())];
    const RunId run = DrawRun(random);
    const absl::Status status = subject.operate(transaction, run, random);
    if (!status.ok() && !IsRefusal(status)) return status;
    codes.push_back(status.code());
  }
  return codes;
}

absl::StatusOr<Receipt> CommitStep(Store& store, const std::vector<Subject>& subjects,
                                   const std::string& choices, Durability durability,
                                   std::vector<absl::StatusCode>& codes) {
  VARVE_ASSIGN_OR_RETURN(Transaction transaction, store.Begin());
  VARVE_ASSIGN_OR_RETURN(codes,
                         CatchOutOfMemory([&] { return Operate(transaction, subjects, choices); }));
  return transaction.Commit(durability);
}

}  // namespace varve::crash
