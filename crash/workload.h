// What the harness does to a store, step by step.
#ifndef VARVE_CRASH_WORKLOAD_H_
#define VARVE_CRASH_WORKLOAD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crash/decisions.h"
#include "crash/subject.h"
#include "recovery/open.h"

namespace varve::crash {

struct Step {
  enum class Kind { kCommitDurably, kCommitBuffered, kSync, kCheckpoint, kSnapshot };
  Kind kind = Kind::kCommitDurably;
  // How far the clock moves before the step: microseconds, backwards where negative.
  std::int64_t clock_micros = 0;
  // Of a commit: the decisions of its transaction, zeros behind the end.
  std::string choices{};

  [[nodiscard]] bool is_commit() const {
    return kind == Kind::kCommitDurably || kind == Kind::kCommitBuffered;
  }
  friend bool operator==(const Step&, const Step&) = default;
};

[[nodiscard]] std::string_view StepName(Step::Kind kind);

// A step of any kind, commits most of all.
[[nodiscard]] Step DrawStep(Decisions& random);

// Runs the operations that `choices` decides: one to four, each of any of `subjects`, in the
// default run or in one of a few. The codes they ended with, in order: an operation that its
// primitive refused has logged nothing, and the others go on. Any other error ends it and is
// returned: kInternal, kDataLoss, kUnknown, kResourceExhausted.
[[nodiscard]] absl::StatusOr<std::vector<absl::StatusCode>> Operate(
    Transaction& transaction, const std::vector<Subject>& subjects, const std::string& choices);

// Begins a transaction, runs Operate in it and commits it. Where nothing was written the receipt's
// LSN is Lsn(). Errors as Store::Begin, Operate and Transaction::Commit.
[[nodiscard]] absl::StatusOr<Receipt> CommitStep(Store& store, const std::vector<Subject>& subjects,
                                                 const std::string& choices, Durability durability,
                                                 std::vector<absl::StatusCode>& codes);

}  // namespace varve::crash

#endif  // VARVE_CRASH_WORKLOAD_H_
