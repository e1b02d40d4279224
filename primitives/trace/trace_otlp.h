// Traces to OpenTelemetry and back: OTLP/JSON (ExportTraceServiceRequest), which a collector takes
// at POST /v1/traces with Content-Type: application/json.
//
//   varve::OtlpExportOptions options{.service_name = "booking-agent"};
//   do {
//     VARVE_ASSIGN_OR_RETURN(varve::OtlpRequest request, varve::ExportOtlp(view, run, options));
//     Send(request.json);
//     options.query.cursor = request.cursor;
//   } while (!options.query.cursor.empty());
//
// What becomes what:
//
//   here                        there
//   the run                     traceId
//   id, parent                  spanId, parentSpanId (16 hexadecimal digits)
//   kind                        attribute "varve.kind"; kind 3 (client) for tool calls and queries,
//                               else 1 (internal)
//   tags                        attribute "varve.tags", where there are any
//   start, end                  nanoseconds since 1970, decimal text; a span that has not ended has
//                               no endTimeUnixNano
//   status, message             status
//   attributes                  attributes; integers past 63 bits become doubles
//
// Attributes named "otlp." hold what only OpenTelemetry has: "otlp.kind", "otlp.events",
// "otlp.links", and "otlp.parent" for a parent that is not in the run. An export puts them back
// into their fields.
#ifndef VARVE_PRIMITIVES_TRACE_TRACE_OTLP_H_
#define VARVE_PRIMITIVES_TRACE_TRACE_OTLP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernel/reader.h"
#include "kernel/transaction.h"
#include "primitives/trace/span_query.h"

namespace varve {

struct OtlpExportOptions {
  SpanQuery query{};  // which spans; its limit is how many one request holds
  // nullopt: the run's id. The default run has none, so there it must be set (the store's uuid will
  // do): else kInvalidArgument.
  std::optional<Uuid> trace_id{};
  std::string service_name = "varve";  // the resource attribute service.name; UTF-8
};

struct OtlpRequest {
  std::string json{};  // one ExportTraceServiceRequest, on one line
  std::uint64_t spans = 0;
  std::string cursor{};  // for the next request, SpanQuery::cursor; empty after the last
};

// One request. Errors as Trace::Find; kDataLoss also where a stored attribute is no JSON.
[[nodiscard]] absl::StatusOr<OtlpRequest> ExportOtlp(Reader& reader, const RunId& run,
                                                     const OtlpExportOptions& options = {});

struct OtlpImportOptions {
  // Only spans of this trace. nullopt: all spans of the request, which must then be of one.
  std::optional<Uuid> trace_id{};
};

struct OtlpImport {
  std::uint64_t spans = 0;
  std::uint64_t orphans = 0;       // became roots, since their parent is not in the run
  std::optional<Uuid> trace_id{};  // of what was imported; nullopt where nothing was
};

// Records the spans of one request into `run`, parents before children, in whatever order they
// stand. Times lose what is below a microsecond; spans without a name are called "(unnamed)"; what
// the request says of resource and scope is not kept.
//   kInvalidArgument  not such a request (the message names the span), several traces, spans that
//                     are each other's parents, or what Trace::Record refuses
//   kAlreadyExists    a span is there already, in the run or twice in the request
//   kResourceExhausted  as Trace::Record
// After an error some spans may stand in the transaction: abandon it. Parents outside of the
// request are looked for, which can make Commit answer kAborted: use Store::Update.
[[nodiscard]] absl::StatusOr<OtlpImport> ImportOtlp(Transaction& transaction, const RunId& run,
                                                    std::string_view request,
                                                    const OtlpImportOptions& options = {});

}  // namespace varve

#endif  // VARVE_PRIMITIVES_TRACE_TRACE_OTLP_H_
