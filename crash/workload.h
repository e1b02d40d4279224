// What the harness does to a store, step by step.
#ifndef VARVE_CRASH_WORKLOAD_H_
#define VARVE_CRASH_WORKLOAD_H_

#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crash/allocations/allocation_fault.h"
#include "crash/decisions.h"
#include "crash/subject.h"
#include "recovery/open.h"

namespace varve::crash {

// Memory that ends in the middle of something: its allocations are counted.
struct MemoryFault {
  std::uint64_t skip = 0;  // how many find memory before the one that does not
  bool lasts = false;      // nor does any after it, until that something ends
  friend bool operator==(const MemoryFault&, const MemoryFault&) = default;
};

// kUnimplemented where this program cannot make allocations fail, and what to do about it.
[[nodiscard]] absl::Status CheckAllocationsCanFail();

// What `work` answers, done while memory ends where `fault` says so, if it does; `fired` counts it
// where it did. kInternal: std::bad_alloc left `work`, whose interface has no exceptions.
template <typename Work>
[[nodiscard]] auto WithMemory(const std::optional<MemoryFault>& fault, const Work& work,
                              std::uint64_t& fired) -> decltype(work()) {
  if (!fault.has_value()) return work();
  const AllocationFault armed(fault->skip + 1, fault->lasts ? AllocationFault::Lasts::kForEver
                                                            : AllocationFault::Lasts::kOnce);
  const auto count = [&] { fired += armed.fired() ? 1 : 0; };
  try {
    auto answer = work();
    count();
    return answer;
  } catch (const std::bad_alloc&) {
    const AllocationsSucceed words;
    count();
    return absl::InternalError("std::bad_alloc leaves an interface that has no exceptions");
  }
}

struct Step {
  enum class Kind { kCommitDurably, kCommitBuffered, kSync, kCheckpoint, kSnapshot };
  Kind kind = Kind::kCommitDurably;
  // How far the clock moves before the step: microseconds, backwards where negative.
  std::int64_t clock_micros = 0;
  // Of a commit: the decisions of its transaction, zeros behind the end.
  std::string choices{};
  std::optional<MemoryFault> memory{};

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

// Begins a transaction, runs Operate in it and commits it. What an operation allocates and does not
// find is kResourceExhausted: the typed handles throw (docs/limits.md), and the transaction ends.
// Where nothing was written the receipt's LSN is Lsn(). Errors as Store::Begin, Operate and
// Transaction::Commit.
[[nodiscard]] absl::StatusOr<Receipt> CommitStep(Store& store, const std::vector<Subject>& subjects,
                                                 const std::string& choices, Durability durability,
                                                 std::vector<absl::StatusCode>& codes);

}  // namespace varve::crash

#endif  // VARVE_CRASH_WORKLOAD_H_
