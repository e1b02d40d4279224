// Transaction::CopyRun: a run's rows, read through any reader, as entries of a transaction.
#ifndef VARVE_KERNEL_INTERNAL_COPY_RUN_H_
#define VARVE_KERNEL_INTERNAL_COPY_RUN_H_

#include "absl/status/status.h"
#include "kernel/internal/transaction_state.h"
#include "kernel/reader.h"

namespace varve::internal {

// As Transaction::CopyRun says.
[[nodiscard]] absl::Status CopyRun(Reader& from, const RunId& source, const RunId& target,
                                   TransactionState& to);

}  // namespace varve::internal

#endif  // VARVE_KERNEL_INTERNAL_COPY_RUN_H_
