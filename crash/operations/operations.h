// One random operation of each built-in primitive: what the conformance suite and the crash harness
// feed to a store. Few names, so that operations meet; refused moves included.
#ifndef VARVE_CRASH_OPERATIONS_OPERATIONS_H_
#define VARVE_CRASH_OPERATIONS_OPERATIONS_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "crash/decisions.h"
#include "crash/subject.h"
#include "kernel/transaction.h"

namespace varve::crash {

// Each answers OK where the primitive's own rules refused the operation: that logs nothing.
[[nodiscard]] absl::Status OperateKv(Transaction& transaction, const RunId& run, Decisions& random);
[[nodiscard]] absl::Status OperateJson(Transaction& transaction, const RunId& run,
                                       Decisions& random);
[[nodiscard]] absl::Status OperateEvent(Transaction& transaction, const RunId& run,
                                        Decisions& random);
[[nodiscard]] absl::Status OperateState(Transaction& transaction, const RunId& run,
                                        Decisions& random);
[[nodiscard]] absl::Status OperateTrace(Transaction& transaction, const RunId& run,
                                        Decisions& random);
// Works on the register of runs, whatever `run` is.
[[nodiscard]] absl::Status OperateRun(Transaction& transaction, const RunId& run,
                                      Decisions& random);
[[nodiscard]] absl::Status OperateVector(Transaction& transaction, const RunId& run,
                                         Decisions& random);

// The JSON primitive, whose allocations never fail: what it keeps values in would not survive that.
[[nodiscard]] std::unique_ptr<Primitive> MakeJsonWithMemory();

// The seven built-in primitives with the operations above.
[[nodiscard]] std::vector<Subject> BuiltinSubjects();

}  // namespace varve::crash

#endif  // VARVE_CRASH_OPERATIONS_OPERATIONS_H_
