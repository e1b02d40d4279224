#include "primitives/trace/trace_otlp.h"

#include "bindings/c/answer.h"
#include "bindings/c/handles.h"
#include "bindings/c/span_query.h"

namespace varve_c {

extern "C" {

varve_status varve_trace_export_otlp(varve_reader* reader, const varve_uuid* run,
                                     const varve_span_query* query, const varve_uuid* trace_id,
                                     varve_slice service_name, varve_bytes* request,
                                     uint64_t* count, varve_bytes* cursor, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments()
                              .Given(reader, "reader")
                              .Bytes(service_name, "service_name")
                              .Given(request, "request")
                              .status());
    OtlpExportOptions options;
    VARVE_ASSIGN_OR_RETURN(options.query, SpanQueryOf(query));
    if (trace_id != nullptr) options.trace_id = UuidOf(*trace_id);
    if (service_name.size != 0) options.service_name = TextOf(service_name);
    VARVE_ASSIGN_OR_RETURN(const OtlpRequest known,
                           ExportOtlp(*reader->reader, RunOf(run), options));
    varve_bytes text = BytesOf(known.json);
    try {
      if (cursor != nullptr) *cursor = BytesOf(known.cursor);
    } catch (...) {
      varve_bytes_free(&text);
      throw;
    }
    *request = text;
    GiveTo(count, known.spans);
    return absl::OkStatus();
  });
}

varve_status varve_trace_import_otlp(varve_txn* txn, const varve_uuid* run, varve_slice request,
                                     const varve_uuid* trace_id, uint64_t* count, uint64_t* orphans,
                                     varve_uuid* imported, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(txn, "txn").Bytes(request, "request").status());
    OtlpImportOptions options;
    if (trace_id != nullptr) options.trace_id = UuidOf(*trace_id);
    VARVE_ASSIGN_OR_RETURN(const OtlpImport known,
                           ImportOtlp(*txn->transaction, RunOf(run), TextOf(request), options));
    GiveTo(count, known.spans);
    GiveTo(orphans, known.orphans);
    if (imported != nullptr) *imported = UuidOf(known.trace_id.value_or(Uuid()));
    return absl::OkStatus();
  });
}

}  // extern "C"
}  // namespace varve_c
