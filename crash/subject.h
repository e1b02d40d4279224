// What an author says of a primitive once, and gets conformance tests and crash fuzzing for.
#ifndef VARVE_CRASH_SUBJECT_H_
#define VARVE_CRASH_SUBJECT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "crash/decisions.h"
#include "kernel/primitive.h"
#include "kernel/transaction.h"

namespace varve::crash {

// A call that the handle must refuse before anything is logged: one past a limit, say.
struct Refusal {
  std::string name;
  std::function<absl::Status(Transaction&, const RunId&)> call;
};

struct Subject {
  // A new instance each time: instances must not share state.
  std::function<std::unique_ptr<Primitive>()> make{};
  // One operation of any kind, through the typed handle; few names, so that operations meet. All
  // chance comes from `random`, and nothing else changes what it does: it is run again on an
  // un-crashed twin. An error other than a refusal by the primitive's own rules is a failure.
  std::function<absl::Status(Transaction&, const RunId&, Decisions& random)> operate{};
  // For the conformance suite alone.
  std::vector<Refusal> refusals{};
  // Apply puts its LSN or commit time into values (never into keys): a transaction reads its own
  // rows with a guess in their place, so only their keys are compared with what it committed.
  bool values_hold_position = false;
};

}  // namespace varve::crash

#endif  // VARVE_CRASH_SUBJECT_H_
