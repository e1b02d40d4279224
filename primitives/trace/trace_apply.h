// Entries to mutations: the four operations of the state machine. Used by TracePrimitive only.
//
// Each answers, besides kDataLoss for a payload that cannot be:
//   record     kAlreadyExists: there is such a span. kNotFound: there is no such parent.
//   finish     kNotFound; kFailedPrecondition: it has ended; kInvalidArgument: before its start
//   annotate   kNotFound; kResourceExhausted: more tags or attributes than a span may have
//   delete     nothing: OK also where there is no such span
#ifndef VARVE_PRIMITIVES_TRACE_TRACE_APPLY_H_
#define VARVE_PRIMITIVES_TRACE_TRACE_APPLY_H_

#include <string_view>

#include "absl/status/status.h"
#include "kernel/primitive.h"

namespace varve::trace {

[[nodiscard]] absl::Status ApplyRecord(std::string_view payload, ApplyContext& context);
[[nodiscard]] absl::Status ApplyFinish(std::string_view payload, ApplyContext& context);
[[nodiscard]] absl::Status ApplyAnnotate(std::string_view payload, ApplyContext& context);
[[nodiscard]] absl::Status ApplyDelete(std::string_view payload, ApplyContext& context);

}  // namespace varve::trace

#endif  // VARVE_PRIMITIVES_TRACE_TRACE_APPLY_H_
