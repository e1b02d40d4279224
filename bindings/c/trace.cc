// Reads of traces. Writes: trace_write.cc; OpenTelemetry: trace_otlp.cc.
#include "primitives/trace/trace.h"

#include "bindings/c/answer.h"
#include "bindings/c/handles.h"
#include "bindings/c/span_query.h"

namespace varve_c {
namespace {

void FillSpan(const Span& known, varve_span& item, Listing<varve_span>& listing) {
  item.id = known.id.value();
  item.parent = known.parent.value();
  item.kind = static_cast<int32_t>(known.kind);
  item.status = static_cast<int32_t>(known.status);
  item.name = SliceOf(known.name);
  item.status_message = SliceOf(known.status_message);
  item.start = known.start.micros();
  item.end = known.end.value_or(Timestamp()).micros();
  item.finished = known.end.has_value() ? 1 : 0;
  item.tag_count = known.tags.size();
  item.tags = listing.Keep(known.tags);
  item.attributes = SliceOf(known.attributes);
  item.lsn = known.lsn.value();
  item.commit_time = known.commit_time.micros();
}

void FillTreeSpan(const TreeSpan& known, varve_span& item, Listing<varve_span>& listing) {
  FillSpan(known.span, item, listing);
  item.depth = known.depth;
}

Trace TraceOf(const varve_reader* reader, const varve_uuid* run) {
  return Trace(*reader->reader, RunOf(run));
}

absl::StatusOr<TreeQuery> TreeQueryOf(const varve_tree_query* given) {
  VARVE_ASSIGN_OR_RETURN(const varve_tree_query taken, Take(given, "query"));
  VARVE_RETURN_IF_ERROR(Arguments().Bytes(taken.cursor, "query.cursor").status());
  TreeQuery query;
  query.root = SpanId(taken.root);
  if (taken.has_depth_max != 0) query.depth_max = taken.depth_max;
  query.limit = LimitOf(taken.limit, query.limit);
  query.cursor = TextOf(taken.cursor);
  return query;
}

}  // namespace

absl::StatusOr<std::optional<SpanKind>> SpanKindOf(std::int32_t kind) {
  if (kind == 0) return std::optional<SpanKind>();
  if (kind < VARVE_SPAN_TOOL_CALL || kind > VARVE_SPAN_CUSTOM) {
    return InvalidArgument("kind is no VARVE_SPAN_...");
  }
  return std::optional<SpanKind>(static_cast<SpanKind>(kind));
}

absl::StatusOr<SpanQuery> SpanQueryOf(const varve_span_query* given) {
  VARVE_ASSIGN_OR_RETURN(const varve_span_query taken, Take(given, "query"));
  VARVE_RETURN_IF_ERROR(Arguments()
                            .Slices(taken.tags, taken.tag_count, "query.tags")
                            .Bytes(taken.name, "query.name")
                            .Bytes(taken.cursor, "query.cursor")
                            .status());
  SpanQuery query;
  if (taken.parent != 0 && taken.roots != 0) {
    return InvalidArgument("query asks for roots and for the children of a span");
  }
  if (taken.parent != 0 || taken.roots != 0) query.parent = SpanId(taken.parent);
  VARVE_ASSIGN_OR_RETURN(query.kind, SpanKindOf(taken.kind));
  query.tags = StringsOf(taken.tags, taken.tag_count);
  query.from = Timestamp(taken.from);
  if (taken.until != 0) query.until = Timestamp(taken.until);
  if (taken.name.size != 0) query.name = std::string(TextOf(taken.name));
  if (taken.finished < VARVE_FINISHED_EITHER || taken.finished > VARVE_FINISHED_NO) {
    return InvalidArgument("query.finished is no VARVE_FINISHED_...");
  }
  if (taken.finished != VARVE_FINISHED_EITHER)
    query.finished = taken.finished == VARVE_FINISHED_YES;
  query.reverse = taken.reverse != 0;
  query.limit = LimitOf(taken.limit, query.limit);
  query.cursor = TextOf(taken.cursor);
  return query;
}

extern "C" {

const varve_span* varve_result_span(const varve_result* result, size_t index) {
  return ItemOf<varve_span>(result, index);
}

varve_status varve_trace_get(varve_reader* reader, const varve_uuid* run, uint64_t id,
                             varve_result** span, varve_error** error) {
  if (span != nullptr) *span = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(reader, "reader").Given(span, "span").status());
    VARVE_ASSIGN_OR_RETURN(std::optional<Span> known, TraceOf(reader, run).Get(SpanId(id)));
    *span = ListOf<varve_span>(std::move(known), FillSpan).release();
    return absl::OkStatus();
  });
}

varve_status varve_trace_find(varve_reader* reader, const varve_uuid* run,
                              const varve_span_query* query, varve_result** spans,
                              varve_error** error) {
  if (spans != nullptr) *spans = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(reader, "reader").Given(spans, "spans").status());
    VARVE_ASSIGN_OR_RETURN(const SpanQuery taken, SpanQueryOf(query));
    VARVE_ASSIGN_OR_RETURN(SpanPage known, TraceOf(reader, run).Find(taken));
    GivePage(ListOf<varve_span>(std::move(known.spans), FillSpan), !known.cursor.empty(),
             known.cursor, spans);
    return absl::OkStatus();
  });
}

varve_status varve_trace_count(varve_reader* reader, const varve_uuid* run,
                               const varve_span_query* query, uint64_t* count,
                               varve_error** error) {
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(reader, "reader").Given(count, "count").status());
    VARVE_ASSIGN_OR_RETURN(const SpanQuery taken, SpanQueryOf(query));
    VARVE_ASSIGN_OR_RETURN(*count, TraceOf(reader, run).Count(taken));
    return absl::OkStatus();
  });
}

varve_status varve_trace_tree(varve_reader* reader, const varve_uuid* run,
                              const varve_tree_query* query, varve_result** spans,
                              varve_error** error) {
  if (spans != nullptr) *spans = nullptr;
  return Answer(error, [&]() -> absl::Status {
    VARVE_RETURN_IF_ERROR(Arguments().Given(reader, "reader").Given(spans, "spans").status());
    VARVE_ASSIGN_OR_RETURN(const TreeQuery taken, TreeQueryOf(query));
    VARVE_ASSIGN_OR_RETURN(TreePage known, TraceOf(reader, run).Tree(taken));
    GivePage(ListOf<varve_span>(std::move(known.spans), FillTreeSpan), !known.cursor.empty(),
             known.cursor, spans);
    return absl::OkStatus();
  });
}

}  // extern "C"
}  // namespace varve_c
