// What C asks of spans, for reads and for exports.
#ifndef VARVE_BINDINGS_C_SPAN_QUERY_H_
#define VARVE_BINDINGS_C_SPAN_QUERY_H_

#include "absl/status/statusor.h"
#include "bindings/c/varve_trace.h"
#include "primitives/trace/span_query.h"

namespace varve_c {

[[nodiscard]] absl::StatusOr<SpanQuery> SpanQueryOf(const varve_span_query* given);
// 0 is nullopt. kInvalidArgument: no such kind.
[[nodiscard]] absl::StatusOr<std::optional<SpanKind>> SpanKindOf(std::int32_t kind);

}  // namespace varve_c

#endif  // VARVE_BINDINGS_C_SPAN_QUERY_H_
