// One call of the C interface: from Status and exceptions to varve_status and varve_error.
//
//   varve_status varve_store_sync(varve_store* store, varve_error** error) {
//     return Answer(error, [&]() -> absl::Status { ... });
//   }
#ifndef VARVE_BINDINGS_C_ANSWER_H_
#define VARVE_BINDINGS_C_ANSWER_H_

#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "bindings/c/varve_types.h"
#include "kernel/base/status.h"

struct varve_error {
  explicit varve_error(absl::Status why);
  const absl::Status status;
  const std::string message;
  const std::optional<varve::Damage> damage;
};

namespace varve_c {

// Runs `body` and gives its status to the caller; what it throws becomes a status too.
varve_status Answer(varve_error** error, absl::FunctionRef<absl::Status()> body) noexcept;

// What a callback answered: `status`, with the error that it handed over (freed here; may be
// null). `what` names the callback where it said nothing.
[[nodiscard]] absl::Status AnswerOf(varve_status status, varve_error* error, const char* what);

}  // namespace varve_c

#endif  // VARVE_BINDINGS_C_ANSWER_H_
