#include "primitives/trace/trace_apply.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "kernel/base/status.h"
#include "primitives/trace/trace_index.h"
#include "primitives/trace/trace_payload.h"
#include "primitives/trace/trace_primitive.h"

namespace varve::trace {

namespace {

absl::Status NotFound(std::string_view what, SpanId span) {
  return MakeStatus(absl::StatusCode::kNotFound, what, " ", span.ToString(),
                    " does not exist: record it first, or look for it with Trace::Find");
}

// The row of a span, copied: what follows may write to the table it lies in.
absl::StatusOr<std::string> RowOf(SpanId span, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row,
                         context.Get(kTraceSpans.number, SpanKey(span)));
  if (!row.has_value()) return NotFound("the span", span);
  return std::string(row->value);
}

absl::StatusOr<std::uint64_t> CountOf(SpanKind kind, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> row,
                         context.Get(kTraceCounts.number, CountKey(kind)));
  if (!row.has_value()) return 0;
  return DecodeCount(row->value);
}

absl::Status PutCount(SpanKind kind, std::uint64_t count, ApplyContext& context) {
  if (count == 0) return context.Delete(kTraceCounts.number, CountKey(kind));
  return context.Put(kTraceCounts.number, CountKey(kind), EncodeCount(count));
}

absl::Status PutLines(SpanId span, const RowImage& image, ApplyContext& context) {
  const Position at{.start = image.start, .span = span};
  VARVE_RETURN_IF_ERROR(
      context.Put(kTraceChildren.number, WithPosition(ChildrenPrefix(image.parent), at), {}));
  VARVE_RETURN_IF_ERROR(context.Put(kTraceTimes.number, WithPosition({}, at), {}));
  VARVE_RETURN_IF_ERROR(
      context.Put(kTraceKinds.number, WithPosition(KindPrefix(image.kind), at), {}));
  for (const std::string_view tag : image.tags) {
    VARVE_RETURN_IF_ERROR(context.Put(kTraceTags.number, WithPosition(TagPrefix(tag), at), {}));
  }
  return absl::OkStatus();
}

absl::Status DeleteLines(SpanId span, const RowImage& image, ApplyContext& context) {
  const Position at{.start = image.start, .span = span};
  VARVE_RETURN_IF_ERROR(
      context.Delete(kTraceChildren.number, WithPosition(ChildrenPrefix(image.parent), at)));
  VARVE_RETURN_IF_ERROR(context.Delete(kTraceTimes.number, WithPosition({}, at)));
  VARVE_RETURN_IF_ERROR(
      context.Delete(kTraceKinds.number, WithPosition(KindPrefix(image.kind), at)));
  for (const std::string_view tag : image.tags) {
    VARVE_RETURN_IF_ERROR(context.Delete(kTraceTags.number, WithPosition(TagPrefix(tag), at)));
  }
  return absl::OkStatus();
}

// `old` without `removed`, with `added`; all three ascending.
TagList MergeTags(const TagList& old, const TagList& added, const TagList& removed) {
  TagList kept;
  std::set_difference(old.begin(), old.end(), removed.begin(), removed.end(),
                      std::back_inserter(kept));
  TagList merged;
  std::set_union(kept.begin(), kept.end(), added.begin(), added.end(), std::back_inserter(merged));
  return merged;
}

// `old` with each change in its place: a value replaces or adds, an empty one removes.
std::vector<Attribute> MergeAttributes(const std::vector<Attribute>& old,
                                       const std::vector<Attribute>& changes) {
  std::vector<Attribute> merged;
  auto next = old.begin();
  for (const Attribute& change : changes) {
    while (next != old.end() && next->key < change.key) merged.push_back(*next++);
    if (next != old.end() && next->key == change.key) ++next;
    if (!change.value.empty()) merged.push_back(change);
  }
  merged.insert(merged.end(), next, old.end());
  return merged;
}

absl::Status CheckLimits(SpanId span, const RowImage& image) {
  if (image.tags.size() > kSpanTagsMax) {
    return ResourceExhausted("the span ", span.ToString(), " would have ", image.tags.size(),
                             " tags, more than the limit of ", kSpanTagsMax,
                             ": use attributes for what is not searched by");
  }
  if (image.attributes.size() > kSpanAttributesMax) {
    return ResourceExhausted("the span ", span.ToString(), " would have ", image.attributes.size(),
                             " attributes, more than the limit of ", kSpanAttributesMax,
                             ": nest them, or keep them in a document");
  }
  const std::size_t bytes = EncodedRowBytes(image);
  if (bytes > kSpanBytesMax) {
    return ResourceExhausted("the span ", span.ToString(), " would have ", bytes,
                             " bytes, more than the limit of ", kSpanBytesMax,
                             ": keep large content in KV and name its key here");
  }
  return absl::OkStatus();
}

// The lines of tags that came and went.
absl::Status MoveTagLines(SpanId span, const RowImage& before, const RowImage& after,
                          ApplyContext& context) {
  const Position at{.start = before.start, .span = span};
  for (const std::string_view tag : before.tags) {
    if (std::binary_search(after.tags.begin(), after.tags.end(), tag)) continue;
    VARVE_RETURN_IF_ERROR(context.Delete(kTraceTags.number, WithPosition(TagPrefix(tag), at)));
  }
  for (const std::string_view tag : after.tags) {
    if (std::binary_search(before.tags.begin(), before.tags.end(), tag)) continue;
    VARVE_RETURN_IF_ERROR(context.Put(kTraceTags.number, WithPosition(TagPrefix(tag), at), {}));
  }
  return absl::OkStatus();
}

// Adds the children of `parent` to `to`.
absl::Status ListChildren(SpanId parent, ApplyContext& context, std::vector<SpanId>& to) {
  const std::unique_ptr<RowScan> scan =
      context.Scan(kTraceChildren.number, KeyRange::Prefix(ChildrenPrefix(parent)));
  for (; scan->valid(); scan->Next()) {
    VARVE_ASSIGN_OR_RETURN(const Position child, PositionAtEnd(scan->row().key));
    to.push_back(child.span);
  }
  return scan->status();
}

}  // namespace

absl::Status ApplyRecord(std::string_view payload, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const RecordPayload record, DecodeRecord(payload));
  const SpanId parent = record.image.parent;
  const std::string key = SpanKey(record.span);
  VARVE_ASSIGN_OR_RETURN(const std::optional<Row> old, context.Get(kTraceSpans.number, key));
  if (old.has_value()) {
    return MakeStatus(absl::StatusCode::kAlreadyExists, "the span ", record.span.ToString(),
                      " exists: record with another id, or let one be drawn");
  }
  if (!parent.is_none()) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<Row> above,
                           context.Get(kTraceSpans.number, SpanKey(parent)));
    if (!above.has_value()) return NotFound("the parent", parent);
  }
  VARVE_RETURN_IF_ERROR(context.Put(kTraceSpans.number, key, record.row));
  VARVE_RETURN_IF_ERROR(PutLines(record.span, record.image, context));
  const SpanKind kind = record.image.kind;
  VARVE_ASSIGN_OR_RETURN(const std::uint64_t count, CountOf(kind, context));
  return PutCount(kind, count + 1, context);
}

absl::Status ApplyFinish(std::string_view payload, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const FinishPayload finish, DecodeFinish(payload));
  VARVE_ASSIGN_OR_RETURN(const std::string row, RowOf(finish.span, context));
  VARVE_ASSIGN_OR_RETURN(RowImage image, DecodeRow(row));
  if (image.end.has_value()) {
    return FailedPrecondition("the span ", finish.span.ToString(), " has ended at ",
                              image.end->micros(), " us: a span ends once");
  }
  if (finish.end < image.start && !finish.not_before_start) {
    return InvalidArgument("the end ", finish.end.micros(), " us of the span ",
                           finish.span.ToString(), " is before its start ", image.start.micros(),
                           " us");
  }
  image.end = std::max(finish.end, image.start);
  if (finish.status.has_value()) {
    image.status = *finish.status;
    image.message = finish.message;
  }
  VARVE_RETURN_IF_ERROR(CheckLimits(finish.span, image));
  return context.Put(kTraceSpans.number, SpanKey(finish.span), EncodeRow(image));
}

absl::Status ApplyAnnotate(std::string_view payload, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const AnnotatePayload annotate, DecodeAnnotate(payload));
  VARVE_ASSIGN_OR_RETURN(const std::string row, RowOf(annotate.span, context));
  VARVE_ASSIGN_OR_RETURN(const RowImage before, DecodeRow(row));
  RowImage after = before;
  after.tags = MergeTags(before.tags, annotate.added, annotate.removed);
  after.attributes = MergeAttributes(before.attributes, annotate.attributes);
  VARVE_RETURN_IF_ERROR(CheckLimits(annotate.span, after));
  VARVE_RETURN_IF_ERROR(MoveTagLines(annotate.span, before, after, context));
  return context.Put(kTraceSpans.number, SpanKey(annotate.span), EncodeRow(after));
}

// A list of spans to do instead of recursion: a trace may be as deep as it is long. The list grows
// by the children of one span before the next one, so it holds no more than the spans there are.
absl::Status ApplyDelete(std::string_view payload, ApplyContext& context) {
  VARVE_ASSIGN_OR_RETURN(const SpanId top, DecodeDelete(payload));
  std::vector<SpanId> pending = {top};
  std::map<SpanKind, std::uint64_t> deleted;
  while (!pending.empty()) {
    const SpanId span = pending.back();
    pending.pop_back();
    VARVE_ASSIGN_OR_RETURN(const std::optional<Row> stored,
                           context.Get(kTraceSpans.number, SpanKey(span)));
    if (!stored.has_value()) continue;
    const std::string row(stored->value);
    VARVE_ASSIGN_OR_RETURN(const RowImage image, DecodeRow(row));
    VARVE_RETURN_IF_ERROR(ListChildren(span, context, pending));
    VARVE_RETURN_IF_ERROR(DeleteLines(span, image, context));
    VARVE_RETURN_IF_ERROR(context.Delete(kTraceSpans.number, SpanKey(span)));
    deleted[image.kind] += 1;
  }
  for (const auto& [kind, count] : deleted) {
    VARVE_ASSIGN_OR_RETURN(const std::uint64_t before, CountOf(kind, context));
    if (before < count) {
      return MakeStatus(absl::StatusCode::kDataLoss, "trace: ", before, " spans of kind ",
                        NameOf(kind), " were counted, but ", count, " are being deleted");
    }
    VARVE_RETURN_IF_ERROR(PutCount(kind, before - count, context));
  }
  return absl::OkStatus();
}

}  // namespace varve::trace
