// Writes of traces. Reads: trace.cc.
#include "bindings/c/answer.h"
#include "bindings/c/handles.h"
#include "bindings/c/span_query.h"
#include "primitives/trace/trace.h"

namespace varve_c {
namespace {

absl::StatusOr<SpanStatus> SpanStatusOf(std::int32_t status) {
  if (status < VARVE_SPAN_STATUS_UNSET || status > VARVE_SPAN_STATUS_ERROR) {
    return InvalidArgument("status is no VARVE_SPAN_STATUS_...");
  }
  return static_cast<SpanStatus>(status);
}

absl::StatusOr<SpanRecord> RecordOf(const varve_span_record* given) {
  VARVE_ASSIGN_OR_RETURN(const varve_span_record taken, Take(given, "record"));
  VARVE_RETURN_IF_ERROR(Arguments()
                            .Bytes(taken.name, "record.name")
                            .Bytes(taken.status_message, "record.status_message")
                            .Slices(taken.tags, taken.tag_count, "record.tags")
                            .Bytes(taken.attributes, "record.attributes")
                            .status());
  SpanRecord record;
  record.id = SpanId(taken.id);
  record.parent = SpanId(taken.parent);
  VARVE_ASSIGN_OR_RETURN(const std::optional<SpanKind> kind, SpanKindOf(taken.kind));
  record.kind = kind.value_or(SpanKind::kCustom);
  if (taken.status != VARVE_SPAN_STATUS_UNSET) {
    VARVE_ASSIGN_OR_RETURN(record.status, SpanStatusOf(taken.status));
  }
  record.name = TextOf(taken.name);
  record.status_message = TextOf(taken.status_message);
  if (taken.start != 0) record.start = Timestamp(taken.start);
  if (taken.end != 0) record.end = Timestamp(taken.end);
  record.tags = TextsOf(taken.tags, taken.tag_count);
  record.attributes = TextOf(taken.attributes);
  return record;
}

absl::StatusOr<SpanFinish> FinishOf(const varve_span_finish* given) {
  VARVE_ASSIGN_OR_RETURN(const varve_span_finish taken, Take(given, "finish"));
  VARVE_RETURN_IF_ERROR(Arguments().Bytes(taken.status_message, "finish.status_message").status());
  SpanFinish finish;
  if (taken.end != 0) finish.end = Timestamp(taken.end);
  if (taken.has_status != 0) {
    VARVE_ASSIGN_OR_RETURN(finish.status, SpanStatusOf(taken.status));
  } else if (taken.status != VARVE_SPAN_STATUS_UNSET) {
    return InvalidArgument("finish has a status, but has_status is not set");
  }
  finish.status_message = TextOf(taken.status_message);
  return finish;
}

absl::StatusOr<SpanAnnotation> AnnotationOf(const varve_span_annotation* given) {
  VARVE_ASSIGN_OR_RETURN(const varve_span_annotation taken, Take(given, "annotation"));
  VARVE_RETURN_IF_ERROR(Arguments()
                            .Slices(taken.add_tags, taken.add_count, "annotation.add_tags")
                            .Slices(taken.remove_tags, taken.remove_count, "annotation.remove_tags")
                            .Bytes(taken.attributes, "annotation.attributes")
                            .status());
  SpanAnnotation annotation;
  annotation.add_tags = TextsOf(taken.add_tags, taken.add_count);
  annotation.remove_tags = TextsOf(taken.remove_tags, taken.remove_count);
  annotation.attributes = TextOf(taken.attributes);
  return annotation;
}

Trace TraceOf(const varve_txn* txn, const varve_uuid* run) {
  return Trace(*txn->transaction, RunOf(run));
}

}  // namespace

extern "C" {

varve_status varve_trace_record(varve_txn* txn, const varve_uuid* run,
                                const varve_span_record* record, uint64_t* id,
                                varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(txn, "txn").Given(record, "record").status());
    VARVE_ASSIGN_OR_RETURN(const SpanRecord taken, RecordOf(record));
    VARVE_ASSIGN_OR_RETURN(const SpanId known, TraceOf(txn, run).Record(taken));
    GiveTo(id, known.value());
    return absl::OkStatus();
  });
}

varve_status varve_trace_finish(varve_txn* txn, const varve_uuid* run, uint64_t id,
                                const varve_span_finish* finish, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(txn, "txn").status());
    VARVE_ASSIGN_OR_RETURN(const SpanFinish taken, FinishOf(finish));
    return TraceOf(txn, run).Finish(SpanId(id), taken);
  });
}

varve_status varve_trace_annotate(varve_txn* txn, const varve_uuid* run, uint64_t id,
                                  const varve_span_annotation* annotation, varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(txn, "txn").Given(annotation, "annotation").status());
    VARVE_ASSIGN_OR_RETURN(const SpanAnnotation taken, AnnotationOf(annotation));
    return TraceOf(txn, run).Annotate(SpanId(id), taken);
  });
}

varve_status varve_trace_delete_tree(varve_txn* txn, const varve_uuid* run, uint64_t id,
                                     varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(txn, "txn").status());
    return TraceOf(txn, run).DeleteTree(SpanId(id));
  });
}

}  // extern "C"
}  // namespace varve_c
