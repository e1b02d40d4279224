// Trace: what an agent did, as a forest of spans. Part of varve.h: include that.
//
// Names and tags have 1 to 256 bytes of UTF-8 without NUL, at most 64 tags; messages at most 65536
// bytes; attributes are the text of a JSON object. Ids are unique within a run; 0 is none.
//
// No write conflicts: where another transaction commits first and, say, deletes the parent,
// varve_txn_commit answers VARVE_NOT_FOUND and nothing is written.
#ifndef VARVE_BINDINGS_C_VARVE_TRACE_H_
#define VARVE_BINDINGS_C_VARVE_TRACE_H_

#include "varve_transaction.h"

#ifdef __cplusplus
extern "C" {
#endif

// On disk: never renumbered.
enum {
  VARVE_SPAN_TOOL_CALL = 1,
  VARVE_SPAN_DECISION = 2,
  VARVE_SPAN_QUERY = 3,
  VARVE_SPAN_THOUGHT = 4,
  VARVE_SPAN_ERROR = 5,
  VARVE_SPAN_CUSTOM = 6
};
enum { VARVE_SPAN_STATUS_UNSET = 0, VARVE_SPAN_STATUS_OK = 1, VARVE_SPAN_STATUS_ERROR = 2 };

// A span as read. Lives as long as the result.
typedef struct varve_span {
  size_t struct_size;
  uint64_t id;
  uint64_t parent;  // 0: a root
  uint64_t depth;   // from varve_trace_tree: below the root, which has 0
  int32_t kind;
  int32_t status;
  varve_slice name;
  varve_slice status_message;
  uint64_t start;
  uint64_t end;         // where `finished`
  varve_bool finished;  // whether it has ended
  size_t tag_count;
  const varve_slice* tags;  // ascending, each once
  varve_slice attributes;   // a JSON object, "{}" where there are none
  uint64_t lsn;             // its version; 0 for this transaction's own write
  uint64_t commit_time;     // of the transaction that last changed it
} varve_span;
VARVE_API const varve_span* varve_result_span(const varve_result* result, size_t index);

// A span to be recorded.
typedef struct varve_span_record {
  size_t struct_size;
  uint64_t id;      // 0: one is drawn
  uint64_t parent;  // 0: a root
  int32_t kind;     // 0: VARVE_SPAN_CUSTOM
  int32_t status;   // 0: error for the kind error, else unset
  varve_slice name;
  varve_slice status_message;
  uint64_t start;  // 0: now
  uint64_t end;    // 0: not finished yet
  size_t tag_count;
  const varve_slice* tags;  // in any order; the same twice counts once
  varve_slice attributes;   // empty: none. A null member is left out
} varve_span_record;
// The id of the new span; `id` may be NULL.
//   VARVE_ALREADY_EXISTS    there is a span of that id
//   VARVE_NOT_FOUND         there is no such parent
//   VARVE_INVALID_ARGUMENT  text that is none, attributes that are no object, an end before the
//   start
VARVE_API varve_status varve_trace_record(varve_txn* txn, const varve_uuid* run,
                                          const varve_span_record* record, uint64_t* id,
                                          varve_error** error);

typedef struct varve_span_finish {
  size_t struct_size;
  uint64_t end;           // 0: now, or the start where that is later
  varve_bool has_status;  // false: status and message stay as they are
  int32_t status;
  varve_slice status_message;
} varve_span_finish;
// The span has ended. `finish` may be NULL. VARVE_NOT_FOUND, VARVE_FAILED_PRECONDITION (it has
// ended before), VARVE_INVALID_ARGUMENT (before its start).
VARVE_API varve_status varve_trace_finish(varve_txn* txn, const varve_uuid* run, uint64_t id,
                                          const varve_span_finish* finish, varve_error** error);

// What changes; at least one thing.
typedef struct varve_span_annotation {
  size_t struct_size;
  size_t add_count;
  const varve_slice* add_tags;
  size_t remove_count;
  const varve_slice* remove_tags;
  varve_slice attributes;  // members are set, one that is null is removed, others stay
} varve_span_annotation;
// Also after its end. VARVE_NOT_FOUND.
VARVE_API varve_status varve_trace_annotate(varve_txn* txn, const varve_uuid* run, uint64_t id,
                                            const varve_span_annotation* annotation,
                                            varve_error** error);
// Deletes the span and everything below it. VARVE_OK also where there is none.
VARVE_API varve_status varve_trace_delete_tree(varve_txn* txn, const varve_uuid* run, uint64_t id,
                                               varve_error** error);

// One item, or none.
VARVE_API varve_status varve_trace_get(varve_reader* reader, const varve_uuid* run, uint64_t id,
                                       varve_result** span, varve_error** error);

enum { VARVE_FINISHED_EITHER = 0, VARVE_FINISHED_YES = 1, VARVE_FINISHED_NO = 2 };
// Which spans; everything that is set must hold.
typedef struct varve_span_query {
  size_t struct_size;
  uint64_t parent;   // its children; 0: of any parent
  varve_bool roots;  // only those without a parent
  int32_t kind;      // 0: of any
  size_t tag_count;
  const varve_slice* tags;  // spans that have every one of them
  uint64_t from;            // started at this moment or later
  uint64_t until;           // started before this moment; 0: at any time
  varve_slice name;         // empty: any
  int32_t finished;         // VARVE_FINISHED_...
  varve_bool reverse;       // the latest start first
  uint64_t limit;           // 0: 1000
  varve_slice cursor;       // varve_result_cursor of the page before, of the same query
} varve_span_query;
// In the order of their starts. `query` may be NULL: all.
VARVE_API varve_status varve_trace_find(varve_reader* reader, const varve_uuid* run,
                                        const varve_span_query* query, varve_result** spans,
                                        varve_error** error);
// How many find would give without limit and cursor.
VARVE_API varve_status varve_trace_count(varve_reader* reader, const varve_uuid* run,
                                         const varve_span_query* query, uint64_t* count,
                                         varve_error** error);

typedef struct varve_tree_query {
  size_t struct_size;
  uint64_t root;  // whose tree; 0: those of all roots, one after the other
  varve_bool has_depth_max;
  uint64_t depth_max;  // the root has depth 0
  uint64_t limit;      // 0: 1000
  varve_slice cursor;  // varve_result_cursor of the page before
} varve_tree_query;
// Each span before its children, children in the order of their starts. `query` may be NULL: all.
// VARVE_FAILED_PRECONDITION: the span that ended the page before was deleted since.
VARVE_API varve_status varve_trace_tree(varve_reader* reader, const varve_uuid* run,
                                        const varve_tree_query* query, varve_result** spans,
                                        varve_error** error);

// To OpenTelemetry and back: OTLP/JSON, one ExportTraceServiceRequest on one line.

// `trace_id` may be NULL: the run's id (the default run has none: VARVE_INVALID_ARGUMENT).
// `service_name` empty: "varve". `cursor` (to be freed) is for the query of the next request, empty
// after the last; `count` of spans; each of the two may be NULL.
VARVE_API varve_status varve_trace_export_otlp(varve_reader* reader, const varve_uuid* run,
                                               const varve_span_query* query,
                                               const varve_uuid* trace_id, varve_slice service_name,
                                               varve_bytes* request, uint64_t* count,
                                               varve_bytes* cursor, varve_error** error);
// Records the spans of one request, of `trace_id` only (NULL: of all, which must be of one trace).
// `count` of spans, `orphans` (whose parent is not in the run: they became roots) and `imported`
// (their trace; nil where there was none) may be NULL. After an error some spans may stand in the
// transaction: abandon it.
VARVE_API varve_status varve_trace_import_otlp(varve_txn* txn, const varve_uuid* run,
                                               varve_slice request, const varve_uuid* trace_id,
                                               uint64_t* count, uint64_t* orphans,
                                               varve_uuid* imported, varve_error** error);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // VARVE_BINDINGS_C_VARVE_TRACE_H_
